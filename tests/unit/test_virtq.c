/* SPDX-License-Identifier: BSD-2-Clause */
/* The split virtqueue, by sections 2.6 and 2.7 of virtio 1.2. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/virtio_rig.h"

#define USED_EVENT_GPA  (RIG_AVAIL_GPA + 4 + 2 * RIG_QUEUE_SIZE)
#define AVAIL_EVENT_GPA (RIG_USED_GPA + 4 + 8 * RIG_QUEUE_SIZE)

static struct virtio_rig rig;
static struct virtq_state state;
static struct virtio_wiring wiring;
static struct virtq queue;
static struct virtq_chain chain;

static int set_up(void **unused)
{
    (void)unused;
    wiring = virtio_rig_init(&rig);
    state = (struct virtq_state){
        .desc_gpa = RIG_DESC_GPA,
        .avail_gpa = RIG_AVAIL_GPA,
        .used_gpa = RIG_USED_GPA,
        .size = RIG_QUEUE_SIZE,
        .ready = 1,
    };
    queue = (struct virtq){&state, &wiring.memory, VIRTIO_F_INDIRECT_DESC};
    return 0;
}

static void desc(unsigned index, uint64_t gpa, uint32_t size_bytes, uint16_t flags, uint16_t next)
{
    rig_desc(&rig, RIG_DESC_GPA, index, gpa, size_bytes, flags, next);
}

static void indirect(unsigned index, uint64_t gpa, uint32_t size_bytes, uint16_t flags,
                     uint16_t next)
{
    rig_desc(&rig, RIG_TABLE_GPA, index, gpa, size_bytes, flags, next);
}

static bool pop(void)
{
    enum virtq_fault fault;
    bool popped = virtq_pop(&queue, &chain, &fault);

    assert_int_equal(fault, VIRTQ_NO_FAULT);
    return popped;
}

/* The chain at head 0 is one that no driver may make. */
static void assert_fault(enum virtq_fault expected)
{
    uint16_t next_avail = state.next_avail;
    enum virtq_fault fault;

    rig_make_available(&rig, 0);
    assert_false(virtq_pop(&queue, &chain, &fault));
    assert_int_equal(fault, expected);
    assert_int_equal(state.next_avail, next_avail);
    set_up(NULL);
}

static bool push(uint16_t head, uint32_t written_bytes)
{
    bool interrupts = false;

    assert_int_equal(virtq_push(&queue, head, written_bytes, &interrupts), VIRTQ_NO_FAULT);
    return interrupts;
}

static void a_chain_has_what_is_read_before_what_is_written(void **unused)
{
    (void)unused;
    assert_false(pop());
    desc(3, RIG_BUFFERS_GPA, 16, RIG_NEXT, 5);
    desc(5, RIG_BUFFERS_GPA + 16, 8, RIG_NEXT, 1);
    desc(1, RIG_BUFFERS_GPA + 100, 512, RIG_NEXT | RIG_WRITE, 7);
    desc(7, RIG_BUFFERS_GPA + 24, 1, RIG_WRITE, 0);
    rig_make_available(&rig, 3);
    assert_true(pop());
    assert_int_equal(chain.head, 3);
    assert_int_equal(chain.count, 4);
    assert_int_equal(chain.readable_count, 2);
    assert_int_equal(chain.readable_bytes, 24);
    assert_int_equal(chain.writable_bytes, 513);
    assert_int_equal(chain.segments[2].gpa, RIG_BUFFERS_GPA + 100);
    assert_ptr_equal(chain.segments[2].host, rig.memory + RIG_BUFFERS_GPA + 100);
    assert_false(pop());
}

static void the_indices_go_round_at_65536_and_the_rings_at_their_size(void **unused)
{
    (void)unused;
    desc(2, RIG_BUFFERS_GPA, 4, RIG_WRITE, 0);
    for (unsigned i = 0; i < 65536 + 10; i++) {
        rig_make_available(&rig, 2);
        assert_true(pop());
        push(chain.head, i);
        assert_int_equal(rig_used_idx(&rig), (i + 1) & 0xffff);
        assert_int_equal(rig_word(&rig, RIG_USED_GPA + 4 + 8 * (i % RIG_QUEUE_SIZE)), 2);
        assert_int_equal(rig_word(&rig, RIG_USED_GPA + 8 + 8 * (i % RIG_QUEUE_SIZE)), i);
    }
}

