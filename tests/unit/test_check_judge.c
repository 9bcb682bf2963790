/* SPDX-License-Identifier: BSD-2-Clause */
/* The verdict on recorded reports, and on ones that were changed to fail in each way. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "check/judge.h"
#include "tests/unit/report_file.h"

static struct expectation_list expectations;
static struct verdict_list verdicts;
static struct judge_facts facts;
/* Which causes some test has seen. */
static bool cause_seen[CAUSE_COUNT];

static struct report *recorded(const char *name)
{
    facts = (struct judge_facts){.machine = {.cpu_count = 1}, .boot_ns = 2000000000};
    return report_file_read(name);
}

static const struct verdict *verdict_on(const struct report *report, const char *text)
{
    char error[512] = "";

    expectations.count = 0;
    if (!expectation_add(&expectations, text, error, sizeof error))
        fail_msg("%s", error);
    judge(&expectations, report, &facts, &verdicts);
    assert_int_equal(verdicts.count, expectations.count);
    return &verdicts.items[0];
}

static void assert_holds(const struct report *report, const char *text, const char *seen)
{
    const struct verdict *verdict = verdict_on(report, text);

    assert_string_equal(verdict->seen, seen);
    assert_int_equal(verdict->result, VERDICT_OK);
    assert_null(verdict->cause);
}

static void assert_fails(const struct report *report, const char *text, const char *seen,
                         enum cause_id cause)
{
    const struct verdict *verdict = verdict_on(report, text);

    assert_string_equal(verdict->seen, seen);
    assert_int_equal(verdict->result, VERDICT_FAILED);
    assert_ptr_equal(verdict->cause, cause_of(cause));
    cause_seen[cause] = true;
}

static void what_a_recorded_report_shows_holds(void **unused)
{
    const struct report *report = recorded("kvm-clock");

    (void)unused;
    assert_holds(report, "clocksource=kvm-clock",
                 "kvm-clock (available: kvm-clock,tsc,hpet,acpi_pm)");
    assert_holds(report, "available=acpi_pm,tsc", "kvm-clock,tsc,hpet,acpi_pm");
    assert_holds(report, "clockevent=lapic-deadline", "lapic-deadline on 1 CPUs");
    assert_holds(report, "broadcast=hpet", "hpet");
    assert_holds(report, "cpus=1", "1 of 1 vCPUs are online");
    assert_holds(report, "checks", "0 of 6 failed");
    assert_holds(report, "drift<=500ppb", "-1 ppb +- 427 ppb");
    assert_holds(report, "monotonic", "kvm-clock went back 0 times in 262728 reads");
    assert_holds(report, "realtime<=1s", "-62.0 ms +- 52.9 us");
    assert_holds(report, "dmesg!=unstable", "no such line");
    assert_holds(report, "stable", "no such line");
    assert_holds(report, "boot<=2s", "2.000 s");
}

static void each_profile_holds_for_a_recorded_guest_that_it_describes(void **unused)
{
    static const char *const pairs[][2] = {
        {"profile=default", "default"},   {"profile=kvm-clock", "kvm-clock"},
        {"profile=tsc", "invtsc-2"},      {"profile=hpet", "hpet-told"},
        {"profile=acpi_pm", "acpi_pm-4"},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct report *report = recorded(pairs[i][1]);

        /* A read of these clocks takes so long in the lab that 1 ppm cannot be proven there. */
        if (report->raw_drift.best.uncertainty > 1000)
            report->raw_drift.best.uncertainty = 500;
        verdict_on(report, pairs[i][0]);
        assert_int_equal(verdict_list_count(&verdicts, VERDICT_FAILED), 0);
        assert_int_equal(verdict_list_count(&verdicts, VERDICT_OK), verdicts.count);
    }
}

