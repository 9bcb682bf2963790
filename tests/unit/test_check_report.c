/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what a probe, or anything else, has sent on COM2. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/report.h"
#include "tests/unit/report_file.h"

static struct report report;
static char error[256];

static enum report_status read_text(const char *text)
{
    error[0] = '\0';
    return report_read(text, strlen(text), &report, error, sizeof error);
}

static void assert_bad(const char *text, enum report_status status, const char *message)
{
    assert_int_equal(read_text(text), status);
    assert_string_equal(error, message);
}

#define SCHEMA      "\"schema\":\"minivmm-clock-report-1\""
#define CLOCKSOURCE "\"clocksource\":{\"current\":\"tsc\",\"available\":[\"tsc\"]}"

/* What is wrong with a report that has one more member. */
static void assert_lie(const char *member, const char *message)
{
    char text[512];

    snprintf(text, sizeof text, "{" SCHEMA "," CLOCKSOURCE ",%s}", member);
    assert_bad(text, REPORT_LIES, message);
}

static void a_recorded_report_is_read(void **unused)
{
    (void)unused;
    report = *report_file_read("kvm-clock");
    assert_string_equal(report.kernel_release, "6.12.117+deb12-cloud-amd64");
    assert_string_equal(report.clocksource, "kvm-clock");
    assert_int_equal(report.clocksources.count, 4);
    assert_int_equal(report.cpus_online, 1);
    assert_string_equal(report.hypervisor, "KVMKVMKVM");
    assert_int_equal(report.kvm_features, 16800987);
    assert_int_equal(report.tsc_hz, 2596118921);
    assert_int_equal(report.event_count, 2);
    assert_string_equal(report.events[0].device, "lapic-deadline");
    assert_int_equal(report.source_count, 1);
    assert_int_equal(report.sources[0].reads, 262728);
    assert_true(report.raw_drift.known);
    assert_true(report.raw_drift.through_tsc);
    assert_int_equal(report.raw_drift.best.value, -1);
    assert_int_equal(report.raw_drift.best.uncertainty, 427);
    assert_int_equal(report.raw_drift.machine.uncertainty, 293030);
    assert_true(report.realtime_minus_host.known);
    assert_true(report.ntp.known);
    assert_int_equal(report.ntp.tick_us, 10000);
    assert_true(report.log_clock.count > 20);
    assert_int_equal(report.log_warnings.count, 3);
    assert_int_equal(report.log_warnings.left_out, 0);
    assert_true(report.log_read);
    assert_int_equal(report.log_gaps, 0);
    assert_int_equal(report.check_count, 6);
    assert_string_equal(report.checks[0].name, "kvm-clock");
    assert_int_equal(report.checks[0].result, CHECK_OK);
}

static void what_a_probe_does_not_know_may_be_missing_or_null(void **unused)
{
    (void)unused;
    assert_int_equal(read_text("{" SCHEMA "," CLOCKSOURCE "}"), REPORT_READ);
    assert_string_equal(report.clocksource, "tsc");
    assert_false(report.raw_drift.known);
    assert_false(report.ntp.known);
    assert_false(report.log_read);
    assert_int_equal(read_text("\n{" SCHEMA "," CLOCKSOURCE
                               ",\"monotonic_raw\":null,\"log\":null,\"more\":[{}]}\n"),
                     REPORT_READ);
    assert_false(report.raw_drift.known);
    assert_false(report.log_read);
}

static void a_guest_that_sends_nothing_or_blanks_has_no_report(void **unused)
{
    (void)unused;
    assert_bad("", REPORT_NOTHING, "there is no report");
    assert_bad("\n \r\n\t", REPORT_NOTHING, "there is no report");
}

static void a_report_that_is_cut_off_anywhere_is_half(void **unused)
{
    char *bytes = report_file_load("kvm-clock");
    size_t end = strlen(bytes) - strlen("}\n");

    (void)unused;
    /* Byte 0 is the newline that says that the probe has begun. */
    for (size_t size = 2; size <= end; size += 13) {
        enum report_status status = report_read(bytes, size, &report, error, sizeof error);

        /* A word such as true that is cut off is none. */
        assert_true(status == REPORT_HALF || status == REPORT_LIES);
    }
    assert_int_equal(report_read(bytes, end, &report, error, sizeof error), REPORT_HALF);
    assert_string_equal(error, "the report ends in the middle, in line 22");
    free(bytes);
}

