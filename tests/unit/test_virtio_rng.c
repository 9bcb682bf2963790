/* SPDX-License-Identifier: BSD-2-Clause */
/* The entropy device, by section 5.4 of virtio 1.2. */
#include "tests/unit/unit.h"

#include <string.h>

#include "devices/virtio/virtio_rng.h"
#include "tests/unit/virtio_rig.h"

static struct virtio_rig rig;
static struct virtio_rng rng;
static struct device *const dev = &rng.virtio.dev;
static uint32_t asked_bytes;

static void fill(void *ctx, void *bytes, uint32_t size_bytes)
{
    assert_ptr_equal(ctx, &rig);
    assert_in_range(size_bytes, 0, VIRTIO_RNG_MAX_BYTES);
    memset(bytes, 0x5a, size_bytes);
    asked_bytes += size_bytes;
}

static int set_up(void **unused)
{
    struct virtio_wiring wiring = virtio_rig_init(&rig);

    (void)unused;
    asked_bytes = 0;
    virtio_rng_init(&rng, &wiring, fill, &rig);
    rig_start(dev, VIRTIO_COMMON_FEATURES);
    return 0;
}

static uint32_t used_bytes(unsigned entry)
{
    return rig_word(&rig, RIG_USED_GPA + 8 + 8 * (uint64_t)entry);
}

static void it_is_an_entropy_device_with_one_queue(void **unused)
{
    (void)unused;
    assert_int_equal(rig_read(dev, VIRTIO_DEVICE_ID), 4);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_NUM_MAX), VIRTIO_RNG_QUEUE_MAX);
    rig_write(dev, VIRTIO_QUEUE_SEL, 1);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_NUM_MAX), 0);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG, 1), UINT64_MAX);
}

static void buffers_are_filled_and_the_driver_is_told(void **unused)
{
    (void)unused;
    rig_desc(&rig, RIG_DESC_GPA, 0, RIG_BUFFERS_GPA, 10, RIG_NEXT | RIG_WRITE, 1);
    rig_desc(&rig, RIG_DESC_GPA, 1, RIG_BUFFERS_GPA + 0x100, 6, RIG_WRITE, 0);
    rig_make_available(&rig, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(rig_used_idx(&rig), 1);
    assert_int_equal(used_bytes(0), 16);
    assert_memory_equal(rig.memory + RIG_BUFFERS_GPA + 8, "\x5a\x5a\0", 3);
    assert_memory_equal(rig.memory + RIG_BUFFERS_GPA + 0x104, "\x5a\x5a\0", 3);
    assert_true(rig.irq.level);
}

static void a_notice_is_bounded_work(void **unused)
{
    (void)unused;
    rig_desc(&rig, RIG_DESC_GPA, 0, RIG_BUFFERS_GPA, 0x8000, RIG_WRITE, 0);
    for (unsigned i = 0; i < RIG_QUEUE_SIZE; i++)
        rig_make_available(&rig, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(rig_used_idx(&rig), RIG_QUEUE_SIZE);
    assert_int_equal(used_bytes(7), VIRTIO_RNG_MAX_BYTES);
    assert_int_equal(asked_bytes, RIG_QUEUE_SIZE * VIRTIO_RNG_MAX_BYTES);
    assert_int_equal(virtio_in_flight(&rng.virtio), 0);
}

static void a_buffer_that_cannot_be_written_gets_nothing(void **unused)
{
    (void)unused;
    rig_desc(&rig, RIG_DESC_GPA, 0, RIG_BUFFERS_GPA, 16, 0, 0);
    rig_make_available(&rig, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(used_bytes(0), 0);
    assert_int_equal(rig.broken, 0);
}

static void what_comes_before_a_bad_chain_is_used(void **unused)
{
    (void)unused;
    rig_desc(&rig, RIG_DESC_GPA, 0, RIG_BUFFERS_GPA, 16, RIG_WRITE, 0);
    rig_desc(&rig, RIG_DESC_GPA, 1, RIG_BUFFERS_GPA, 16, RIG_WRITE | RIG_NEXT, 1);
    rig_make_available(&rig, 0);
    rig_make_available(&rig, 1);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(rig_used_idx(&rig), 1);
    assert_int_equal(rig.broken, 1);
    assert_int_equal(rig_read(dev, VIRTIO_STATUS), 15 | VIRTIO_NEEDS_RESET);
    assert_int_equal(rig_read(dev, VIRTIO_INTERRUPT_STATUS), 3);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_an_entropy_device_with_one_queue),
        TEST(buffers_are_filled_and_the_driver_is_told),
        TEST(a_notice_is_bounded_work),
        TEST(a_buffer_that_cannot_be_written_gets_nothing),
        TEST(what_comes_before_a_bad_chain_is_used),
    };

    return cmocka_run_group_tests_name("virtio_rng", tests, NULL, NULL);
}