static void a_clocksource_that_is_not_offered_has_its_reason(void **unused)
{
    struct report *report = recorded("hpet-by-itself");
    const char *seen = "hpet (available: hpet,acpi_pm)";

    (void)unused;
    assert_fails(report, "clocksource=kvm-clock", seen, CAUSE_KVMCLOCK_HIDDEN);
    assert_fails(report, "clocksource=tsc", seen, CAUSE_TSC_NOT_CALIBRATED);
    assert_fails(report, "clocksource=xen", seen, CAUSE_SOURCE_UNKNOWN);
    strcpy(report->hypervisor, "KVMKVMKVM");
    report->kvm_features = 1 << 3;
    assert_fails(report, "clocksource=kvm-clock", seen, CAUSE_KVMCLOCK_NOT_BUILT);
    strcpy(report->command_line, "quiet no-kvmclock");
    assert_fails(report, "clocksource=kvm-clock", seen, CAUSE_KVMCLOCK_DISABLED);
    report = recorded("hpet-told");
    assert_fails(report, "clocksource=tsc", seen, CAUSE_TSC_TOLD_UNSTABLE);
    report->command_line[0] = '\0';
    assert_fails(report, "clocksource=tsc", seen, CAUSE_TSC_UNSTABLE);
    strcpy(report->log_clock.lines[0].text, "tsc: Marking TSC unstable due to TSCs unsynchronized");
    assert_fails(report, "clocksource=tsc", seen, CAUSE_TSC_UNSYNCHRONIZED);
    report->log_clock.count = 0;
    report->log_warnings.count = 0;
    assert_fails(report, "clocksource=tsc", seen, CAUSE_TSC_ABSENT);
    strcpy(report->clocksources.names[1], "tsc-early");
    assert_fails(report, "clocksource=tsc", "hpet (available: hpet,tsc-early)", CAUSE_TSC_EARLY);
}

static void clocksources_that_are_not_available_are_named(void **unused)
{
    const struct report *report = recorded("acpi_pm-4");

    (void)unused;
    assert_fails(report, "available=acpi_pm,hpet", "acpi_pm; no hpet", CAUSE_HPET_ABSENT);
    assert_fails(report, "available=hpet,tsc", "acpi_pm; no tsc; no hpet", CAUSE_HPET_ABSENT);
    report = recorded("kvm-clock");
    report_file_read("kvm-clock")->clocksources.count = 3;
    assert_fails(report, "available=acpi_pm", "kvm-clock,tsc,hpet; no acpi_pm",
                 CAUSE_PM_TIMER_ABSENT);
}

static void a_clocksource_that_is_offered_and_not_chosen_has_its_reason(void **unused)
{
    struct report *report = recorded("kvm-clock");
    const char *seen = "kvm-clock (available: kvm-clock,tsc,hpet,acpi_pm)";

    (void)unused;
    assert_fails(report, "clocksource=tsc", seen, CAUSE_KVMCLOCK_OVER_TSC);
    assert_fails(report, "clocksource=hpet", seen, CAUSE_RATING);
    strcat(report->command_line, " clocksource=kvm-clock");
    assert_fails(report, "clocksource=hpet", seen, CAUSE_COMMAND_LINE_CHOOSES);
    report = recorded("kvm-clock");
    strcpy(report->clocksource, "acpi_pm");
    assert_fails(report, "clocksource=hpet", "acpi_pm (available: kvm-clock,tsc,hpet,acpi_pm)",
                 CAUSE_FELL_BACK);
    assert_fails(recorded("invtsc-2"), "clocksource=kvm-clock",
                 "tsc (available: tsc,kvm-clock,hpet,acpi_pm)", CAUSE_TSC_OVER_KVMCLOCK);
}

static void assert_model(const char *name, const char *clocksource, bool kvmclock, bool invtsc,
                         const char *seen)
{
    struct report *report = recorded(name);

    facts.machine.kvmclock = kvmclock;
    facts.machine.invtsc = invtsc;
    strcpy(report->clocksource, clocksource);
    assert_holds(report, "clocksource=model", seen);
    strcpy(report->clocksource, "other");
    facts.machine.hpet = facts.machine.pmtimer = true;
    verdict_on(report, "clocksource=model");
    assert_int_equal(verdicts.items[0].result, VERDICT_FAILED);
    assert_ptr_equal(verdicts.items[0].cause, cause_of(CAUSE_MODEL));
    cause_seen[CAUSE_MODEL] = true;
}

