/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio over MMIO, by sections 2.1, 2.2 and 4.2 of virtio 1.2. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/snapshot.h"
#include "tests/unit/virtio_rig.h"

#define FEATURE_OF_ITS_OWN 4
#define ALL_FEATURES       (VIRTIO_COMMON_FEATURES | FEATURE_OF_ITS_OWN)

static struct virtio_rig rig;
static struct virtio virtio;
static struct device *const dev = &virtio.dev;
static unsigned notices;
static unsigned stops;

static void on_notify(struct virtio *self, unsigned queue)
{
    assert_ptr_equal(self, &virtio);
    assert_int_equal(queue, 0);
    notices++;
}

static void on_stop(struct virtio *self)
{
    assert_int_not_equal(virtio_in_flight(self), 0);
    stops++;
}

static const struct virtio_type type = {
    .device_id = 77,
    .queue_count = 1,
    .queue_max = 16,
    .config_bytes = 12,
    .notify = on_notify,
    .stop = on_stop,
};
static const struct device_ops ops = VIRTIO_DEVICE_OPS("some");

static int set_up(void **unused)
{
    struct virtio_wiring wiring = virtio_rig_init(&rig);

    (void)unused;
    notices = stops = 0;
    virtio_init(&virtio, &ops, &type, &wiring, FEATURE_OF_ITS_OWN, "configurati");
    return 0;
}

static uint32_t status(void)
{
    return rig_read(dev, VIRTIO_STATUS);
}

static void a_driver_finds_version_2_and_the_kind_of_device(void **unused)
{
    (void)unused;
    assert_int_equal(rig_read(dev, VIRTIO_MAGIC_VALUE), 0x74726976);
    assert_int_equal(rig_read(dev, VIRTIO_VERSION), 2);
    assert_int_equal(rig_read(dev, VIRTIO_DEVICE_ID), 77);
    assert_int_equal(rig_read(dev, VIRTIO_VENDOR_ID), VIRTIO_VENDOR);
}

static void features_are_seen_by_halves_and_there_are_64(void **unused)
{
    static const uint32_t halves[] = {1U << 28 | 1U << 29 | FEATURE_OF_ITS_OWN, 1, 0, 0};

    (void)unused;
    for (uint32_t i = 0; i < 4; i++) {
        rig_write(dev, VIRTIO_DEVICE_FEATURES_SEL, i);
        assert_int_equal(rig_read(dev, VIRTIO_DEVICE_FEATURES), halves[i]);
    }
}

static void features_ok_stays_only_if_all_were_offered_and_version_1_is_among_them(void **unused)
{
    (void)unused;
    rig_start(dev, ALL_FEATURES);
    assert_int_equal(status(), 15);
    rig_start(dev, VIRTIO_F_VERSION_1);
    assert_int_equal(status(), 15);
    rig_start(dev, ALL_FEATURES & ~VIRTIO_F_VERSION_1);
    assert_int_equal(status(), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    rig_start(dev, ALL_FEATURES | 8);
    assert_int_equal(status(), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
}

static void features_do_not_change_after_features_ok(void **unused)
{
    (void)unused;
    rig_start(dev, VIRTIO_F_VERSION_1);
    rig_write(dev, VIRTIO_DRIVER_FEATURES_SEL, 0);
    rig_write(dev, VIRTIO_DRIVER_FEATURES, UINT32_MAX);
    assert_int_equal(virtio.state.accepted, VIRTIO_F_VERSION_1);
}

static void a_driver_sets_bits_of_the_status_and_a_reset_alone_clears_them(void **unused)
{
    (void)unused;
    rig_write(dev, VIRTIO_STATUS, VIRTIO_ACKNOWLEDGE);
    rig_write(dev, VIRTIO_STATUS, VIRTIO_DRIVER);
    assert_int_equal(status(), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    rig_write(dev, VIRTIO_STATUS, VIRTIO_NEEDS_RESET | VIRTIO_FAILED | 0x30);
    assert_int_equal(status(), VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FAILED);
    rig_write(dev, VIRTIO_STATUS, 0);
    assert_int_equal(status(), 0);
}

static void a_reset_forgets_queues_features_and_interrupts(void **unused)
{
    struct virtio_state before = virtio.state;

    (void)unused;
    rig_start(dev, ALL_FEATURES);
    virtio_interrupt(&virtio);
    assert_true(rig.irq.level);
    rig_write(dev, VIRTIO_STATUS, 0);
    assert_memory_equal(&virtio.state, &before, sizeof before);
    assert_false(rig.irq.level);
}

static void a_queue_that_is_not_there_has_no_size(void **unused)
{
    (void)unused;
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_NUM_MAX), 16);
    rig_write(dev, VIRTIO_QUEUE_SEL, 1);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_NUM_MAX), 0);
    rig_write(dev, VIRTIO_QUEUE_READY, 1);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_READY), 0);
    assert_int_equal(rig.broken, 0);
}

