/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's guest time on hosts of which the test knows the truth: what is said of them, and
 * what the pages of two vCPUs show.
 */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/kvmclock_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_time.h"

#define MS       UINT64_C(1000000)
#define HZ       UINT64_C(2500000000)
#define CPUS     2
#define PAGE_GPA 64
/* What a fake bracket leaves open, and the page's own arithmetic. */
#define SLACK_NS 100
#define CHANGED                                                                                    \
    "minivmm: the host's TSC has changed its rate, or it or CLOCK_MONOTONIC_RAW has stepped"
#define FELL                                                                                       \
    "minivmm: the host's TSC has fallen back, as on a host that was suspended or moved: guest "    \
    "time goes on by the host's clock"

static struct fake_host *const host = &fake_clock.host;
static struct machine_config config;
static struct vcpu vcpus[CPUS];
static struct machine machine;
static uint8_t ram[4096] __attribute__((aligned(8)));
/* Of the host's clock, at guest time 0; and the latest that a page has shown. */
static uint64_t zero_ns, latest_ns;

static void *memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    (void)ctx;
    return gpa + length_bytes <= sizeof ram ? ram + gpa : NULL;
}

static uint64_t rig_tsc(void *ctx)
{
    (void)ctx;
    return fake_host_tsc(host);
}

static struct pvclock_page *page_of(unsigned vcpu)
{
    return (struct pvclock_page *)(ram + (size_t)PAGE_GPA * (1 + vcpu));
}

/* A host that all trust, and a machine that has not begun. */
static int setup(void **unused)
{
    static const struct host_facts trusted = {.clocksource = "tsc", .invariant_tsc = true};
    struct clock_bracket start;

    (void)unused;
    said_begin();
    fake_clock_reset();
    fake_kvm_reset();
    config = (struct machine_config){.cpu_count = CPUS};
    memset(&machine, 0, sizeof machine);
    memset(ram, 0, sizeof ram);
    machine.config = &config;
    machine.vcpus = vcpus;
    machine.time.facts = trusted;
    assert_int_equal(kvm_create_vm(&machine.kvm), 0);
    for (unsigned i = 0; i < CPUS; i++) {
        assert_int_equal(kvm_create_vcpu(&machine.kvm, i, &vcpus[i].fd, &vcpus[i].run), 0);
        vcpus[i].tsc.ratio = TSC_RATIO_ONE;
        fake_vcpu(i)->tsc_offset = 0;
    }
    start = fake_host_bracket(host);
    machine_time_prepare(&machine, &start);
    fake_host_advance_ns(host, 15 * MS);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fake_kvm_reset();
    said_end();
    log_set_verbose(false);
    return 0;
}

static void begin(void)
{
    const struct kvmclock_wiring wiring = {memory_at, rig_tsc, NULL, &machine.timebase, 0};

    assert_int_equal(machine_time_start(&machine), 0);
    kvmclock_init(&machine.board.kvmclock.clock, &wiring, CPUS, machine_time_trusts_tsc(&machine));
    for (unsigned i = 0; i < CPUS; i++)
        kvmclock_write_msr(&machine.board.kvmclock.clock, i, MSR_SYSTEM_TIME,
                           (uint64_t)PAGE_GPA * (1 + i) | 1, &host_tsc_alone);
    zero_ns = fake_host_clock_ns(host) - timebase_ns(&machine.timebase, fake_host_tsc(host));
    latest_ns = 0;
}

/* Time as both vCPUs read it, one after the other; it never goes back from one to the next. */
static uint64_t read_pages(void)
{
    for (unsigned i = 0; i < CPUS; i++) {
        uint64_t ns = pvclock_read_ns(page_of(i), fake_vcpu_tsc(i));

        assert_true(ns >= latest_ns);
        latest_ns = ns;
    }
    return latest_ns;
}

static int64_t error_ns(void)
{
    return (int64_t)(read_pages() - (fake_host_clock_ns(host) - zero_ns));
}

/* For that time of the host's clock, with a look at the pages every 1 ms and each update when due.
 */