static void the_model_says_what_linux_chooses_on_each_machine(void **unused)
{
    struct report *report;

    (void)unused;
    assert_model("kvm-clock", "kvm-clock", true, false,
                 "kvm-clock; the model says kvm-clock, 400: the TSC is not invariant, or unstable");
    assert_model("invtsc-2", "tsc", true, true,
                 "tsc; the model says tsc, 300: the TSC is invariant, which lowers kvm-clock to "
                 "299");
    assert_model("kvm-clock", "tsc", false, false,
                 "tsc; the model says tsc, 300: kvm-clock is off, and the kernel has found the "
                 "TSC's rate");
    assert_model("hpet-by-itself", "refined-jiffies", false, false,
                 "refined-jiffies; the model says refined-jiffies, 2: there is no clock but the "
                 "tick");
    assert_model("hpet-by-itself", "kvm-clock", true, true,
                 "kvm-clock; the model says kvm-clock, 400: the TSC is not invariant, or unstable");
    report = recorded("hpet-by-itself");
    facts.machine.hpet = facts.machine.pmtimer = true;
    assert_holds(report, "clocksource=model",
                 "hpet; the model says hpet, 250: kvm-clock is off, and the TSC is not usable");
    report = recorded("acpi_pm-4");
    facts.machine.pmtimer = true;
    assert_holds(report, "clocksource=model",
                 "acpi_pm; the model says acpi_pm, 200: there is no HPET either");
    report = recorded("kvm-clock");
    strcpy(report->clocksources.names[1], "tsc-early");
    strcpy(report->clocksource, "tsc-early");
    assert_holds(report, "clocksource=model",
                 "tsc-early; the model says tsc-early, 299: kvm-clock is off, and HPET or PM timer "
                 "have not refined the TSC's rate");
}

static void a_clock_event_device_is_expected_on_every_cpu(void **unused)
{
    struct report *report = recorded("invtsc-2");

    (void)unused;
    assert_holds(report, "clockevent=lapic-deadline", "lapic-deadline on 2 CPUs");
    assert_fails(report, "clockevent=hpet",
                 "lapic-deadline on clockevent0, lapic-deadline on clockevent1", CAUSE_EVENT_OTHER);
    strcpy(report->events[1].device, "lapic");
    assert_fails(report, "clockevent=lapic-deadline", "lapic on clockevent1", CAUSE_EVENT_DEADLINE);
    report->event_count = 0;
    assert_fails(report, "clockevent=lapic", "none", CAUSE_NO_EVENTS);
}

static void a_broadcast_device_is_expected_or_that_there_is_none(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    assert_fails(report, "broadcast=pit", "hpet", CAUSE_EVENT_BROADCAST);
    assert_fails(report, "broadcast=none", "hpet", CAUSE_EVENT_BROADCAST);
    report->events[1].device[0] = '\0';
    assert_holds(report, "broadcast=none", "none");
    assert_fails(report, "broadcast=hpet", "none", CAUSE_EVENT_BROADCAST);
    report->event_count = 0;
    assert_fails(report, "broadcast=none", "none", CAUSE_NO_EVENTS);
}

static void cpus_that_are_not_online_fail(void **unused)
{
    struct report *report = recorded("invtsc-2");

    (void)unused;
    facts.machine.cpu_count = 4;
    assert_holds(report, "cpus=2", "2 of 4 vCPUs are online");
    assert_fails(report, "cpus=4", "2 of 4 vCPUs are online", CAUSE_CPUS_OFFLINE);
}

static void fail_check(struct report *report, const char *name, const char *detail)
{
    strcpy(report->checks[1].name, name);
    strcpy(report->checks[1].detail, detail);
    report->checks[1].result = CHECK_FAIL;
}

static void the_first_check_of_the_probe_that_failed_is_named_with_its_reason(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    report->checks[5].result = CHECK_FAIL;
    fail_check(report, "hpet", "WENT BACK 2 times");
    assert_fails(report, "checks", "hpet: WENT BACK 2 times; 2 of 6 failed", CAUSE_CHECK_CLOCK);
    fail_check(report, "ACPI", "1 warning");
    assert_fails(report, "checks", "ACPI: 1 warning; 2 of 6 failed", CAUSE_CHECK_ACPI);
    fail_check(report, "interrupts", "1 complaint");
    assert_fails(report, "checks", "interrupts: 1 complaint; 2 of 6 failed",
                 CAUSE_CHECK_INTERRUPTS);
    fail_check(report, "stability", "x");
    assert_fails(report, "checks", "stability: x; 2 of 6 failed", CAUSE_TSC_UNSTABLE);
    report->check_count = 0;
    assert_fails(report, "checks", "0 of 0 failed", CAUSE_NOT_MEASURED);
}

static void a_rate_that_is_not_known_well_enough_is_not_proven(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    assert_fails(report, "drift<=50ppb", "-1 ppb +- 427 ppb", CAUSE_RATE_UNSURE);
    assert_fails(report, "drift<=427ppb", "-1 ppb +- 427 ppb", CAUSE_RATE_UNSURE);
    assert_holds(report, "drift<=428ppb", "-1 ppb +- 427 ppb");
    report->raw_drift.known = false;
    assert_fails(report, "drift<=1ppm", "no rate against the host", CAUSE_NO_REFERENCE);
}