static void an_indirect_descriptor_ends_a_chain_with_those_of_its_table(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 16, RIG_NEXT, 1);
    /* That it says WRITE means nothing. */
    desc(1, RIG_TABLE_GPA, 3 * 16, RIG_INDIRECT | RIG_WRITE, 0);
    indirect(0, RIG_BUFFERS_GPA + 32, 32, RIG_NEXT, 2);
    indirect(2, RIG_BUFFERS_GPA + 64, 64, RIG_WRITE, 0);
    rig_make_available(&rig, 0);
    assert_true(pop());
    assert_int_equal(chain.count, 3);
    assert_int_equal(chain.readable_bytes, 48);
    assert_int_equal(chain.writable_bytes, 64);
}

static void a_table_may_be_longer_than_the_queue(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < VIRTQ_MAX_CHAIN + 1; i++)
        indirect(i, RIG_BUFFERS_GPA + i, 1, RIG_NEXT | RIG_WRITE, (uint16_t)(i + 1));
    indirect(VIRTQ_MAX_CHAIN - 1, RIG_BUFFERS_GPA, 1, RIG_WRITE, 0);
    desc(0, RIG_TABLE_GPA, 16 * VIRTQ_MAX_CHAIN, RIG_INDIRECT, 0);
    rig_make_available(&rig, 0);
    assert_true(pop());
    assert_int_equal(chain.count, VIRTQ_MAX_CHAIN);

    indirect(VIRTQ_MAX_CHAIN - 1, RIG_BUFFERS_GPA, 1, RIG_NEXT | RIG_WRITE, VIRTQ_MAX_CHAIN);
    indirect(VIRTQ_MAX_CHAIN, RIG_BUFFERS_GPA, 1, RIG_WRITE, 0);
    desc(0, RIG_TABLE_GPA, 16 * (VIRTQ_MAX_CHAIN + 1), RIG_INDIRECT, 0);
    push(chain.head, 0);
    assert_fault(VIRTQ_CHAIN_TOO_LONG);
}

static void a_loop_is_found(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 4, RIG_NEXT, 0);
    assert_fault(VIRTQ_CHAIN_TOO_LONG);
    desc(0, RIG_BUFFERS_GPA, 4, RIG_NEXT, 1);
    desc(1, RIG_BUFFERS_GPA, 4, RIG_NEXT, 0);
    assert_fault(VIRTQ_CHAIN_TOO_LONG);
    desc(0, RIG_TABLE_GPA, 32, RIG_INDIRECT, 0);
    indirect(0, RIG_BUFFERS_GPA, 4, RIG_NEXT, 1);
    indirect(1, RIG_BUFFERS_GPA, 4, RIG_NEXT, 0);
    assert_fault(VIRTQ_CHAIN_TOO_LONG);
}

static void heads_and_links_are_within_their_table(void **unused)
{
    enum virtq_fault fault;

    (void)unused;
    rig_make_available(&rig, RIG_QUEUE_SIZE);
    assert_false(virtq_pop(&queue, &chain, &fault));
    assert_int_equal(fault, VIRTQ_BAD_HEAD);
    set_up(NULL);
    desc(0, RIG_BUFFERS_GPA, 4, RIG_NEXT, RIG_QUEUE_SIZE);
    assert_fault(VIRTQ_BAD_NEXT);
    desc(0, RIG_TABLE_GPA, 16, RIG_INDIRECT, 0);
    indirect(0, RIG_BUFFERS_GPA, 4, RIG_NEXT, 1);
    assert_fault(VIRTQ_BAD_NEXT);
}

static void buffers_have_a_length_and_are_in_memory(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 0, 0, 0);
    assert_fault(VIRTQ_BAD_BUFFER);
    desc(0, RIG_MEMORY_BYTES - 4, 5, 0, 0);
    assert_fault(VIRTQ_BAD_BUFFER);
    desc(0, UINT64_MAX - 3, 8, RIG_WRITE, 0);
    assert_fault(VIRTQ_BAD_BUFFER);
    desc(0, RIG_BUFFERS_GPA, UINT32_MAX, RIG_WRITE, 0);
    assert_fault(VIRTQ_BAD_BUFFER);
}

static void what_is_read_does_not_come_after_what_is_written(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 4, RIG_NEXT | RIG_WRITE, 1);
    desc(1, RIG_BUFFERS_GPA, 4, 0, 0);
    assert_fault(VIRTQ_BAD_ORDER);
}