static void run_ms(unsigned ms)
{
    for (; ms > 0; ms--) {
        fake_host_advance_ns(host, MS);
        read_pages();
        if (host_monotonic_ns() >= machine_time_due_monotonic_ns(&machine)) {
            machine_time_update(&machine, host_monotonic_ns());
            read_pages();
        }
    }
}

static bool is_stable(void)
{
    assert_int_equal(page_of(0)->flags, page_of(1)->flags);
    return (page_of(0)->flags & PVCLOCK_TSC_STABLE) != 0;
}

static double last_bound_ppb(void)
{
    const char *text = said();
    const char *line = text;
    double ppb = 0;

    for (const char *next = line; next != NULL; next = strstr(next + 1, "right to "))
        line = next;
    assert_int_equal(sscanf(line, "right to %lf ppb", &ppb), 1);
    return ppb;
}

static void the_bound_that_is_said_is_ppm_at_first_and_under_1_ppb_after_60_s(void **unused)
{
    double ppb;

    (void)unused;
    log_set_verbose(true);
    begin();
    ppb = last_bound_ppb();
    assert_true(ppb > 1000 && ppb < 10000);
    run_ms(60000);
    machine_time_report(&machine);
    ppb = last_bound_ppb();
    assert_true(ppb > 0.1 && ppb < 1);
    assert_int_equal(ppb * 1000 + 0.5, calibration_bound_ppt(&machine.time.raw));
    assert_true(fake_host_rate_is_in(host, &machine.time.raw));
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
    assert_true(is_stable());
}

static void a_tsc_that_changes_its_rate_is_said_once_and_ends_tsc_stable(void **unused)
{
    (void)unused;
    begin();
    run_ms(5000);
    assert_true(is_stable());
    assert_string_equal(said(), "");
    fake_host_set_tsc_hz(host, HZ - HZ / 5000);
    run_ms(1100);
    assert_false(is_stable());
    assert_string_equal(said(), CHANGED ": no TSC_STABLE in kvm-clock any more\n");
    run_ms(3000);
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
    fake_host_set_tsc_hz(host, HZ);
    run_ms(4000);
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
    assert_false(is_stable());
    assert_string_equal(said(), "");
}

static void a_tsc_that_halves_its_rate_never_takes_time_back(void **unused)
{
    (void)unused;
    begin();
    run_ms(5000);
    fake_host_set_tsc_hz(host, HZ / 2);
    run_ms(5000);
    fake_host_set_tsc_hz(host, HZ);
    run_ms(5000);
    assert_false(is_stable());
    assert_true(error_ns() < (int64_t)(1000 * MS) && error_ns() > -(int64_t)(1000 * MS));
}

/*
 * Up to the next update, in which a guest whose own TSC has fallen as well reads nonsense; with
 * accesses to devices meanwhile.
 */
static void run_to_update(void)
{
    uint64_t before_ns = live_clock_raise(&machine.live, latest_ns);

    while (host_monotonic_ns() < machine_time_due_monotonic_ns(&machine)) {
        fake_host_advance_ns(host, MS);
        assert_true(machine_now(&machine) >= before_ns);
    }
    machine_time_update(&machine, host_monotonic_ns());
    assert_true(machine_now(&machine) >= before_ns);
}

/* The latest update was a while ago, and another while passes until the next one. */
static void fall_to(uint64_t tsc)
{
    run_ms(3400);
    assert_string_equal(said(), "");
    fake_host_set_tsc(host, tsc);
    run_to_update();
}

static void
a_tsc_that_falls_back_is_said_once_and_guest_time_goes_on_by_the_host_s_clock(void **unused)
{
    (void)unused;
    begin();
    fall_to(1000);
    assert_string_equal(said(), FELL ": no TSC_STABLE in kvm-clock any more\n");
    assert_false(is_stable());
    assert_true((page_of(0)->flags & PVCLOCK_GUEST_STOPPED) != 0);
    /* What is added, so that no page goes back. */
    assert_in_range(error_ns() + SLACK_NS, 0, MS + 2 * SLACK_NS);
    run_ms(4000);
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
    fall_to(1000);
    assert_string_equal(said(), "");
    run_ms(4000);
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
}

