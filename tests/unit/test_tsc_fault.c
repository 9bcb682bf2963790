/* SPDX-License-Identifier: BSD-2-Clause */
/* One vCPU's TSC is wrong: by a step of it, or by a drift. */
#include "tests/unit/unit.h"

#include <string.h>

#include "kvmclock/kvmclock.h"
#include "kvmclock/pvclock.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_drift.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_save.h"
#include "vmm/machine/machine_timers.h"

#define PAGE_GPA 0x8000
#define MS       UINT64_C(1000000)
/* Of 1 ms. */
#define CYCLES (FAKE_CLOCK_HZ / 1000)
/* Scales are measured to some 10^-8, and a page's arithmetic is right to a nanosecond. */
#define SLACK 100

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static char line[FAULT_ERROR_BYTES];

static void start(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
    fake_clock_pass_ns(100 * MS);
}

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig, words, line);
}

static const struct pvclock_page *enable_page(unsigned vcpu)
{
    uint64_t gpa = PAGE_GPA + vcpu * sizeof(struct pvclock_page);
    struct access access = {ACCESS_MSR, true, 8, vcpu, MSR_SYSTEM_TIME, gpa | 1};
    uint64_t now_ns = machine_lock(machine);

    assert_true(board_access(&machine->board, now_ns, &access));
    machine_unlock(machine);
    return guest_mem_at(&machine->memory, gpa, sizeof(struct pvclock_page));
}

/* How far vCPU 1's TSC is ahead of vCPU 0's. */
static int64_t ahead(void)
{
    return (int64_t)(fake_vcpu(1)->tsc_offset - fake_vcpu(0)->tsc_offset);
}

/* At one instant of the host: its clock goes on with each reading, the timer thread's as well. */
static int64_t page_ahead_ns(const struct pvclock_page *first, const struct pvclock_page *second)
{
    uint64_t first_tsc, first_ns, second_ns;

    machine_lock(machine);
    first_tsc = fake_vcpu_tsc(0);
    first_ns = pvclock_read_ns(first, first_tsc);
    second_ns = pvclock_read_ns(second, first_tsc + (uint64_t)ahead());
    machine_unlock(machine);
    return (int64_t)(second_ns - first_ns);
}

static void the_tsc_of_one_vcpu_is_set_ahead_or_back_and_its_page_follows(void **unused)
{
    const struct pvclock_page *first, *second;

    (void)unused;
    start();
    first = enable_page(0);
    second = enable_page(1);
    *fake_vcpu_find_msr(fake_vcpu(1), MSR_TSC_ADJUST) = 77;
    assert_true(apply("tsc.offset vcpu=1 by=-1ms"));
    assert_in_range(ahead() + (int64_t)CYCLES + SLACK, 0, 2 * SLACK);
    assert_in_range(page_ahead_ns(first, second) + SLACK, 0, 2 * SLACK);
    assert_int_equal(first->flags, 0);
    assert_int_equal(second->flags, 0);
    assert_true(apply("tsc.offset vcpu=1 by=2ms page=follow"));
    assert_in_range(ahead() - (int64_t)CYCLES + SLACK, 0, 2 * SLACK);
    assert_in_range(page_ahead_ns(first, second) + SLACK, 0, 2 * SLACK);
    assert_int_equal(fake_vcpu_msr(1, MSR_TSC_ADJUST), 77);
    assert_null(machine_save_obstacle(machine));
}

/* Also after the next publication of all pages, and until the page follows again. */
static void a_stale_page_shows_the_time_of_the_tsc_as_it_was(void **unused)
{
    const struct pvclock_page *first, *second;

    (void)unused;
    start();
    first = enable_page(0);
    second = enable_page(1);
    assert_true(apply("tsc.offset vcpu=1 by=-1ms page=stale"));
    for (unsigned i = 0; i < 2; i++) {
        assert_in_range(page_ahead_ns(first, second) + (int64_t)MS + SLACK, 0, 2 * SLACK);
        assert_int_equal(first->flags, PVCLOCK_TSC_STABLE);
        assert_int_equal(second->flags, PVCLOCK_TSC_STABLE);
        assert_true(apply("jump by=1h"));
    }
    assert_string_equal(machine_save_obstacle(machine),
                        "the kvm-clock page of a vCPU is stale (tsc.offset page=stale), which no "
                        "snapshot and no migration takes along");
    assert_true(apply("tsc.offset vcpu=1 by=0ns"));
    assert_in_range(page_ahead_ns(first, second) + SLACK, 0, 2 * SLACK);
    assert_int_equal(second->flags, 0);
    assert_null(machine_save_obstacle(machine));
}

static void a_deadline_is_written_again_after_the_tsc(void **unused)
{
    const char *calls;

    (void)unused;
    start();
    *fake_vcpu_find_msr(fake_vcpu(1), MSR_TSC_DEADLINE) = UINT64_C(9000000000000);
    fake_kvm_forget_calls();
    assert_true(apply("tsc.offset vcpu=1 by=1ms"));
    calls = strstr(fake_kvm_calls(), "kvm_vcpu_set_tsc_offset 1");
    assert_non_null(calls);
    assert_non_null(strstr(calls, "kvm_vcpu_set_msr 1 0x6e0 9000000000000\n"));
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_msr"), 1);
}

