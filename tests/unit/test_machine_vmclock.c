/* SPDX-License-Identifier: BSD-2-Clause */
/* vmclock in a machine: when its page is new, and what the machine's life does to it. */
#include "tests/unit/vmclock_rig.h"

#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_vmclock.h"

static const struct pause_names names = {"a test", "a test"};

/* With threads. Time stands still, so the timer thread does nothing more. */
static void begin_running(void)
{
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    assert_int_equal(machine_start(machine), 0);
    fake_clock_await_wait(1);
}

static void a_guest_finds_the_hosts_time_before_it_runs(void **unused)
{
    (void)unused;
    begin();
    assert_int_equal(page()->counter_id, VMCLOCK_COUNTER_X86_TSC);
    assert_int_equal(page()->time_type, VMCLOCK_TIME_TAI);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    assert_in_range(page()->time_maxerror_nanosec, 3000000, 3010000);
    assert_int_equal(page()->seq_count, 2);
    assert_page_is(utc_ns());
}

static void off_is_no_device_and_no_page(void **unused)
{
    static const struct vmclock_page nothing;

    (void)unused;
    rig.rig.config.vmclock = VMCLOCK_OFF;
    begin();
    update_after(SEC);
    assert_null(machine->board.devices[BOARD_VMCLOCK]);
    assert_memory_equal(page(), &nothing, sizeof nothing);
}

/* The rate is known better and better: the page of the start is off by then. */
static void it_is_published_at_most_once_a_second_and_then_not_at_all(void **unused)
{
    uint32_t seq_count;

    (void)unused;
    begin();
    for (unsigned i = 0; i < 9; i++)
        update_after(SEC / 10);
    assert_int_equal(page()->seq_count, 2);
    for (unsigned i = 0; i < 300; i++)
        update_after(SEC);
    seq_count = page()->seq_count;
    assert_true(seq_count < 2 * 100);
    for (unsigned i = 0; i < 10; i++)
        update_after(SEC);
    assert_in_range(page()->seq_count, seq_count, seq_count + 4);
    assert_page_is(utc_ns());
    assert_null(strstr(fake_kvm_calls(), "kvm_vcpu_get_tsc_offset"));
}

static void after_a_freeze_it_tells_the_hosts_time_before_the_guest_runs(void **unused)
{
    uint64_t marker;

    (void)unused;
    begin_running();
    marker = page()->disruption_marker;
    machine_pause(machine, &names);
    fake_clock_pass_ns(100 * SEC);
    fake_kvm_forget_calls();
    machine_resume(machine);
    machine_lock(machine);
    assert_int_equal(page()->disruption_marker, marker + 1);
    assert_non_null(strstr(fake_kvm_calls(), "set_line 16 1\nset_line 16 0\n"));
    assert_page_is(utc_ns());
    machine_unlock(machine);
}

/* The timer thread may publish after that, which is no disruption. */
static void after_an_advance_the_page_is_right_as_it_is(void **unused)
{
    uint64_t marker;

    (void)unused;
    rig.rig.config.on_resume = ON_RESUME_ADVANCE;
    begin_running();
    marker = page()->disruption_marker;
    machine_pause(machine, &names);
    fake_clock_pass_ns(100 * SEC);
    machine_resume(machine);
    machine_lock(machine);
    assert_int_equal(page()->disruption_marker, marker);
    machine_unlock(machine);
}

static void write_tsc(unsigned vcpu, uint64_t value)
{
    struct access access = {
        .space = ACCESS_MSR, .addr = MSR_TSC, .vcpu = vcpu, .is_write = true, .value = value};
    uint64_t now_ns = machine_lock(machine);

    assert_true(board_access(&machine->board, now_ns, &access));
    machine_unlock(machine);
}

static void a_guest_that_writes_its_tsc_again_and_again_fills_no_log(void **unused)
{
    const char *first;

    (void)unused;
    begin();
    log_set_verbose(true);
    for (unsigned i = 0; i < 3; i++)
        write_tsc(1, i);
    log_set_verbose(false);
    first = strstr(said(), "disruption marker");
    assert_true(first == NULL || strstr(first + 1, "disruption marker") == NULL);
}

static void tscs_that_the_guest_sets_apart_are_unreliable_until_they_agree(void **unused)
{
    struct guest_tsc tsc;
    uint64_t marker;

    (void)unused;
    begin();
    marker = page()->disruption_marker;
    write_tsc(1, 0);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_UNRELIABLE);
    assert_int_equal(page()->disruption_marker, marker + 1);
    assert_int_equal(machine_tsc_get(&machine->vcpus[1], &tsc), 0);
    machine_lock(machine);
    machine->board.hooks.set_tsc(machine, 0, &tsc, 0);
    machine_unlock(machine);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    assert_int_equal(page()->disruption_marker, marker + 2);
    assert_page_is(utc_ns());
}

/* As on a host whose TSCs differ. */
static void tscs_that_kvm_sets_apart_are_unreliable_from_the_first_page_on(void **unused)
{
    (void)unused;
    begin();
    fake_vcpu(1)->tsc_offset += 1000000;
    machine->vcpus[1].tsc.offset_is_known = false;
    machine_vmclock_start(machine);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_UNRELIABLE);
}

