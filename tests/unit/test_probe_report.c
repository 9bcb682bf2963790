/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's verdict, its table and its JSON, from a report made of numbers. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "guest-images/probe/report.h"

#define TEXT_BYTES (1024 * 1024)

static struct report report;
static char text_bytes[TEXT_BYTES];

static struct drift drift_of(int64_t ppb, uint64_t uncertainty)
{
    return (struct drift){.known = true,
                          .baseline_ns = 1000000000,
                          .best = {ppb, uncertainty},
                          .by_bracket = {ppb, uncertainty}};
}

/* A report in which every check is fine. */
static void report_good(void)
{
    report = (struct report){
        .options = {.seconds = 2, .wall_is_host = true},
        .kernel_release = "6.12.0",
        .cpus_online = 2,
        .clocksource = "kvm-clock",
        .clocksources = name_list_parse("kvm-clock tsc"),
        .clocksource_restored = true,
        .reference_present = true,
        .sources = {{.name = "kvm-clock",
                     .is_initial = true,
                     .measured = true,
                     .read_min_ns = 41,
                     .read_median_ns = 43,
                     .reads = 120000,
                     .drift = drift_of(3, 40)},
                    {.name = "tsc", .measured = true, .reads = 7, .drift = drift_of(9000, 40)}},
        .source_count = 2,
        .raw_drift = drift_of(3, 40),
        .run_drift = drift_of(3, 40),
        .realtime_minus_host = {true, 1200, 800},
        .rtc_minus_realtime = {true, -300000, 100000},
        .rtc_minus_host = {true, -298800, 100800},
        .ntp = {.known = true, .frequency_ppb = -12, .tick_us = 10000, .offset_ns = 5},
        .log_read = true,
        .has_second_channel = true,
    };
}

static const struct check *check_named(const char *name)
{
    for (unsigned i = 0; i < report.check_count; i++) {
        if (strcmp(report.checks[i].name, name) == 0)
            return &report.checks[i];
    }
    fail_msg("no check %s", name);
    return NULL;
}

static enum check_result judged(const char *name)
{
    report_judge(&report);
    return check_named(name)->result;
}

static const char *table(void)
{
    struct text text;

    text_init(&text, text_bytes, sizeof(text_bytes));
    report_add_table(&text, &report);
    assert_false(text.cut);
    return text_bytes;
}

static const char *json(void)
{
    struct text text;

    text_init(&text, text_bytes, sizeof(text_bytes));
    report_add_json(&text, &report);
    assert_false(text.cut);
    return text_bytes;
}

static void log_add(unsigned level, const char *words)
{
    struct log_line line = {.level = level};

    strncpy(line.text, words, sizeof(line.text) - 1);
    report_add_log_line(&report, &line);
}

static void a_good_report_has_no_failed_check(void **unused)
{
    (void)unused;
    report_good();
    report_judge(&report);
    assert_int_equal(report_count_checks(&report, CHECK_FAIL), 0);
    assert_int_equal(report_count_checks(&report, CHECK_OK), 8);
    assert_non_null(strstr(table(), "verdict: ok (8 ok, 0 failed, 0 n/a)"));
    assert_non_null(strstr(json(), "\"verdict\":\"ok\""));
    assert_non_null(strstr(json(), "\"ntp\":{\"synchronized\":false,\"frequency_ppb\":-12,"
                                   "\"tick_us\":10000,\"offset_ns\":5}"));
}

static void one_step_back_fails_the_source(void **unused)
{
    (void)unused;
    report_good();
    report.sources[0].backwards = 1;
    assert_int_equal(judged("kvm-clock"), CHECK_FAIL);
    assert_int_equal(judged("tsc"), CHECK_OK);
    assert_non_null(strstr(table(), "verdict: FAIL"));
}

