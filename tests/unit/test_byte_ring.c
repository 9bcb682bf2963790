/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte ring between two threads. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>

#include "vmm/host/byte_ring.h"

#define SIZE 8

struct rig {
    struct byte_ring ring;
    uint8_t bytes[SIZE];
};

static void rig_init(struct rig *rig)
{
    byte_ring_init(&rig->ring, rig->bytes, SIZE);
}

static unsigned fill(struct rig *rig, uint8_t first)
{
    unsigned count = 0;

    while (byte_ring_put(&rig->ring, (uint8_t)(first + count)) != BYTE_RING_FULL)
        count++;
    return count;
}

static void a_new_ring_is_empty_and_takes_exactly_its_size(void **unused)
{
    struct rig rig;
    const uint8_t *bytes;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(byte_ring_used(&rig.ring), 0);
    assert_int_equal(byte_ring_peek(&rig.ring, &bytes), 0);
    assert_int_equal(fill(&rig, 0), SIZE);
    assert_int_equal(byte_ring_used(&rig.ring), SIZE);
    assert_int_equal(byte_ring_room(&rig.ring), 0);
}

static void only_the_first_byte_of_an_empty_ring_wakes_the_reader(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(byte_ring_put(&rig.ring, 1), BYTE_RING_PUT_FIRST);
    assert_int_equal(byte_ring_put(&rig.ring, 2), BYTE_RING_PUT);
    byte_ring_drop(&rig.ring, 1);
    assert_int_equal(byte_ring_put(&rig.ring, 3), BYTE_RING_PUT);
    byte_ring_drop(&rig.ring, 2);
    assert_int_equal(byte_ring_put(&rig.ring, 4), BYTE_RING_PUT_FIRST);
}

static void a_ring_that_becomes_half_full_says_so_once(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned i = 1; i < SIZE / 2; i++)
        assert_int_not_equal(byte_ring_put(&rig.ring, 1), BYTE_RING_PUT_HALF);
    assert_int_equal(byte_ring_put(&rig.ring, 1), BYTE_RING_PUT_HALF);
    assert_int_equal(byte_ring_put(&rig.ring, 1), BYTE_RING_PUT);
    byte_ring_drop(&rig.ring, 2);
    assert_int_equal(byte_ring_put(&rig.ring, 1), BYTE_RING_PUT_HALF);
}

static void only_a_drop_from_a_full_ring_wakes_the_writer(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    fill(&rig, 0);
    assert_true(byte_ring_drop(&rig.ring, 1));
    assert_false(byte_ring_drop(&rig.ring, 1));
}

static void bytes_come_out_in_order_and_in_pieces_across_the_end(void **unused)
{
    struct rig rig;
    const uint8_t *bytes;

    (void)unused;
    rig_init(&rig);
    fill(&rig, 10);
    byte_ring_drop(&rig.ring, 6);
    assert_int_equal(fill(&rig, 20), 6);
    assert_int_equal(byte_ring_peek(&rig.ring, &bytes), 2);
    assert_int_equal(bytes[0], 16);
    assert_int_equal(bytes[1], 17);
    byte_ring_drop(&rig.ring, 2);
    assert_int_equal(byte_ring_peek(&rig.ring, &bytes), 6);
    assert_int_equal(bytes[0], 20);
    assert_int_equal(bytes[5], 25);
}

static void counts_may_wrap_at_32_bits(void **unused)
{
    struct rig rig;
    const uint8_t *bytes;

    (void)unused;
    rig_init(&rig);
    rig.ring.put_count = rig.ring.got_count = UINT32_MAX - 2;
    assert_int_equal(fill(&rig, 0), SIZE);
    assert_int_equal(byte_ring_peek(&rig.ring, &bytes), 3);
    assert_true(byte_ring_drop(&rig.ring, 3));
    assert_int_equal(byte_ring_peek(&rig.ring, &bytes), 5);
    assert_int_equal(bytes[0], 3);
}

#define STREAM_BYTES      200000
#define STREAM_RING_BYTES 256

static void *write_stream(void *ctx)
{
    struct byte_ring *ring = ctx;

    for (uint32_t i = 0; i < STREAM_BYTES;)
        if (byte_ring_put(ring, (uint8_t)(i * 7)) != BYTE_RING_FULL)
            i++;
        else
            sched_yield();
    return NULL;
}

/* Who finds nothing to do lets the other run: on one CPU, each turn would last for all of a slice.
 */
static void two_threads_lose_and_invent_nothing(void **unused)
{
    static uint8_t room[STREAM_RING_BYTES];
    struct byte_ring ring;
    pthread_t writer;
    uint32_t got = 0;

    (void)unused;
    byte_ring_init(&ring, room, sizeof room);
    assert_int_equal(pthread_create(&writer, NULL, write_stream, &ring), 0);
    while (got < STREAM_BYTES) {
        const uint8_t *bytes;
        uint32_t length = byte_ring_peek(&ring, &bytes);

        if (length == 0)
            sched_yield();
        for (uint32_t i = 0; i < length; i++, got++)
            assert_int_equal(bytes[i], (uint8_t)(got * 7));
        byte_ring_drop(&ring, length);
    }
    pthread_join(writer, NULL);
    assert_int_equal(byte_ring_used(&ring), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_ring_is_empty_and_takes_exactly_its_size),
        cmocka_unit_test(only_the_first_byte_of_an_empty_ring_wakes_the_reader),
        cmocka_unit_test(a_ring_that_becomes_half_full_says_so_once),
        cmocka_unit_test(only_a_drop_from_a_full_ring_wakes_the_writer),
        cmocka_unit_test(bytes_come_out_in_order_and_in_pieces_across_the_end),
        cmocka_unit_test(counts_may_wrap_at_32_bits),
        cmocka_unit_test(two_threads_lose_and_invent_nothing),
    };

    return cmocka_run_group_tests_name("byte_ring", tests, NULL, NULL);
}