static void bytes_behind_the_report_are_too_much(void **unused)
{
    (void)unused;
    assert_bad("{" SCHEMA "," CLOCKSOURCE "}\n{}", REPORT_TOO_MUCH,
               "there are bytes behind the report, in line 2");
}

static void a_report_over_the_limit_is_too_much(void **unused)
{
    char *bytes = malloc(REPORT_READ_MAX_BYTES + 1);

    (void)unused;
    memset(bytes, ' ', REPORT_READ_MAX_BYTES + 1);
    assert_int_equal(report_read(bytes, REPORT_READ_MAX_BYTES + 1, &report, error, sizeof error),
                     REPORT_TOO_MUCH);
    assert_string_equal(error, "the report is longer than 524288 bytes");
    free(bytes);
}

static void what_is_not_json_or_not_utf_8_is_a_lie(void **unused)
{
    (void)unused;
    assert_bad("hello", REPORT_LIES, "the report is not JSON, in line 1, column 5");
    assert_bad("[1]", REPORT_LIES, "the report's outermost value is not an object");
    assert_bad("{\"a\":\"\xff\"}", REPORT_LIES, "the report is not UTF-8 at byte 6");
    assert_bad("{\"a\":\"\xc0\xaf\"}", REPORT_LIES, "the report is not UTF-8 at byte 6");
    assert_bad("{\"a\":\"\xed\xa0\x80\"}", REPORT_LIES, "the report is not UTF-8 at byte 6");
    assert_bad("{\"a\":\"\\u0000\"}", REPORT_LIES, "the report is not JSON, in line 1, column 13");
    assert_bad("{\"a\":1,\n\"a\":2}", REPORT_LIES,
               "the report has a key twice in one object, in line 2");
    assert_bad("{\"a\":99999999999999999999}", REPORT_LIES,
               "the report has a number beyond 64 bits, in line 1");
}

static void deep_nesting_is_refused_and_brackets_in_strings_are_none(void **unused)
{
    char text[1024] = "{\"a\":";

    (void)unused;
    memset(text + 5, '[', 1000);
    assert_bad(text, REPORT_LIES, "the report has more than 16 levels of brackets");
    assert_int_equal(
        read_text("{" SCHEMA "," CLOCKSOURCE ",\"a\":\"[[[[[[[[[\\\"[[[[[[[[[[[[[[[[[[[[\"}"),
        REPORT_READ);
}

static void another_schema_or_version_is_a_lie(void **unused)
{
    (void)unused;
    assert_bad("{" CLOCKSOURCE "}", REPORT_LIES,
               "the report's schema is not minivmm-clock-report-1");
    assert_bad("{\"schema\":\"else\"," CLOCKSOURCE "}", REPORT_LIES,
               "the report's schema is not minivmm-clock-report-1");
    assert_bad("{\"schema\":\"minivmm-clock-report-2\"," CLOCKSOURCE "}", REPORT_LIES,
               "the report's schema has another version than 1, which is the one that this program "
               "reads");
}

static void what_every_report_must_have_is_missed(void **unused)
{
    (void)unused;
    assert_bad("{" SCHEMA "}", REPORT_LIES, "the report's clocksource.current is missing");
    assert_bad("{" SCHEMA ",\"clocksource\":{\"current\":\"hpet\",\"available\":[\"tsc\"]}}",
               REPORT_LIES, "the report's clocksource.available lacks clocksource.current");
}

