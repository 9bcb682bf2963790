/* SPDX-License-Identifier: BSD-2-Clause */
/* --time-rate: guest time at k times the host's, in a run, and from a snapshot on. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "kvmclock/guest_tsc.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_dilation.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/timer_thread.h"

#define MS  UINT64_C(1000000)
#define SEC NS_PER_SEC
/* What is measured is right to some ppm at first. */
#define SLACK_NS 200000
#define BY_1     0xb

static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;

static void make(uint32_t guest_ns, uint32_t host_ns)
{
    rig = (struct restore_rig){.memory_fd = -1};
    machine_rig_begin(&rig.rig);
    rig.rig.config.time_rate = (struct dilation){guest_ns, host_ns};
    fake_kvm.can_intercept_hypercalls = true;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
}

static uint64_t guest_ns_now(void)
{
    return machine_rig_guest_ns(&rig.rig);
}

/* The machine's updates come when they are due, as the timer thread has it. */
static void run_ns(uint64_t ns)
{
    uint64_t end_ns = fake_clock_ns() + ns;

    while (machine_time_due_monotonic_ns(machine) <= end_ns) {
        fake_clock_pass_ns(machine_time_due_monotonic_ns(machine) - fake_clock_ns());
        machine_lock(machine);
        machine_time_update(machine, fake_clock_ns());
        machine_unlock(machine);
    }
    fake_clock_pass_ns(end_ns - fake_clock_ns());
}

static void check_runs_at(uint32_t guest_ns, uint32_t host_ns)
{
    uint64_t from_ns;

    make(guest_ns, host_ns);
    run_ns(3 * SEC);
    from_ns = guest_ns_now();
    run_ns(20 * SEC);
    assert_in_range(guest_ns_now() - from_ns, 20 * SEC * guest_ns / host_ns - 20000,
                    20 * SEC * guest_ns / host_ns + 20000);
    assert_true(calibration_bound_ppt(&machine->time.raw) < 1000 * 1000);
    machine_rig_destroy(&rig.rig);
}

static void guest_time_runs_at_k_times_the_hosts(void **unused)
{
    (void)unused;
    check_runs_at(10, 1);
    check_runs_at(1, 10);
    check_runs_at(5, 2);
}

/* Two updates are at most a second of the host's apart. */
static void an_update_is_due_by_the_hosts_time(void **unused)
{
    (void)unused;
    make(10, 1);
    run_ns(10 * SEC);
    assert_int_equal(machine_time_due_monotonic_ns(machine) - machine->time.updated_monotonic_ns,
                     100 * MS);
    machine_rig_destroy(&rig.rig);
    make(1, 10);
    run_ns(30 * SEC);
    assert_int_equal(machine_time_due_monotonic_ns(machine) - machine->time.updated_monotonic_ns,
                     SEC);
    machine_rig_destroy(&rig.rig);
}

static void who_waits_for_a_guest_time_waits_by_the_hosts(void **unused)
{
    (void)unused;
    make(10, 1);
    assert_in_range(machine_time_least_host_ns(machine, 10 * SEC), SEC - 2 * MS, SEC);
    machine_rig_destroy(&rig.rig);
    make(1, 10);
    assert_in_range(machine_time_least_host_ns(machine, SEC / 10), SEC - 2 * MS, SEC);
    machine_rig_destroy(&rig.rig);
}

static void on_fire(void *ctx, uint64_t deadline_ns)
{
    (void)deadline_ns;
    ++*(unsigned *)ctx;
}