static void a_wrong_rate_is_blamed_on_the_layer_that_shows_it(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    report->raw_drift.best = (struct ppb){9000, 10};
    assert_fails(report, "drift<=1ppm", "+9000 ppb +- 10 ppb", CAUSE_RATE_CALIBRATION);
    report->raw_drift.tsc = (struct ppb){9000, 20};
    assert_fails(report, "drift<=1ppm", "+9000 ppb +- 10 ppb", CAUSE_RATE_TSC);
    report->raw_drift.machine = (struct ppb){9000, 30};
    assert_fails(report, "drift<=1ppm", "+9000 ppb +- 10 ppb", CAUSE_RATE_MACHINE);
    report = recorded("acpi_pm-4");
    report->raw_drift.best = (struct ppb){127, 10};
    report->raw_drift.machine = report->raw_drift.tsc = (struct ppb){0, 10};
    assert_fails(report, "drift<=50ppb", "+127 ppb +- 10 ppb", CAUSE_RATE_PM_TIMER);
}

static void a_clock_that_went_back_fails(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    report->sources[0].backwards = 3;
    report->sources[0].backwards_max_ns = 1500;
    assert_fails(report, "monotonic",
                 "kvm-clock went back 3 times in 262728 reads, by up to 1.5 us",
                 CAUSE_BACK_ON_ONE_CPU);
    report->cpus_online = 2;
    assert_fails(report, "monotonic",
                 "kvm-clock went back 3 times in 262728 reads, 0 of them across CPUs, by up to "
                 "1.5 us",
                 CAUSE_BACK_ACROSS_CPUS);
    report->source_count = 0;
    assert_fails(report, "monotonic", "not measured", CAUSE_NOT_MEASURED);
}

static void a_wall_clock_that_is_off_has_its_reason(void **unused)
{
    struct report *report = recorded("kvm-clock");
    struct offset *offset = &report->realtime_minus_host;

    (void)unused;
    assert_fails(report, "realtime<=10ms", "-62.0 ms +- 52.9 us", CAUSE_REALTIME_HALF_SECOND);
    assert_fails(report, "realtime<=62ms", "-62.0 ms +- 52.9 us", CAUSE_REALTIME_UNSURE);
    offset->value_ns = 7200250000000;
    assert_fails(report, "realtime<=1s", "+7200.250 s +- 52.9 us", CAUSE_REALTIME_TIME_ZONE);
    offset->value_ns = -3599500000000;
    assert_fails(report, "realtime<=1s", "-3599.500 s +- 52.9 us", CAUSE_REALTIME_TIME_ZONE);
    offset->value_ns = 3000000000;
    assert_fails(report, "realtime<=1s", "+3.000 s +- 52.9 us", CAUSE_REALTIME_OTHER);
    offset->known = false;
    assert_fails(report, "realtime<=1s", "not compared with the host's", CAUSE_NO_REFERENCE);
}

static void a_wall_clock_of_another_date_is_not_judged(void **unused)
{
    const struct report *report = recorded("kvm-clock");

    (void)unused;
    facts.machine.other_date = true;
    verdict_on(report, "profile=default");
    assert_int_equal(verdict_list_count(&verdicts, VERDICT_NOT_APPLICABLE), 1);
    assert_int_equal(verdict_list_count(&verdicts, VERDICT_FAILED), 0);
    assert_string_equal(verdicts.items[3].seen, "the guest has another date than the host");
    facts.machine.other_date = false;
    facts.machine.date_stood_still = true;
    verdict_on(report, "profile=default");
    assert_int_equal(verdict_list_count(&verdicts, VERDICT_NOT_APPLICABLE), 1);
    assert_string_equal(verdicts.items[3].seen, "the guest's date stood still since the save");
}

static void a_line_of_the_kernel_log_fails_by_its_text(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    assert_fails(report, "dmesg!=PCI: Fatal", "PCI: Fatal: No config space access function found",
                 CAUSE_LOG_LINE);
    assert_fails(report, "dmesg!=Using msrs", "kvm-clock: Using msrs 4b564d01 and 4b564d00",
                 CAUSE_LOG_LINE);
    strcpy(report->log_acpi.lines[report->log_acpi.count++].text, "ACPI Error: x");
    assert_fails(report, "dmesg!=ACPI Error", "ACPI Error: x", CAUSE_LOG_LINE);
    report->log_warnings.left_out = 7;
    assert_fails(report, "dmesg!=unstable", "7 lines are not in the report", CAUSE_LOG_CUT);
}