static void with_tscs_that_options_set_apart_there_is_no_counter(void **unused)
{
    (void)unused;
    rig.rig.config.tsc_asked = 1;
    rig.rig.config.tsc[1].offset_ns = 1000000;
    rig.rig.host.vmclock_asked = true;
    begin();
    assert_non_null(strstr(said(), "--vmclock: the vCPUs have different TSCs by --tsc"));
    assert_int_equal(page()->counter_id, VMCLOCK_COUNTER_INVALID);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_UNKNOWN);
}

static void a_tsc_that_contradicts_itself_is_a_disruption(void **unused)
{
    uint64_t marker;

    (void)unused;
    begin();
    update_after(SEC);
    marker = page()->disruption_marker;
    fake_host_set_tsc(&fake_clock.host, fake_host_tsc(&fake_clock.host) + 5 * FAKE_CLOCK_HZ);
    update_after(SEC / 1000);
    assert_int_equal(page()->disruption_marker, marker + 1);
}

static void with_a_false_date_it_tells_that_and_promises_nothing(void **unused)
{
    (void)unused;
    rig.rig.config.rtc_base = RTC_BASE_FIXED;
    rig.rig.config.rtc_start_sec = 2000000000;
    begin();
    assert_page_is(2000000000 * SEC);
    assert_int_equal(page()->clock_status, VMCLOCK_STATUS_FREERUNNING);
    assert_true((page()->flags & VMCLOCK_FLAG_TIME_MAXERROR_VALID) == 0);
    fake_clock.realtime_zero_ns += 7777 * SEC;
    update_after(10 * SEC);
    assert_page_is(2000000010 * SEC);
}

/* kvm-clock's date is the RTC's after that. */
static void a_false_date_that_follows_the_hosts_is_right_after_a_freeze(void **unused)
{
    uint64_t told_ns;

    (void)unused;
    rig.rig.config.rtc_base = RTC_BASE_FIXED;
    rig.rig.config.rtc_start_sec = 2000000000;
    rig.rig.config.rtc_follows_host = 1;
    begin_running();
    machine_pause(machine, &names);
    fake_clock_pass_ns(100 * SEC);
    machine_resume(machine);
    machine_lock(machine);
    told_ns = page_utc_ns();
    machine_unlock(machine);
    assert_in_range(told_ns, 2000000100 * SEC, 2000000100 * SEC + SEC / 1000);
}

static void a_restored_guest_has_the_hosts_time_a_new_marker_and_generation(void **unused)
{
    struct vmclock_page before;

    (void)unused;
    begin();
    before = *page();
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 1000 * SEC, RESTORE_FREEZE), 0);
    assert_int_equal(page()->disruption_marker, before.disruption_marker + 1);
    assert_int_equal(page()->vm_generation_counter, before.vm_generation_counter + 1);
    assert_true(page()->seq_count > before.seq_count);
    assert_page_is(utc_ns());
}

static void a_migrated_guest_has_a_new_marker_and_the_same_generation(void **unused)
{
    struct vmclock_page before;

    (void)unused;
    begin();
    before = *page();
    restore_rig_save_and_destroy(&rig);
    rig.request.is_the_same = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_ADVANCE), 0);
    assert_int_equal(page()->disruption_marker, before.disruption_marker + 1);
    assert_int_equal(page()->vm_generation_counter, before.vm_generation_counter);
    assert_page_is(utc_ns());
}

static void a_guest_restored_at_a_date_is_told_that_from_then_on(void **unused)
{
    (void)unused;
    begin();
    restore_rig_save_and_destroy(&rig);
    rig.request.at_sec = 1900000000;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), 0);
    assert_page_is(1900000000 * SEC);
    machine_destroy(machine);
    fake_kvm_reset();
}

/* The host's date has not jumped, and the page is right for the TSC that has. */
static void a_jump_brings_a_new_page_before_the_guest_runs(void **unused)
{
    const struct fault fault = {.kind = FAULT_JUMP, .values = {3600 * (int64_t)SEC}};
    char line[FAULT_ERROR_BYTES];
    struct text why;
    uint64_t marker;

    (void)unused;
    begin_running();
    marker = page()->disruption_marker;
    text_init(&why, line, sizeof line);
    assert_true(machine_fault_apply(machine, &fault, &why));
    assert_int_not_equal(page()->disruption_marker, marker);
    assert_page_is(utc_ns());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_finds_the_hosts_time_before_it_runs),
        TEST(off_is_no_device_and_no_page),
        TEST(it_is_published_at_most_once_a_second_and_then_not_at_all),
        TEST(after_a_freeze_it_tells_the_hosts_time_before_the_guest_runs),
        TEST(after_an_advance_the_page_is_right_as_it_is),
        TEST(a_guest_that_writes_its_tsc_again_and_again_fills_no_log),
        TEST(tscs_that_the_guest_sets_apart_are_unreliable_until_they_agree),
        TEST(tscs_that_kvm_sets_apart_are_unreliable_from_the_first_page_on),
        TEST(with_tscs_that_options_set_apart_there_is_no_counter),
        TEST(a_tsc_that_contradicts_itself_is_a_disruption),
        TEST(with_a_false_date_it_tells_that_and_promises_nothing),
        TEST(a_jump_brings_a_new_page_before_the_guest_runs),
        TEST(a_false_date_that_follows_the_hosts_is_right_after_a_freeze),
        TEST(a_restored_guest_has_the_hosts_time_a_new_marker_and_generation),
        TEST(a_migrated_guest_has_a_new_marker_and_the_same_generation),
        TEST(a_guest_restored_at_a_date_is_told_that_from_then_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