/* A rate of the host's half is waited for twice as long. */
static void check_waits(uint32_t guest_ns, uint32_t host_ns)
{
    unsigned fired = 0, waits;
    struct timer timer;
    uint64_t until_ns;

    make(guest_ns, host_ns);
    run_ns(10 * SEC);
    while (machine->board.timers.first != NULL)
        timerq_cancel(&machine->board.timers, machine->board.timers.first);
    timer_init(&timer, UINT32_MAX, on_fire, &fired);
    assert_int_equal(timer_thread_start(machine), 0);
    fake_clock_await_wait(1);
    waits = fake_clock_waits();
    timerq_arm(&machine->board.timers, &timer, machine_lock(machine) + MS);
    machine_unlock(machine);
    until_ns = fake_clock_await_wait(waits + 1) - fake_clock_ns();
    assert_in_range(until_ns, MS * host_ns / guest_ns - SLACK_NS / 100,
                    MS * host_ns / guest_ns + SLACK_NS / 100);
    fake_clock_advance_ns(until_ns + 1000);
    /* The rest after it is one of the host's. */
    fake_clock_await_wait(waits + 2);
    assert_int_equal(fired, 1);
    assert_in_range(dilation_host_ns(machine->config->time_rate,
                                     machine->timer_rest.over_ns - machine_lock(machine)),
                    TIMER_REST_NS - 10, TIMER_REST_NS);
    machine_unlock(machine);
    machine_rig_destroy(&rig.rig);
}

static void the_timer_thread_waits_for_as_much_of_the_hosts(void **unused)
{
    (void)unused;
    check_waits(10, 1);
    check_waits(1, 10);
}

/* Guest time stands still with the TSC until an update, and goes on as if it had not. */
static void after_a_fall_of_the_tsc_guest_time_goes_on_at_its_rate(void **unused)
{
    uint64_t before_ns, left_ns;

    (void)unused;
    make(10, 1);
    run_ns(10 * SEC);
    before_ns = guest_ns_now();
    left_ns = machine_time_due_monotonic_ns(machine) - fake_clock_ns();
    fake_host_set_tsc(&fake_clock.host, 1000);
    run_ns(left_ns);
    assert_in_range(guest_ns_now() - before_ns, 10 * left_ns, 10 * left_ns + 10 * MS);
    machine_rig_destroy(&rig.rig);
}

static void the_bus_of_the_local_apics_is_told_before_the_vcpus(void **unused)
{
    const char *bus, *vcpu;

    (void)unused;
    make(1, 10);
    bus = strstr(fake_kvm_calls(), "kvm_set_apic_bus 10\n");
    vcpu = strstr(fake_kvm_calls(), "kvm_create_vcpu");
    assert_non_null(bus);
    assert_true(vcpu != NULL && bus < vcpu);
    assert_int_equal(machine_dilation_bus_to_keep(machine), 10);
    machine_rig_destroy(&rig.rig);
    make(10, 1);
    assert_int_equal(fake_kvm_count("kvm_set_apic_bus"), 0);
    assert_int_equal(machine_dilation_bus_to_keep(machine), 1);
    machine_rig_destroy(&rig.rig);
}

static void put(unsigned offset, uint32_t value)
{
    memcpy(fake_vcpu(0)->lapic.regs + offset, &value, sizeof value);
}

/* A count of a tick each, of which a jump of guest time takes what it is in ticks. */
static void check_count(uint32_t guest_ns, uint32_t host_ns, bool can_set_bus,
                        uint32_t left_after_ms)
{
    make(guest_ns, host_ns);
    if (!can_set_bus)
        machine->kvm.apic_bus_ns = 1;
    put(0x320, 0xec);
    put(0x380, 100000000);
    put(0x390, 100000000);
    put(0x3e0, BY_1);
    machine_lock(machine);
    machine_cut_take(machine);
    time_cut_advance(&machine->cut.guest, MS);
    assert_in_range(100000000 - machine->cut.guest.vcpus[0].count.left, left_after_ms - 10,
                    left_after_ms + 10);
    machine_cut_drop(machine);
    machine_unlock(machine);
    machine_rig_destroy(&rig.rig);
}

static void a_count_of_the_local_apic_is_in_ticks_of_its_bus(void **unused)
{
    (void)unused;
    check_count(1, 10, true, MS);
    check_count(1, 10, false, 10 * MS);
    check_count(10, 1, true, MS / 10);
}