/* So that the guest's TSCs go on from where they were: its pages are right before it, too. */
static void offsets_that_kvm_has_moved_for_the_fall_are_followed(void **unused)
{
    uint64_t fell;

    (void)unused;
    begin();
    run_ms(3400);
    fell = fake_host_tsc(host) - 1000;
    fake_host_set_tsc(host, 1000);
    for (unsigned i = 0; i < CPUS; i++)
        fake_vcpu(i)->tsc_offset = fell;
    read_pages();
    run_to_update();
    assert_in_range(error_ns() + SLACK_NS, 0, MS + 2 * SLACK_NS);
    run_ms(4000);
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
    for (unsigned i = 0; i < CPUS; i++)
        assert_int_equal(vcpus[i].tsc.offset, fell);
    for (unsigned i = 0; i < CPUS; i++)
        assert_int_equal(vcpus[i].run->immediate_exit, 1);
    assert_int_equal(atomic_load(&machine.stop_reasons), 0);
}

static void a_fall_by_less_than_a_period_is_found_if_time_stands_still_at_the_update(void **unused)
{
    (void)unused;
    begin();
    run_ms(3000);
    while (host_monotonic_ns() + 50 * MS < machine_time_due_monotonic_ns(&machine))
        run_ms(1);
    machine_now(&machine);
    fake_host_set_tsc(host, fake_host_tsc(host) - HZ / 10);
    run_to_update();
    assert_string_equal(said(), FELL ": no TSC_STABLE in kvm-clock any more\n");
    run_ms(4000);
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
}

static void
a_clock_that_has_stepped_with_the_tsc_takes_guest_time_no_more_than_2_s_on(void **unused)
{
    uint64_t before_ns;

    (void)unused;
    begin();
    run_ms(3400);
    before_ns = machine_now(&machine);
    fake_host_set_tsc(host, 1000);
    host->clock_step_ns = (int64_t)(3600 * NS_PER_SEC);
    run_to_update();
    assert_in_range(machine_now(&machine), before_ns, before_ns + MACHINE_TIME_GO_ON_MAX_NS);
    zero_ns += 3600 * NS_PER_SEC;
    run_ms(4000);
    assert_true(read_pages() - before_ns < 7 * NS_PER_SEC);
}

static void a_fall_after_a_change_of_the_rate_is_said_too(void **unused)
{
    (void)unused;
    begin();
    run_ms(1000);
    fake_host_set_tsc_hz(host, HZ - HZ / 5000);
    run_ms(2000);
    assert_string_equal(said(), CHANGED ": no TSC_STABLE in kvm-clock any more\n");
    fall_to(1000);
    assert_string_equal(said(), FELL "\n");
}

static void a_tsc_that_goes_through_2_to_the_64th_is_no_contradiction(void **unused)
{
    (void)unused;
    fake_host_set_tsc(host, UINT64_MAX - 2 * HZ);
    machine.time.first_raw = machine.time.first_followed = fake_host_bracket(host);
    fake_host_advance_ns(host, 15 * MS);
    begin();
    run_ms(5000);
    assert_true(fake_host_tsc(host) < 4 * HZ);
    assert_string_equal(said(), "");
    assert_true(is_stable());
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
}

static void what_is_said_when_the_rate_changes_fits_the_options(void **unused)
{
    (void)unused;
    config.kvmclock = KVMCLOCK_KERNEL;
    config.invtsc = true;
    begin();
    run_ms(1000);
    fake_host_set_tsc_hz(host, HZ / 2);
    run_ms(2000);
    assert_string_equal(said(), CHANGED "; --invtsc has told the guest that this cannot be\n");
}