static void a_clock_that_the_kernel_has_found_unstable_fails(void **unused)
{
    struct report *report = recorded("kvm-clock");
    const char *line = "tsc: Marking TSC unstable due to check_tsc_sync_source failed";

    (void)unused;
    strcpy(report->log_clock.lines[1].text, line);
    assert_fails(report, "stable", line, CAUSE_TSC_UNSTABLE);
    line = "clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable";
    strcpy(report->log_clock.lines[1].text, line);
    assert_fails(report, "stable", line, CAUSE_TSC_UNSTABLE);
    strcpy(report->log_clock.lines[1].text, "tsc: Marking TSC unstable due to TSCs unsynchronized");
    assert_holds(report, "stable", "no such line");
    strcpy(report->log_clock.lines[1].text, "tsc: Marking TSC unstable due to boot parameter");
    assert_holds(report, "stable", "no such line");
    report->log_clock.left_out = 1;
    assert_fails(report, "stable", "1 lines are not in the report", CAUSE_LOG_CUT);
}

static void a_log_that_was_not_read_whole_fails_what_is_expected_of_it(void **unused)
{
    struct report *report = recorded("kvm-clock");

    (void)unused;
    report->log_gaps = 1;
    assert_fails(report, "stable", "no such line, but not all were read", CAUSE_LOG_NOT_READ);
    assert_fails(report, "dmesg!=x-y-z", "no such line, but not all were read", CAUSE_LOG_NOT_READ);
    report->log_read = false;
    assert_fails(report, "stable", "the kernel's log is not in the report", CAUSE_LOG_NOT_READ);
}

static void a_slow_boot_fails(void **unused)
{
    const struct report *report = recorded("kvm-clock");

    (void)unused;
    assert_fails(report, "boot<=1999ms", "2.000 s", CAUSE_BOOT_SLOW);
    facts.boot_ns = 0;
    assert_fails(report, "boot<=2s", "not known", CAUSE_BOOT_UNKNOWN);
}

/* To be the last of all. */
static void every_cause_was_met_and_is_a_line_with_a_layer(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < CAUSE_COUNT; i++) {
        const struct cause *cause = cause_of((enum cause_id)i);

        if (!cause_seen[i])
            fail_msg("no test has met cause %u", i);
        assert_non_null(cause->text);
        assert_null(strchr(cause->text, '\n'));
        assert_true(strlen(layer_name(cause->layer)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_recorded_report_shows_holds),
        cmocka_unit_test(each_profile_holds_for_a_recorded_guest_that_it_describes),
        cmocka_unit_test(a_clocksource_that_is_not_offered_has_its_reason),
        cmocka_unit_test(clocksources_that_are_not_available_are_named),
        cmocka_unit_test(a_clocksource_that_is_offered_and_not_chosen_has_its_reason),
        cmocka_unit_test(the_model_says_what_linux_chooses_on_each_machine),
        cmocka_unit_test(a_clock_event_device_is_expected_on_every_cpu),
        cmocka_unit_test(a_broadcast_device_is_expected_or_that_there_is_none),
        cmocka_unit_test(cpus_that_are_not_online_fail),
        cmocka_unit_test(the_first_check_of_the_probe_that_failed_is_named_with_its_reason),
        cmocka_unit_test(a_rate_that_is_not_known_well_enough_is_not_proven),
        cmocka_unit_test(a_wrong_rate_is_blamed_on_the_layer_that_shows_it),
        cmocka_unit_test(a_clock_that_went_back_fails),
        cmocka_unit_test(a_wall_clock_that_is_off_has_its_reason),
        cmocka_unit_test(a_wall_clock_of_another_date_is_not_judged),
        cmocka_unit_test(a_line_of_the_kernel_log_fails_by_its_text),
        cmocka_unit_test(a_clock_that_the_kernel_has_found_unstable_fails),
        cmocka_unit_test(a_log_that_was_not_read_whole_fails_what_is_expected_of_it),
        cmocka_unit_test(a_slow_boot_fails),
        cmocka_unit_test(every_cause_was_met_and_is_a_line_with_a_layer),
    };

    return cmocka_run_group_tests_name("check_judge", tests, NULL, NULL);
}