static void what_the_guest_finds_is_said(void **unused)
{
    unsigned long long tsc_hz, apic_hz;
    const char *line;

    (void)unused;
    log_set_verbose(true);
    make(10, 1);
    log_set_verbose(false);
    line = strstr(said(), "--time-rate: 10 ns of guest time in 1 of the host's: ");
    assert_non_null(line);
    assert_int_equal(sscanf(line,
                            "%*[^:]: %*[^:]: the guest finds a TSC of %llu Hz, and a local "
                            "APIC that counts at %llu Hz",
                            &tsc_hz, &apic_hz),
                     2);
    assert_in_range(tsc_hz, 249990000, 250010000);
    assert_int_equal(apic_hz, 100000000);
    machine_rig_destroy(&rig.rig);
}

static void where_the_guest_could_ask_kvm_for_the_time_kvm_is_hidden(void **unused)
{
    (void)unused;
    rig = (struct restore_rig){.memory_fd = -1};
    machine_rig_begin(&rig.rig);
    rig.rig.config.time_rate = (struct dilation){10, 1};
    fake_kvm.can_intercept_hypercalls = false;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    assert_true(machine->kvm_hidden);
    machine_rig_destroy(&rig.rig);
}

/* What a run of ten times the host's is restored as, after a second of the host's. */
static uint64_t restored_after_a_second(bool same_boot, enum restore_time time)
{
    uint64_t before_ns, passed_ns;

    make(10, 1);
    run_ns(5 * SEC);
    restore_rig_stop(&rig);
    before_ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    fake_kvm.can_intercept_hypercalls = true;
    if (!same_boot)
        restore_rig_be_another_boot(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, time), 0);
    passed_ns = guest_ns_now() - before_ns;
    if (time == RESTORE_ADVANCE)
        passed_ns += pvclock_scale_ns(machine->timebase.scale, machine->pause.behind_cycles);
    assert_int_equal(machine->config->time_rate.guest_ns, 10);
    restore_rig_destroy(&rig);
    return passed_ns;
}

static void a_restored_guest_has_its_rate(void **unused)
{
    (void)unused;
    assert_in_range(restored_after_a_second(true, RESTORE_FREEZE), 0, 10 * SLACK_NS);
    /* The restore takes some milliseconds of the host's, which pass as well. */
    assert_in_range(restored_after_a_second(true, RESTORE_ADVANCE), 10 * SEC - 10 * SLACK_NS,
                    10 * SEC + 400 * MS);
    assert_in_range(restored_after_a_second(false, RESTORE_ADVANCE), 10 * SEC - 10 * SLACK_NS,
                    10 * SEC + 400 * MS);
}

static void one_that_knows_its_local_apics_rate_needs_it_again(void **unused)
{
    (void)unused;
    make(1, 10);
    restore_rig_save_and_destroy(&rig);
    fake_kvm.can_intercept_hypercalls = true;
    fake_kvm_fail("kvm_set_apic_bus", 0, EINVAL);
    said();
    assert_int_equal(restore_rig_restore(&rig), -ENOTSUP);
    assert_string_equal(said(), "minivmm: --time-rate: the guest's local APIC counts ticks of 10 "
                                "ns, which this KVM cannot do (Linux before 6.11)\n");
    fake_kvm_fail(NULL, 0, 0);
    assert_int_equal(restore_rig_restore(&rig), 0);
    assert_int_equal(machine_dilation_bus_to_keep(machine), 10);
    restore_rig_destroy(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guest_time_runs_at_k_times_the_hosts),
        cmocka_unit_test(an_update_is_due_by_the_hosts_time),
        cmocka_unit_test(who_waits_for_a_guest_time_waits_by_the_hosts),
        cmocka_unit_test(the_timer_thread_waits_for_as_much_of_the_hosts),
        cmocka_unit_test(after_a_fall_of_the_tsc_guest_time_goes_on_at_its_rate),
        cmocka_unit_test(the_bus_of_the_local_apics_is_told_before_the_vcpus),
        cmocka_unit_test(a_count_of_the_local_apic_is_in_ticks_of_its_bus),
        cmocka_unit_test(what_the_guest_finds_is_said),
        cmocka_unit_test(where_the_guest_could_ask_kvm_for_the_time_kvm_is_hidden),
        cmocka_unit_test(a_restored_guest_has_its_rate),
        cmocka_unit_test(one_that_knows_its_local_apics_rate_needs_it_again),
    };

    return cmocka_run_group_tests_name("machine_dilation", tests, NULL, NULL);
}