static void an_indirect_descriptor_is_the_last_and_in_no_table(void **unused)
{
    (void)unused;
    desc(0, RIG_TABLE_GPA, 16, RIG_INDIRECT | RIG_NEXT, 1);
    assert_fault(VIRTQ_BAD_INDIRECT);
    desc(0, RIG_TABLE_GPA, 0, RIG_INDIRECT, 0);
    assert_fault(VIRTQ_BAD_INDIRECT);
    desc(0, RIG_TABLE_GPA, 24, RIG_INDIRECT, 0);
    assert_fault(VIRTQ_BAD_INDIRECT);
    desc(0, RIG_MEMORY_BYTES - 16, 32, RIG_INDIRECT, 0);
    assert_fault(VIRTQ_BAD_INDIRECT);
    desc(0, RIG_TABLE_GPA, 16, RIG_INDIRECT, 0);
    indirect(0, RIG_TABLE_GPA, 16, RIG_INDIRECT, 0);
    assert_fault(VIRTQ_BAD_INDIRECT);
    desc(0, RIG_TABLE_GPA, 16, RIG_INDIRECT, 0);
    indirect(0, RIG_BUFFERS_GPA, 4, 0, 0);
    queue.features = 0;
    assert_fault(VIRTQ_BAD_INDIRECT);
}

static void no_more_chains_are_available_than_the_queue_has_entries(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 4, 0, 0);
    for (unsigned i = 0; i < RIG_QUEUE_SIZE; i++)
        rig_make_available(&rig, 0);
    for (unsigned i = 0; i < RIG_QUEUE_SIZE; i++)
        assert_true(pop());
    assert_int_equal(virtq_in_flight(&state), RIG_QUEUE_SIZE);
    assert_fault(VIRTQ_BAD_AVAIL_IDX);
}

static void a_queue_is_aligned_in_memory_and_has_a_power_of_two(void **unused)
{
    static const struct {
        struct virtq_state state;
        enum virtq_fault fault;
    } wrong[] = {
        {{0x1000, 0x2000, 0x3000, 0, 0, 0, 1, 0}, VIRTQ_BAD_SIZE},
        {{0x1000, 0x2000, 0x3000, 6, 0, 0, 1, 0}, VIRTQ_BAD_SIZE},
        {{0x1000, 0x2000, 0x3000, 2 * VIRTQ_MAX_SIZE, 0, 0, 1, 0}, VIRTQ_BAD_SIZE},
        {{0x1008, 0x2000, 0x3000, 8, 0, 0, 1, 0}, VIRTQ_BAD_ALIGNMENT},
        {{0x1000, 0x2001, 0x3000, 8, 0, 0, 1, 0}, VIRTQ_BAD_ALIGNMENT},
        {{0x1000, 0x2000, 0x3002, 8, 0, 0, 1, 0}, VIRTQ_BAD_ALIGNMENT},
        {{RIG_MEMORY_BYTES - 112, 0x2000, 0x3000, 8, 0, 0, 1, 0}, VIRTQ_NOT_IN_MEMORY},
        {{0x1000, RIG_MEMORY_BYTES - 20, 0x3000, 8, 0, 0, 1, 0}, VIRTQ_NOT_IN_MEMORY},
        {{0x1000, 0x2000, RIG_MEMORY_BYTES - 68, 8, 0, 0, 1, 0}, VIRTQ_NOT_IN_MEMORY},
    };

    (void)unused;
    assert_int_equal(virtq_check(&queue), VIRTQ_NO_FAULT);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        state = wrong[i].state;
        assert_int_equal(virtq_check(&queue), wrong[i].fault);
    }
}

static void without_event_index_the_flag_of_the_available_ring_decides(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 4, 0, 0);
    rig_make_available(&rig, 0);
    rig_make_available(&rig, 0);
    assert_true(pop());
    assert_true(pop());
    assert_true(push(0, 0));
    rig_put_half(&rig, RIG_AVAIL_GPA, 1);
    assert_false(push(0, 0));
}

static void with_event_index_an_interrupt_comes_when_used_event_is_passed(void **unused)
{
    (void)unused;
    queue.features |= VIRTIO_F_EVENT_IDX;
    desc(0, RIG_BUFFERS_GPA, 4, 0, 0);
    for (unsigned i = 0; i < 3; i++)
        rig_make_available(&rig, 0);
    while (pop())
        ;
    /* The flag means nothing. */
    rig_put_half(&rig, RIG_AVAIL_GPA, 1);
    rig_put_half(&rig, USED_EVENT_GPA, 1);
    assert_false(push(0, 0));
    assert_true(push(0, 0));
    assert_false(push(0, 0));
}