static void
a_raw_clock_that_stands_still_at_the_start_leaves_the_rate_unknown_and_not_the_time(void **unused)
{
    struct clock_bracket start;

    (void)unused;
    log_set_verbose(true);
    fake_clock.raw_stands_still = true;
    config.kvmclock_follow = KVMCLOCK_FOLLOW_MONOTONIC;
    machine.time.facts.cpuid_tsc_hz = HZ;
    start = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    machine_time_prepare(&machine, &start);
    fake_host_advance_ns(host, 15 * MS);
    begin();
    run_ms(3000);
    assert_string_equal(said(), "");
    machine_time_report(&machine);
    assert_string_equal(said(), "");
    assert_in_range(error_ns() + SLACK_NS, 0, 2 * SLACK_NS);
}

#define NOT_TSC       "the host keeps time by 'hpet', not by its TSC"
#define NOT_INVARIANT "the host's CPU does not say that its TSC is invariant"
#define NO_STABLE     ": no TSC_STABLE in kvm-clock\n"
#define ON_YOUR_WORD  ": the guest is told on your word that it never stops or changes rate\n"

static void what_the_host_says_of_its_tsc_decides_what_the_guest_is_told(void **unused)
{
    static const struct {
        const char *clocksource;
        bool invariant;
        bool invtsc;
        enum kvmclock_mode kvmclock;
        bool trusted;
        const char *said;
    } rows[] = {
        {"tsc", true, false, KVMCLOCK_USER, true, ""},
        {"tsc", true, true, KVMCLOCK_USER, true, ""},
        {"tsc", false, false, KVMCLOCK_USER, false, "minivmm: " NOT_INVARIANT NO_STABLE},
        {"tsc", false, false, KVMCLOCK_KERNEL, false, ""},
        {"tsc", false, true, KVMCLOCK_USER, true, "minivmm: --invtsc: " NOT_INVARIANT ON_YOUR_WORD},
        {"tsc", false, true, KVMCLOCK_OFF, true, "minivmm: --invtsc: " NOT_INVARIANT ON_YOUR_WORD},
        {"hpet", true, false, KVMCLOCK_USER, false, "minivmm: " NOT_TSC NO_STABLE},
        {"hpet", true, false, KVMCLOCK_OFF, false, ""},
        {"hpet", false, true, KVMCLOCK_USER, false,
         "minivmm: --invtsc: " NOT_TSC ON_YOUR_WORD "minivmm: " NOT_TSC NO_STABLE},
        {"hpet", true, true, KVMCLOCK_OFF, false, "minivmm: --invtsc: " NOT_TSC ON_YOUR_WORD},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        strcpy(machine.time.facts.clocksource, rows[i].clocksource);
        machine.time.facts.invariant_tsc = rows[i].invariant;
        config.invtsc = rows[i].invtsc;
        config.kvmclock = rows[i].kvmclock;
        begin();
        assert_int_equal(is_stable(), rows[i].trusted);
        assert_string_equal(said(), rows[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_bound_that_is_said_is_ppm_at_first_and_under_1_ppb_after_60_s, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_tsc_that_changes_its_rate_is_said_once_and_ends_tsc_stable, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tsc_that_halves_its_rate_never_takes_time_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_tsc_that_falls_back_is_said_once_and_guest_time_goes_on_by_the_host_s_clock, setup,
            teardown),
        cmocka_unit_test_setup_teardown(offsets_that_kvm_has_moved_for_the_fall_are_followed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_fall_by_less_than_a_period_is_found_if_time_stands_still_at_the_update, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            a_clock_that_has_stepped_with_the_tsc_takes_guest_time_no_more_than_2_s_on, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_fall_after_a_change_of_the_rate_is_said_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_tsc_that_goes_through_2_to_the_64th_is_no_contradiction,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_said_when_the_rate_changes_fits_the_options, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_raw_clock_that_stands_still_at_the_start_leaves_the_rate_unknown_and_not_the_time,
            setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_the_host_says_of_its_tsc_decides_what_the_guest_is_told, setup, teardown),
    };

    return cmocka_run_group_tests_name("machine_time", tests, NULL, NULL);
}