static void a_source_never_read_or_not_selectable_fails(void **unused)
{
    (void)unused;
    report_good();
    report.sources[0].reads = 0;
    assert_int_equal(judged("kvm-clock"), CHECK_FAIL);
    report_good();
    report.sources[1].measured = false;
    assert_int_equal(judged("tsc"), CHECK_FAIL);
    assert_non_null(strstr(table(), "not measured"));
}

static void a_rate_fails_beyond_limit_plus_uncertainty(void **unused)
{
    (void)unused;
    report_good();
    report.sources[0].drift = drift_of(-1040, 40);
    assert_int_equal(judged("kvm-clock"), CHECK_OK);
    assert_non_null(strstr(table(), "rate -1040 ppb +- 40 ppb (limit 1000 ppb)"));
    report.sources[0].drift = drift_of(-1041, 40);
    assert_int_equal(judged("kvm-clock"), CHECK_FAIL);
    report.sources[1].drift = drift_of(500041, 40);
    assert_int_equal(judged("tsc"), CHECK_FAIL);
    report.raw_drift = drift_of(INT64_MIN, 0);
    assert_int_equal(judged("MONOTONIC_RAW"), CHECK_FAIL);
}

static void an_uncertainty_without_end_fails_nothing(void **unused)
{
    (void)unused;
    report_good();
    report.raw_drift = drift_of(INT64_MAX, UINT64_MAX);
    assert_int_equal(judged("MONOTONIC_RAW"), CHECK_OK);
}

static void wall_clocks_more_than_a_second_off_fail_unless_any_is_asked_for(void **unused)
{
    (void)unused;
    report_good();
    report.realtime_minus_host.value_ns = -1000000801;
    assert_int_equal(judged("CLOCK_REALTIME"), CHECK_FAIL);
    report.rtc_minus_host.value_ns = INT64_MIN;
    assert_int_equal(judged("RTC"), CHECK_FAIL);
    report.options.wall_is_host = false;
    assert_int_equal(judged("CLOCK_REALTIME"), CHECK_NOT_APPLICABLE);
    assert_int_equal(judged("RTC"), CHECK_NOT_APPLICABLE);
}

static void without_a_reference_device_comparisons_are_na_and_null(void **unused)
{
    (void)unused;
    report_good();
    report.reference_present = false;
    report.raw_drift.known = report.run_drift.known = false;
    report.sources[0].drift.known = report.sources[1].drift.known = false;
    report.realtime_minus_host.known = report.rtc_minus_host.known = false;
    assert_int_equal(judged("MONOTONIC_RAW"), CHECK_NOT_APPLICABLE);
    assert_int_equal(judged("CLOCK_REALTIME"), CHECK_NOT_APPLICABLE);
    assert_int_equal(judged("kvm-clock"), CHECK_OK);
    assert_non_null(strstr(table(), "no reference device"));
    assert_non_null(strstr(json(), "\"monotonic_raw\":null"));
    assert_non_null(strstr(text_bytes, "\"realtime_minus_host\":null"));
}

static void a_warning_of_acpi_and_an_unstable_clock_in_the_log_fail(void **unused)
{
    (void)unused;
    report_good();
    log_add(4, "ACPI BIOS Warning (bug): 32/64X length mismatch");
    log_add(6, "tsc: Marking TSC unstable due to clocksource watchdog");
    assert_int_equal(judged("ACPI"), CHECK_FAIL);
    assert_int_equal(judged("stability"), CHECK_FAIL);
    assert_non_null(strstr(table(), "ACPI warnings (1)"));
    assert_non_null(strstr(text_bytes, "Marking TSC unstable"));
}

static void a_complaint_in_the_log_fails_and_is_shown(void **unused)
{
    (void)unused;
    report_good();
    assert_int_equal(judged("interrupts"), CHECK_OK);
    log_add(4, "hpet: Lost 640 RTC interrupts");
    report.log_clock.lines[0].during_probe = true;
    assert_int_equal(judged("interrupts"), CHECK_FAIL);
    assert_non_null(strstr(table(), "Lost 640"));
}

