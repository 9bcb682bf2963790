/* SPDX-License-Identifier: BSD-2-Clause */
/* The device: when its page changes, and what of it is saved. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "devices/acpi/vmclock.h"
#include "tests/unit/ntp_host.h"

#define MARKER 77

struct rig {
    struct ntp_host host;
    struct vmclock_page page;
    struct irq_line ged;
    unsigned edges;
    struct vmclock clock;
};

static enum irq_arrival count_edge(void *ctx, unsigned gsi, bool level)
{
    (void)gsi;
    ((struct rig *)ctx)->edges += level;
    return IRQ_ARRIVED;
}

static void rig_init(struct rig *rig, bool tsc_is_one)
{
    memset(rig, 0, sizeof *rig);
    rig->ged = (struct irq_line){count_edge, rig, 10, false};
    ntp_host_init(&rig->host, 5);
    for (unsigned i = 0; i < 100; i++)
        ntp_host_second(&rig->host);
    rig->host.ntp.max_error_us = 2000;
    vmclock_init(&rig->clock,
                 &(struct vmclock_wiring){.page = &rig->page,
                                          .ged = &rig->ged,
                                          .time_type = VMCLOCK_TIME_TAI,
                                          .tsc_is_one = tsc_is_one,
                                          .first_marker = MARKER},
                 0);
}

static enum vmclock_result publish(struct rig *rig, unsigned occasion)
{
    struct vmclock_inputs inputs = ntp_host_inputs(&rig->host, VMCLOCK_TIME_UTC);

    return vmclock_publish(&rig->clock, &inputs, occasion);
}

static void before_the_first_publication_the_page_has_no_time(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    assert_int_equal(rig.page.magic, VMCLOCK_MAGIC);
    assert_int_equal(rig.page.size, VMCLOCK_REGION_BYTES);
    assert_int_equal(rig.page.version, VMCLOCK_VERSION);
    assert_int_equal(rig.page.counter_id, VMCLOCK_COUNTER_X86_TSC);
    assert_int_equal(rig.page.time_type, VMCLOCK_TIME_TAI);
    assert_int_equal(rig.page.clock_status, VMCLOCK_STATUS_UNKNOWN);
    assert_int_equal(rig.page.flags,
                     VMCLOCK_FLAG_VM_GEN_COUNTER_PRESENT | VMCLOCK_FLAG_NOTIFICATION_PRESENT);
    assert_int_equal(rig.edges, 0);
}

static void each_change_is_told_once_and_no_change_is_not(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    assert_int_equal(publish(&rig, VMCLOCK_UNCHANGED), VMCLOCK_PUBLISHED);
    assert_int_equal(rig.edges, 1);
    assert_int_equal(rig.page.seq_count, 2);
    assert_int_equal(rig.page.disruption_marker, MARKER);
    assert_int_equal(rig.page.tai_offset_sec, 37);
    ntp_host_second(&rig.host);
    assert_int_equal(publish(&rig, VMCLOCK_UNCHANGED), VMCLOCK_STAYS);
    assert_int_equal(rig.edges, 1);
    assert_int_equal(rig.page.seq_count, 2);
    assert_memory_equal(&rig.page, &rig.clock.state.page, sizeof rig.page);
}

static void a_disruption_is_a_new_marker_at_once(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    publish(&rig, VMCLOCK_UNCHANGED);
    assert_int_equal(publish(&rig, VMCLOCK_DISRUPTED), VMCLOCK_PUBLISHED_DISRUPTED);
    assert_int_equal(rig.page.disruption_marker, MARKER + 1);
    assert_int_equal(rig.page.seq_count, 4);
    assert_int_equal(rig.edges, 2);
}

static void a_clock_that_was_set_is_a_disruption(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    publish(&rig, VMCLOCK_UNCHANGED);
    ntp_host_second(&rig.host);
    rig.host.utc_minus_monotonic_ns -= 2000000000;
    assert_int_equal(publish(&rig, VMCLOCK_UNCHANGED), VMCLOCK_PUBLISHED_DISRUPTED);
    assert_int_equal(rig.page.disruption_marker, MARKER + 1);
    ntp_host_second(&rig.host);
    assert_int_equal(publish(&rig, VMCLOCK_UNCHANGED), VMCLOCK_STAYS);
}

static void tscs_that_come_to_differ_make_it_unreliable_until_they_agree(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    publish(&rig, VMCLOCK_UNCHANGED);
    publish(&rig, VMCLOCK_DISRUPTED | VMCLOCK_TSCS_DIFFER);
    assert_int_equal(rig.page.clock_status, VMCLOCK_STATUS_UNRELIABLE);
    assert_int_equal(rig.page.counter_id, VMCLOCK_COUNTER_X86_TSC);
    publish(&rig, VMCLOCK_DISRUPTED);
    assert_int_equal(rig.page.clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    assert_int_equal(rig.page.disruption_marker, MARKER + 2);
}

static void with_tscs_that_differ_from_the_start_there_are_markers_alone(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, false);
    assert_false(vmclock_has_time(&rig.clock));
    assert_int_equal(publish(&rig, VMCLOCK_UNCHANGED), VMCLOCK_STAYS);
    assert_int_equal(publish(&rig, VMCLOCK_DISRUPTED), VMCLOCK_PUBLISHED_DISRUPTED);
    assert_int_equal(publish(&rig, VMCLOCK_UNCHANGED), VMCLOCK_STAYS);
    assert_int_equal(rig.page.counter_id, VMCLOCK_COUNTER_INVALID);
    assert_int_equal(rig.page.disruption_marker, MARKER + 1);
    assert_int_equal(rig.page.clock_status, VMCLOCK_STATUS_UNKNOWN);
    assert_int_equal(rig.page.time_sec, 0);
    assert_int_equal(rig.edges, 1);
}

static void a_reset_of_the_guest_leaves_the_page(void **unused)
{
    struct vmclock_page before;
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    publish(&rig, VMCLOCK_UNCHANGED);
    before = rig.page;
    rig.clock.dev.ops->reset(&rig.clock.dev, 5);
    assert_memory_equal(&rig.page, &before, sizeof before);
}

static void a_loaded_one_shows_the_saved_page_and_goes_on_from_it(void **unused)
{
    struct vmclock_state saved;
    struct rig rig, other;

    (void)unused;
    rig_init(&rig, true);
    publish(&rig, VMCLOCK_UNCHANGED);
    device_save(&rig.clock.dev, &saved);
    rig_init(&other, false);
    assert_int_equal(device_load(&other.clock.dev, 0, &saved), 0);
    assert_memory_equal(&other.page, &rig.page, sizeof rig.page);
    assert_int_equal(other.edges, 0);
    vmclock_begin_generation(&other.clock);
    assert_int_equal(publish(&other, VMCLOCK_DISRUPTED), VMCLOCK_PUBLISHED_DISRUPTED);
    assert_int_equal(other.page.disruption_marker, MARKER + 1);
    assert_int_equal(other.page.vm_generation_counter, 1);
    assert_int_equal(other.page.seq_count, 4);
}

static void states_that_no_device_can_be_in_are_refused(void **unused)
{
    struct vmclock_state good;
    struct rig rig;

    (void)unused;
    rig_init(&rig, true);
    publish(&rig, VMCLOCK_UNCHANGED);
    device_save(&rig.clock.dev, &good);
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        struct vmclock_state bad = good;                                                           \
        bad.field = (value);                                                                       \
        assert_int_equal(device_load(&rig.clock.dev, 0, &bad), -EINVAL);                           \
    } while (0)
    REFUSED(page.magic, 1);
    REFUSED(page.size, 112);
    REFUSED(page.version, 2);
    REFUSED(page.counter_id, 0);
    REFUSED(page.time_type, 2);
    REFUSED(page.seq_count, 3);
    REFUSED(page.flags, good.page.flags | 2);
    REFUSED(page.flags, 0);
    REFUSED(page.pad[1], 1);
    REFUSED(page.clock_status, 5);
    REFUSED(page.leap_second_smearing_hint, 1);
    REFUSED(page.leap_indicator, 6);
    REFUSED(page.counter_period_shift, 65);
    REFUSED(shows_guest_date, 2);
    REFUSED(reserved[6], 1);
#undef REFUSED
    assert_int_equal(device_load(&rig.clock.dev, 0, &good), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_publication_the_page_has_no_time),
        cmocka_unit_test(each_change_is_told_once_and_no_change_is_not),
        cmocka_unit_test(a_disruption_is_a_new_marker_at_once),
        cmocka_unit_test(a_clock_that_was_set_is_a_disruption),
        cmocka_unit_test(tscs_that_come_to_differ_make_it_unreliable_until_they_agree),
        cmocka_unit_test(with_tscs_that_differ_from_the_start_there_are_markers_alone),
        cmocka_unit_test(a_reset_of_the_guest_leaves_the_page),
        cmocka_unit_test(a_loaded_one_shows_the_saved_page_and_goes_on_from_it),
        cmocka_unit_test(states_that_no_device_can_be_in_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