static void a_value_of_the_wrong_type_or_range_is_a_lie(void **unused)
{
    (void)unused;
    assert_lie("\"kernel\":7", "the report's kernel is not an object");
    assert_lie("\"kernel\":{\"release\":7}", "the report's release is not a string, or too long");
    assert_lie("\"cpu\":{\"hypervisor\":\"longer than twelve\"}",
               "the report's hypervisor is not a string, or too long");
    assert_lie("\"cpu\":{\"online\":1.5}", "the report's online is not a whole number");
    assert_lie("\"cpu\":{\"online\":-1}", "the report's online is negative");
    assert_lie("\"cpu\":{\"online\":65536}", "the report's online is too large");
    assert_lie("\"cpu\":{\"flags\":[\"\"]}",
               "the report's flags has an element that is not a name");
    assert_lie("\"cpu\":{\"flags\":{}}", "the report's flags is no array");
    assert_lie("\"sources\":[1]", "the report's sources has an element that is not an object");
    assert_lie("\"sources\":[{},{},{},{},{},{},{},{},{}]",
               "the report's sources has too many elements");
    assert_lie("\"sources\":[{\"initial\":1}]", "the report's initial is neither true nor false");
    assert_lie("\"monotonic_raw\":{\"uncertainty_ppb\":-3}",
               "the report's uncertainty_ppb is negative");
    assert_lie("\"checks\":[{\"name\":\"ACPI\"}]",
               "the report's checks have a result that is neither ok, fail nor n/a");
    assert_lie("\"log\":{\"clock\":{\"count\":0,\"lines\":[{}]}}",
               "the report's clock has a count below its number of lines");
}

static void a_character_that_is_not_printable_ascii_reads_as_a_question_mark(void **unused)
{
    (void)unused;
    assert_int_equal(read_text("{" SCHEMA "," CLOCKSOURCE
                               ",\"kernel\":{\"release\":\"a\\u0007b\\u00e9\xe2\x82\xac.\"}}"),
                     REPORT_READ);
    assert_string_equal(report.kernel_release, "a?b??.");
}

static void only_the_first_lie_is_told(void **unused)
{
    (void)unused;
    assert_lie("\"kernel\":7,\"sources\":7", "the report's kernel is not an object");
}

static void how_a_clock_is_read_is_one_of_two_words_or_not_known(void **unused)
{
    (void)unused;
    assert_int_equal(read_text("{" SCHEMA "," CLOCKSOURCE ",\"sources\":[{\"read_by\":\"vdso\"},"
                               "{\"read_by\":\"system-call\"},{\"read_by\":null},{}]}"),
                     REPORT_READ);
    assert_int_equal(report.sources[0].read_by, READ_BY_VDSO);
    assert_int_equal(report.sources[1].read_by, READ_BY_SYSTEM_CALL);
    assert_int_equal(report.sources[2].read_by, READ_BY_UNKNOWN);
    assert_int_equal(report.sources[3].read_by, READ_BY_UNKNOWN);
    assert_bad("{" SCHEMA "," CLOCKSOURCE ",\"sources\":[{\"read_by\":\"guess\"}]}", REPORT_LIES,
               "the report's sources.read_by is neither vdso nor system-call");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_a_clock_is_read_is_one_of_two_words_or_not_known),
        cmocka_unit_test(a_recorded_report_is_read),
        cmocka_unit_test(what_a_probe_does_not_know_may_be_missing_or_null),
        cmocka_unit_test(a_guest_that_sends_nothing_or_blanks_has_no_report),
        cmocka_unit_test(a_report_that_is_cut_off_anywhere_is_half),
        cmocka_unit_test(bytes_behind_the_report_are_too_much),
        cmocka_unit_test(a_report_over_the_limit_is_too_much),
        cmocka_unit_test(what_is_not_json_or_not_utf_8_is_a_lie),
        cmocka_unit_test(deep_nesting_is_refused_and_brackets_in_strings_are_none),
        cmocka_unit_test(another_schema_or_version_is_a_lie),
        cmocka_unit_test(what_every_report_must_have_is_missed),
        cmocka_unit_test(a_value_of_the_wrong_type_or_range_is_a_lie),
        cmocka_unit_test(a_character_that_is_not_printable_ascii_reads_as_a_question_mark),
        cmocka_unit_test(only_the_first_lie_is_told),
    };

    return cmocka_run_group_tests_name("check_report", tests, NULL, NULL);
}