static void assert_log_checks(enum check_result result, const char *detail)
{
    static const char *const names[] = {"ACPI", "stability", "interrupts"};

    report_judge(&report);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(check_named(names[i])->result, result);
        if (detail != NULL)
            assert_string_equal(check_named(names[i])->detail, detail);
    }
}

static void a_log_that_was_not_read_whole_proves_nothing(void **unused)
{
    (void)unused;
    report_good();
    report.log_gaps = 1;
    assert_log_checks(CHECK_NOT_APPLICABLE,
                      "the kernel overwrote lines of its log before they were read");
    assert_non_null(strstr(table(), "verdict: ok (5 ok, 0 failed, 3 n/a)"));
    assert_non_null(strstr(json(), "\"log\":{\"gaps\":1,\"clock\""));
    report.log_read = false;
    assert_log_checks(CHECK_NOT_APPLICABLE, "the kernel log could not be read to its end");
    assert_non_null(strstr(json(), "\"log\":null"));
}

static void what_is_found_in_a_log_that_was_not_read_whole_fails(void **unused)
{
    (void)unused;
    report_good();
    report.log_read = false;
    log_add(4, "ACPI Error: again");
    log_add(4, "clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable");
    log_add(4, "hpet: Lost 640 RTC interrupts");
    assert_log_checks(CHECK_FAIL, NULL);
}

static void the_rate_of_a_clocksource_that_counts_ticks_is_not_judged(void **unused)
{
    (void)unused;
    report_good();
    strcpy(report.sources[1].name, "refined-jiffies");
    report.sources[1].drift = drift_of(-400000000, 40);
    assert_int_equal(judged("refined-jiffies"), CHECK_OK);
    report.sources[1].backwards = 1;
    assert_int_equal(judged("refined-jiffies"), CHECK_FAIL);
}

static void log_lines_beyond_the_room_are_counted(void **unused)
{
    (void)unused;
    report_good();
    for (unsigned i = 0; i < REPORT_MAX_LOG_LINES; i++)
        log_add(4, "ACPI Error: again");
    assert_int_equal(report.log_acpi.count, REPORT_MAX_PROBLEM_LINES);
    assert_int_equal(report.log_acpi.left_out, REPORT_MAX_LOG_LINES - REPORT_MAX_PROBLEM_LINES);
    report_judge(&report);
    assert_non_null(strstr(table(), "ACPI warnings (48)"));
}

static void a_report_without_measurements_judges_the_log_only(void **unused)
{
    (void)unused;
    report = (struct report){.kernel_release = "x", .log_read = true};
    report_judge(&report);
    assert_int_equal(report.check_count, 3);
    assert_non_null(strstr(table(), "no JSON report"));
    json();
}

static void per_cpu_clock_events_are_counted_by_device(void **unused)
{
    (void)unused;
    report_good();
    report.event_count = 4;
    report.events[0] = (struct clockevent){"clockevent0", "lapic"};
    report.events[1] = (struct clockevent){"clockevent1", "hpet"};
    report.events[2] = (struct clockevent){"clockevent2", "lapic"};
    report.events[3] = (struct clockevent){"broadcast", "pit"};
    assert_non_null(strstr(table(), "lapic (2 CPUs), hpet (1 CPU), broadcast pit\n"));
}