static void with_event_index_the_driver_is_asked_to_notify_of_the_next_chain(void **unused)
{
    (void)unused;
    queue.features |= VIRTIO_F_EVENT_IDX;
    desc(0, RIG_BUFFERS_GPA, 4, 0, 0);
    for (unsigned i = 0; i < 3; i++)
        rig_make_available(&rig, 0);
    assert_true(pop());
    assert_int_equal(rig_half(&rig, AVAIL_EVENT_GPA), 0);
    while (pop())
        ;
    assert_int_equal(rig_half(&rig, AVAIL_EVENT_GPA), 3);
    assert_int_equal(rig.written[AVAIL_EVENT_GPA], 1);
}

static void bytes_are_copied_across_segments_and_what_is_written_is_marked(void **unused)
{
    char bytes[32] = "";

    (void)unused;
    rig_put(&rig, RIG_BUFFERS_GPA, "abcd", 4);
    rig_put(&rig, RIG_BUFFERS_GPA + 100, "efgh", 4);
    desc(0, RIG_BUFFERS_GPA, 4, RIG_NEXT, 1);
    desc(1, RIG_BUFFERS_GPA + 100, 4, RIG_NEXT, 2);
    desc(2, RIG_BUFFERS_GPA + 200, 3, RIG_NEXT | RIG_WRITE, 3);
    desc(3, RIG_BUFFERS_GPA + 300, 3, RIG_WRITE, 0);
    rig_make_available(&rig, 0);
    assert_true(pop());
    assert_int_equal(virtq_chain_read(&chain, 0, bytes, sizeof bytes), 8);
    assert_string_equal(bytes, "abcdefgh");
    assert_int_equal(virtq_chain_read(&chain, 3, bytes, 2), 2);
    assert_memory_equal(bytes, "de", 2);
    assert_int_equal(virtq_chain_read(&chain, 8, bytes, 2), 0);
    assert_int_equal(virtq_chain_write(&queue, &chain, 1, "1234567", 7), 5);
    assert_memory_equal(rig.memory + RIG_BUFFERS_GPA + 200, "\00012", 3);
    assert_memory_equal(rig.memory + RIG_BUFFERS_GPA + 300, "345\0", 4);
    assert_memory_equal(rig.written + RIG_BUFFERS_GPA + 200, "\0\1\1\0", 4);
    assert_memory_equal(rig.written + RIG_BUFFERS_GPA + 300, "\1\1\1\0", 4);
}

static void the_used_ring_is_marked_as_written(void **unused)
{
    (void)unused;
    desc(0, RIG_BUFFERS_GPA, 4, 0, 0);
    rig_make_available(&rig, 0);
    assert_true(pop());
    push(0, 0);
    for (unsigned i = 2; i < 12; i++)
        assert_int_equal(rig.written[RIG_USED_GPA + i], 1);
    assert_int_equal(rig.written[RIG_USED_GPA + 12], 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_chain_has_what_is_read_before_what_is_written),
        TEST(the_indices_go_round_at_65536_and_the_rings_at_their_size),
        TEST(an_indirect_descriptor_ends_a_chain_with_those_of_its_table),
        TEST(a_table_may_be_longer_than_the_queue),
        TEST(a_loop_is_found),
        TEST(heads_and_links_are_within_their_table),
        TEST(buffers_have_a_length_and_are_in_memory),
        TEST(what_is_read_does_not_come_after_what_is_written),
        TEST(an_indirect_descriptor_is_the_last_and_in_no_table),
        TEST(no_more_chains_are_available_than_the_queue_has_entries),
        TEST(a_queue_is_aligned_in_memory_and_has_a_power_of_two),
        TEST(without_event_index_the_flag_of_the_available_ring_decides),
        TEST(with_event_index_an_interrupt_comes_when_used_event_is_passed),
        TEST(with_event_index_the_driver_is_asked_to_notify_of_the_next_chain),
        TEST(bytes_are_copied_across_segments_and_what_is_written_is_marked),
        TEST(the_used_ring_is_marked_as_written),
    };

    return cmocka_run_group_tests_name("virtq", tests, NULL, NULL);
}