static void no_tsc_goes_below_zero(void **unused)
{
    int64_t before;

    (void)unused;
    start();
    before = ahead();
    assert_false(apply("tsc.offset vcpu=1 by=-1h"));
    assert_string_equal(line, "tsc.offset: the TSC of vCPU 1 would be below 0, or too great");
    assert_false(apply("tsc.offset vcpu=2 by=1ms"));
    assert_string_equal(line, "tsc.offset: this machine has no vCPU 2");
    assert_int_equal(ahead(), before);
    assert_false(machine_is_ending(machine));
}

static void kvm_s_own_pages_cannot_be_stale(void **unused)
{
    (void)unused;
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    start();
    assert_false(apply("tsc.offset vcpu=1 by=1ms page=stale"));
    assert_string_equal(line, "tsc.offset: with --kvmclock kernel KVM writes the pages, and all "
                              "follow");
    assert_true(apply("tsc.offset vcpu=1 by=1ms"));
    assert_in_range(ahead() - (int64_t)CYCLES + SLACK, 0, 2 * SLACK);
}

/* What is due after so long has come. */
static void run_for(uint64_t ns)
{
    uint64_t now_ns;

    fake_clock_pass_ns(ns);
    now_ns = machine_lock(machine);
    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
}

/* 100 ppm: 250 cycles of 2.5 GHz in each millisecond, in one step if the host was late. */
static void a_tsc_drifts_in_steps_whose_mean_is_exact(void **unused)
{
    const struct pvclock_page *first, *second;

    (void)unused;
    start();
    first = enable_page(0);
    second = enable_page(1);
    assert_true(apply("tsc.rate vcpu=1 ppb=100000"));
    assert_int_equal(ahead(), 0);
    for (int i = 1; i <= 20; i++) {
        run_for(MS);
        assert_in_range(ahead(), 250 * (i - 1), 250 * i + 1);
    }
    run_for(980 * MS);
    assert_in_range(ahead(), 250 * 999, 250 * 1000 + SLACK);
    assert_in_range(page_ahead_ns(first, second) + SLACK, 0, 2 * SLACK);
    assert_true(apply("tsc.rate vcpu=1 ppb=-200000 every=100us"));
    run_for(1000 * MS);
    assert_in_range(ahead() + 250 * 1000, 0, 500 + SLACK);
    assert_string_equal(machine_save_obstacle(machine), "the TSC of a vCPU drifts (tsc.rate), "
                                                        "which no snapshot and no migration takes "
                                                        "along");
    assert_true(machine_rig_end_fault(&rig, "tsc.rate vcpu=1 ppb=-200000 every=100us", line));
    run_for(1000 * MS);
    assert_in_range(ahead() + 250 * 1000, 0, 500 + SLACK);
    assert_null(machine_save_obstacle(machine));
    assert_true(machine->vcpus[1].stalls == 0);
}

/*
 * A step that takes 300 us, each 100 us: at most half of the time, and the mean is exact. There is
 * no other thread, and so nobody else for whom it could be due.
 */
static void steps_that_take_longer_than_they_are_apart_leave_the_lock_free_as_long(void **unused)
{
    uint64_t begin_ns, end_ns, due_ns;
    int64_t expected;

    (void)unused;
    assert_int_equal(machine_rig_create(&rig), 0);
    fake_kvm.tsc_offset_call_ns = 300000;
    machine_lock(machine);
    machine_drift_set(machine, 1, 100000, 100000);
    machine_unlock(machine);
    for (int i = 0; i < 20; i++) {
        fake_clock_pass_ns(MS);
        begin_ns = machine_lock(machine);
        machine_run_timers(machine, begin_ns);
        end_ns = machine_now(machine);
        due_ns = machine->drift_timer.deadline_ns;
        expected = 25 * (int64_t)machine->vcpus[1].drift.steps;
        machine_unlock(machine);
        assert_in_range(end_ns - begin_ns, 300000 - SLACK, 300000 + SLACK);
        assert_in_range(due_ns - end_ns, 300000 - SLACK, 300000 + SLACK);
        assert_in_range(ahead() + SLACK, expected, expected + 2 * SLACK);
        assert_in_range(machine->vcpus[1].drift.steps, 10 * (i + 1), 13 * (i + 1));
    }
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_tsc_of_one_vcpu_is_set_ahead_or_back_and_its_page_follows),
        TEST(a_stale_page_shows_the_time_of_the_tsc_as_it_was),
        TEST(a_deadline_is_written_again_after_the_tsc),
        TEST(no_tsc_goes_below_zero),
        TEST(kvm_s_own_pages_cannot_be_stale),
        TEST(a_tsc_drifts_in_steps_whose_mean_is_exact),
        TEST(steps_that_take_longer_than_they_are_apart_leave_the_lock_free_as_long),
    };

    return cmocka_run_group_tests_name("tsc_fault", tests, NULL, NULL);
}