/* Everything that comes from the guest, at its longest, of bytes that escape to six each. */
static void report_hostile(void)
{
    struct log_line line = {.time_us = UINT64_MAX, .level = 4};

    memset(&report, 0xff, sizeof(report));
    memset(line.text, 0xff, sizeof(line.text) - 1);
    report.options = (struct probe_options){.seconds = 3600, .wall_is_host = true};
    report.ntp = (struct ntp_state){true, false, INT64_MIN, INT64_MIN, INT64_MIN};
    report.kernel_release[sizeof(report.kernel_release) - 1] = '\0';
    report.kernel_version[sizeof(report.kernel_version) - 1] = '\0';
    report.command_line[sizeof(report.command_line) - 1] = '\0';
    report.hypervisor[sizeof(report.hypervisor) - 1] = '\0';
    report.clocksource[NAME_BYTES - 1] = report.rtc_name[NAME_BYTES - 1] = '\0';
    report.cpu_flags.count = report.clocksources.count = NAME_LIST_MAX;
    for (unsigned i = 0; i < NAME_LIST_MAX; i++) {
        report.cpu_flags.names[i][NAME_BYTES - 1] = '\0';
        report.clocksources.names[i][NAME_BYTES - 1] = '\0';
    }
    report.event_count = REPORT_MAX_EVENTS;
    for (unsigned i = 0; i < REPORT_MAX_EVENTS; i++) {
        report.events[i].name[NAME_BYTES - 1] = '\0';
        report.events[i].device[NAME_BYTES - 1] = '\0';
    }
    report.source_count = REPORT_MAX_SOURCES;
    for (unsigned i = 0; i < REPORT_MAX_SOURCES; i++) {
        report.sources[i].name[NAME_BYTES - 1] = '\0';
        report.sources[i].is_initial = report.sources[i].measured = true;
        report.sources[i].drift = drift_of(INT64_MIN, UINT64_MAX);
    }
    report.raw_drift = report.run_drift = report.sources[0].drift;
    report.clocksource_restored = report.reference_present = report.has_second_channel = false;
    report.realtime_minus_host = (struct offset){true, INT64_MIN, UINT64_MAX};
    report.rtc_minus_realtime = report.rtc_minus_host = report.realtime_minus_host;
    report.log_clock = report.log_acpi = report.log_warnings = (struct log_part){0};
    report.log_unstable_count = 0;
    report.log_read = true;
    for (unsigned i = 0; i < REPORT_MAX_LOG_LINES; i++)
        report.log_clock.lines[i] = report.log_acpi.lines[i] = report.log_warnings.lines[i] = line;
    report.log_clock.count = report.log_acpi.count = report.log_warnings.count =
        REPORT_MAX_LOG_LINES;
}

static void the_largest_report_fits_the_probes_buffers(void **unused)
{
    (void)unused;
    report_hostile();
    report_judge(&report);
    assert_true(report.check_count <= REPORT_MAX_CHECKS);
    assert_true(strlen(table()) < REPORT_TABLE_BYTES);
    assert_true(strlen(json()) < REPORT_JSON_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_report_has_no_failed_check),
        cmocka_unit_test(one_step_back_fails_the_source),
        cmocka_unit_test(a_source_never_read_or_not_selectable_fails),
        cmocka_unit_test(a_rate_fails_beyond_limit_plus_uncertainty),
        cmocka_unit_test(an_uncertainty_without_end_fails_nothing),
        cmocka_unit_test(wall_clocks_more_than_a_second_off_fail_unless_any_is_asked_for),
        cmocka_unit_test(without_a_reference_device_comparisons_are_na_and_null),
        cmocka_unit_test(a_warning_of_acpi_and_an_unstable_clock_in_the_log_fail),
        cmocka_unit_test(a_complaint_in_the_log_fails_and_is_shown),
        cmocka_unit_test(a_log_that_was_not_read_whole_proves_nothing),
        cmocka_unit_test(what_is_found_in_a_log_that_was_not_read_whole_fails),
        cmocka_unit_test(the_rate_of_a_clocksource_that_counts_ticks_is_not_judged),
        cmocka_unit_test(log_lines_beyond_the_room_are_counted),
        cmocka_unit_test(a_report_without_measurements_judges_the_log_only),
        cmocka_unit_test(per_cpu_clock_events_are_counted_by_device),
        cmocka_unit_test(the_largest_report_fits_the_probes_buffers),
    };

    return cmocka_run_group_tests_name("probe_report", tests, NULL, NULL);
}
