/* SPDX-License-Identifier: BSD-2-Clause */
/* What the probe writes is what `minivmm check` reads: the two ends of COM2. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "check/report.h"

static struct drift some_drift(int64_t ppb)
{
    return (struct drift){.known = true,
                          .baseline_ns = 1000000000,
                          .best = {ppb, 30},
                          .through_tsc = true,
                          .by_bracket = {ppb + 1, 3000},
                          .tsc = {-ppb, 20},
                          .machine = {2, 40}};
}

static void fill(struct report *report)
{
    *report = (struct report){
        .kernel_release = "6.12.0",
        .kernel_version = "#1 SMP",
        .command_line = "quiet \"x\" \\",
        .cpus_online = 255,
        .hypervisor = "KVMKVMKVM",
        .kvm_features = UINT32_MAX,
        .cpu_flags = name_list_parse("tsc arat"),
        .tsc_hz = 2300000000,
        .ntp = {true, true, -500000, 9999, -7},
        .clocksource = "tsc",
        .clocksources = name_list_parse("tsc hpet"),
        .clocksource_restored = true,
        .source_count = 1,
        .sources = {{.name = "tsc",
                     .is_initial = true,
                     .measured = true,
                     .read_min_ns = 1,
                     .read_median_ns = 2,
                     .reads = 3,
                     .cross_cpu_reads = 4,
                     .backwards = 5,
                     .backwards_max_ns = 6,
                     .drift = some_drift(-9)}},
        .raw_drift = some_drift(-9),
        .realtime_minus_host = {true, -5, 6},
        .log_read = true,
        .log_gaps = 3,
    };
    for (unsigned i = 0; i < REPORT_MAX_EVENTS; i++)
        report->events[report->event_count++] = (struct clockevent){"clockevent0", "lapic"};
    for (unsigned i = 0; i < REPORT_MAX_LOG_LINES + 3; i++)
        report_add_log_line(report, &(struct log_line){i, 4, i % 2 == 1, "tsc: a line"});
}

static char *json_of(const struct report *report)
{
    char *bytes = malloc(REPORT_JSON_BYTES);
    struct text text;

    assert_non_null(bytes);
    text_init(&text, bytes, REPORT_JSON_BYTES);
    report_add_json(&text, report);
    assert_false(text.cut);
    return bytes;
}

static void what_the_probe_writes_is_read_back_the_same(void **unused)
{
    static struct report sent, received;
    char error[256] = "";
    char *json, *again;

    (void)unused;
    fill(&sent);
    json = json_of(&sent);
    assert_int_equal(report_read(json, strlen(json), &received, error, sizeof error), REPORT_READ);
    assert_string_equal(error, "");
    again = json_of(&received);
    assert_string_equal(again, json);
    free(json);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_probe_writes_is_read_back_the_same),
    };

    return cmocka_run_group_tests_name("probe_check", tests, NULL, NULL);
}