static void a_queue_stays_where_it_is_while_it_is_ready(void **unused)
{
    (void)unused;
    rig_start(dev, ALL_FEATURES);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_READY), 1);
    rig_write(dev, VIRTIO_QUEUE_NUM, 2);
    rig_write(dev, VIRTIO_QUEUE_DESC_LOW, 0x7000);
    rig_write(dev, VIRTIO_QUEUE_USED_HIGH, 1);
    assert_int_equal(virtio.state.queues[0].size, RIG_QUEUE_SIZE);
    assert_int_equal(virtio.state.queues[0].desc_gpa, RIG_DESC_GPA);
    assert_int_equal(virtio.state.queues[0].used_gpa, RIG_USED_GPA);
    rig_write(dev, VIRTIO_QUEUE_READY, 0);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_READY), 0);
    rig_write(dev, VIRTIO_QUEUE_DESC_HIGH, 1);
    assert_int_equal(virtio.state.queues[0].desc_gpa, UINT64_C(1) << 32);
}

static void a_queue_that_cannot_be_breaks_the_device(void **unused)
{
    (void)unused;
    rig_start(dev, ALL_FEATURES);
    rig_write(dev, VIRTIO_QUEUE_READY, 0);
    rig_write(dev, VIRTIO_QUEUE_NUM, 32);
    rig_write(dev, VIRTIO_QUEUE_READY, 1);
    assert_int_equal(rig_read(dev, VIRTIO_QUEUE_READY), 0);
    assert_int_equal(status(), 15 | VIRTIO_NEEDS_RESET);
    assert_int_equal(rig.broken, 1);
    assert_int_equal(virtio.broken_count, 1);
}

static void notices_count_once_the_driver_is_ready(void **unused)
{
    (void)unused;
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(notices, 0);
    rig_start(dev, ALL_FEATURES);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 1);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, UINT32_MAX);
    assert_int_equal(notices, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(notices, 1);
    rig_write(dev, VIRTIO_QUEUE_READY, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(notices, 1);
}

static void the_line_is_high_until_every_cause_is_acknowledged(void **unused)
{
    (void)unused;
    rig_start(dev, ALL_FEATURES);
    virtio_interrupt(&virtio);
    virtio_interrupt(&virtio);
    assert_int_equal(rig.irq_changes, 1);
    virtio_break(&virtio, "test");
    assert_int_equal(rig_read(dev, VIRTIO_INTERRUPT_STATUS), VIRTIO_INT_USED | VIRTIO_INT_CONFIG);
    rig_write(dev, VIRTIO_INTERRUPT_ACK, VIRTIO_INT_USED);
    assert_true(rig.irq.level);
    rig_write(dev, VIRTIO_INTERRUPT_ACK, VIRTIO_INT_CONFIG);
    assert_false(rig.irq.level);
}

static void a_broken_device_does_nothing_until_it_is_reset(void **unused)
{
    (void)unused;
    rig_start(dev, ALL_FEATURES);
    virtio_break(&virtio, "test");
    assert_string_equal(rig.why, "test");
    assert_int_equal(status(), 15 | VIRTIO_NEEDS_RESET);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    rig_write(dev, VIRTIO_QUEUE_READY, 0);
    assert_int_equal(notices, 0);
    rig_start(dev, ALL_FEATURES);
    assert_int_equal(status(), 15);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(notices, 1);
}

static void a_device_without_a_driver_breaks_without_an_interrupt(void **unused)
{
    (void)unused;
    rig_write(dev, VIRTIO_QUEUE_NUM, 3);
    rig_write(dev, VIRTIO_QUEUE_READY, 1);
    assert_int_equal(status(), VIRTIO_NEEDS_RESET);
    assert_false(rig.irq.level);
}

static void the_configuration_is_read_in_any_width_within_its_length(void **unused)
{
    (void)unused;
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG, 1) & 0xff, 'c');
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG + 2, 2) & 0xffff, 'n' | 'f' << 8);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG + 4, 8), UINT64_C(0x69746172756769));
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG + 8, 8), UINT64_MAX);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_LENGTH_BYTES - 1, 1), UINT64_MAX);
    rig_write(dev, VIRTIO_CONFIG, 0);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG, 1) & 0xff, 'c');
}

static void registers_are_32_bits_wide(void **unused)
{
    (void)unused;
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_MAGIC_VALUE, 1), UINT64_MAX);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_MAGIC_VALUE, 8), UINT64_MAX);
    dev->ops->write(dev, 0, VIRTIO_STATUS, 1, 1);
    assert_int_equal(status(), 0);
    assert_int_equal(rig_read(dev, 0x002), UINT32_MAX);
    /* Of shared memory there is none. */
    assert_int_equal(rig_read(dev, 0x0b0), UINT32_MAX);
}

static void who_stops_a_device_at_work_is_told_to_wait(void **unused)
{
    (void)unused;
    rig_start(dev, ALL_FEATURES);
    virtio.state.queues[0].next_avail = 2;
    rig_write(dev, VIRTIO_QUEUE_READY, 0);
    assert_int_equal(stops, 1);
    rig_start(dev, ALL_FEATURES);
    virtio.state.queues[0].next_avail = 1;
    rig_write(dev, VIRTIO_STATUS, 0);
    assert_int_equal(stops, 2);
    rig_write(dev, VIRTIO_STATUS, 0);
    assert_int_equal(stops, 2);
}

static void a_loaded_device_goes_on_with_what_the_saved_one_offered(void **unused)
{
    struct virtio_state saved;

    (void)unused;
    rig_start(dev, VIRTIO_COMMON_FEATURES);
    virtio_interrupt(&virtio);
    device_save(dev, &saved);
    saved.offered = VIRTIO_COMMON_FEATURES;
    set_up(NULL);
    assert_int_equal(device_load(dev, 0, &saved), 0);
    assert_true(rig.irq.level);
    assert_int_equal(rig_read(dev, VIRTIO_DEVICE_FEATURES), 3U << 28);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(notices, 1);
}

static void a_state_that_cannot_be_is_refused(void **unused)
{
    static const struct poke wrong[] = {
        POKE(virtio_state, offered, ALL_FEATURES | 8),
        POKE(virtio_state, offered, ALL_FEATURES & ~VIRTIO_F_VERSION_1),
        POKE(virtio_state, accepted, ALL_FEATURES | 8),
        POKE(virtio_state, accepted, 0),
        POKE(virtio_state, status, 0x1f),
        POKE(virtio_state, status, VIRTIO_DRIVER_OK),
        POKE(virtio_state, interrupt_status, 4),
        POKE(virtio_state, config_generation, 1),
        POKE(virtio_state, config[3], 1),
        POKE(virtio_state, queues[0].next_avail, 1),
        POKE(virtio_state, queues[0].ready, 2),
        POKE(virtio_state, queues[0].pad, 1),
        POKE(virtio_state, queues[0].size, 32),
        POKE(virtio_state, queues[0].size, 7),
        POKE(virtio_state, queues[0].desc_gpa, RIG_MEMORY_BYTES),
        POKE(virtio_state, queues[1].size, 1),
        POKE_END,
    };
    static const struct poke right[] = {
        POKE(virtio_state, status, 15 | VIRTIO_NEEDS_RESET | VIRTIO_FAILED),
        POKE(virtio_state, interrupt_status, 3),
        POKE(virtio_state, queue_sel, UINT32_MAX),
        POKE_END,
    };
    struct timerq timers = {0};

    (void)unused;
    rig_start(dev, ALL_FEATURES);
    assert_refused(dev, &timers, 0, wrong);
    assert_taken(dev, 0, right);
    sweep_random_states(dev, &timers, 0, VIRTIO_LENGTH_BYTES);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_driver_finds_version_2_and_the_kind_of_device),
        TEST(features_are_seen_by_halves_and_there_are_64),
        TEST(features_ok_stays_only_if_all_were_offered_and_version_1_is_among_them),
        TEST(features_do_not_change_after_features_ok),
        TEST(a_driver_sets_bits_of_the_status_and_a_reset_alone_clears_them),
        TEST(a_reset_forgets_queues_features_and_interrupts),
        TEST(a_queue_that_is_not_there_has_no_size),
        TEST(a_queue_stays_where_it_is_while_it_is_ready),
        TEST(a_queue_that_cannot_be_breaks_the_device),
        TEST(notices_count_once_the_driver_is_ready),
        TEST(the_line_is_high_until_every_cause_is_acknowledged),
        TEST(a_broken_device_does_nothing_until_it_is_reset),
        TEST(a_device_without_a_driver_breaks_without_an_interrupt),
        TEST(the_configuration_is_read_in_any_width_within_its_length),
        TEST(registers_are_32_bits_wide),
        TEST(who_stops_a_device_at_work_is_told_to_wait),
        TEST(a_loaded_device_goes_on_with_what_the_saved_one_offered),
        TEST(a_state_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests_name("virtio", tests, NULL, NULL);
}
