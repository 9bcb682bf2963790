/* SPDX-License-Identifier: BSD-2-Clause */
/* What a picture of a run shows, from the events of its trace. */
#include "tests/unit/unit.h"

#include <string.h>

#include "timelab/allan.h"
#include "timelab/report.h"
#include "timelab/report_bands.h"

#define SEC UINT64_C(1000000000)

static struct report report;

static void take(unsigned kind, unsigned arg, uint64_t g_ns, uint64_t value, uint32_t where,
                 const char *text)
{
    struct trace_event event = {.record = {.g_ns = g_ns,
                                           .value = value,
                                           .where = where,
                                           .kind = (uint8_t)kind,
                                           .vcpu = TRACE_NO_VCPU,
                                           .arg = (uint16_t)arg}};

    strcpy(event.text, text);
    report_take(&report, &event);
}

static void sample(unsigned clock, uint64_t g_ns, uint64_t value)
{
    take(TRACE_SAMPLE, clock, g_ns, value, 0, "");
}

static const struct report_series *series(unsigned clock)
{
    for (unsigned i = 0; i < report.clock_count; i++)
        if (report.clocks[i].clock == clock)
            return &report.clocks[i].series;
    fail_msg("no clock %u", clock);
    return NULL;
}

static int begin(void **unused)
{
    static const struct trace_head head = {.wall_zero_ns = 1000 * SEC};
    static const struct report_boots none;

    (void)unused;
    report_init(&report, &head, &none);
    return 0;
}

/* The guest boots at a host TSC, asks for its wall clock, and boots again; blocks of two threads
 * are not in order. */
static void a_boot_begins_where_the_one_before_has_ended(void **unused)
{
    static const struct trace_event events[] = {
        {.record = {.kind = TRACE_WALL, .vcpu = TRACE_NO_VCPU, .tsc = 100, .value = 1000 * SEC}},
        {.record = {.kind = TRACE_WALL, .tsc = 120, .g_ns = 3 * SEC, .value = 1000 * SEC}},
        {.record = {.kind = TRACE_SAMPLE, .tsc = 150, .g_ns = 4 * SEC, .value = 1004 * SEC}},
        {.record = {.kind = TRACE_EXIT, .tsc = 260, .g_ns = SEC}},
        {.record = {.kind = TRACE_EXIT, .tsc = 190, .g_ns = 5 * SEC}},
        {.record = {.kind = TRACE_WALL, .vcpu = TRACE_NO_VCPU, .tsc = 250, .value = 1006 * SEC}},
        {.record = {.kind = TRACE_MARK, .tsc = 250}, .text = "boot 2"},
        {.record = {.kind = TRACE_SAMPLE, .tsc = 300, .g_ns = 2 * SEC, .value = 1008 * SEC + 9}},
    };
    static const struct trace_head head = {.wall_zero_ns = 1000 * SEC};
    struct report_boots boots = {.count = 0};
    const struct report_clock *clock = &report.clocks[0];

    (void)unused;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        report_boots_look(&boots, &events[i]);
    assert_int_equal(boots.count, 2);
    report_init(&report, &head, &boots);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct trace_event event = events[i];

        if (event.record.kind == TRACE_SAMPLE)
            event.record.arg = TRACE_CLOCK_REALTIME;
        report_take(&report, &event);
    }
    report_series_end(&report.clocks[0].series);
    assert_int_equal(clock->series.count, 2);
    assert_true(clock->series.points[0].g_sec == 4);
    assert_true(clock->series.points[1].g_sec == 7);
    assert_true(clock->series.points[1].error_ns == 9);
    assert_true(report.lines[0].g_sec == 5);
    assert_true(report.last_g_sec == 7);
}

static void boots_have_a_bound_and_the_rest_is_of_the_last(void **unused)
{
    struct report_boots boots = {.count = 0};
    struct trace_event event = {.record = {.kind = TRACE_WALL, .vcpu = TRACE_NO_VCPU}};

    (void)unused;
    for (uint64_t i = 0; i < REPORT_BOOTS_MAX + 5; i++) {
        event.record.tsc = i;
        event.record.g_ns = 10;
        report_boots_look(&boots, &event);
    }
    assert_int_equal(boots.count, REPORT_BOOTS_MAX);
    assert_int_equal(report_boots_start_ns(&boots, &event.record), 10 * (REPORT_BOOTS_MAX - 1));
}

/* The second reading is the best one, as it took the shortest time. */
static void an_error_is_that_since_the_best_of_the_first_readings(void **unused)
{
    json_t *json, *clock;

    (void)unused;
    take(TRACE_SAMPLE, TRACE_CLOCK_REALTIME, 5 * SEC, 1005 * SEC + 7, 300, "");
    take(TRACE_SAMPLE, TRACE_CLOCK_REALTIME, 6 * SEC, 1006 * SEC - 9, 200, "");
    take(TRACE_SAMPLE, TRACE_CLOCK_REALTIME, 7 * SEC, 1007 * SEC, 300, "");
    json = report_to_json(&report, "", NULL);
    clock = json_array_get(json_object_get(json, "clocks"), 0);
    assert_int_equal(json_integer_value(json_object_get(clock, "first_error_ns")), -9);
    assert_true(json_real_value(json_object_get(clock, "lowest_ns")) == 0);
    assert_true(json_real_value(json_object_get(clock, "highest_ns")) == 16);
    assert_true(json_real_value(json_object_get(clock, "last_ns")) == 9);
    assert_int_equal(json_array_size(json_object_get(clock, "points")), 4);
    json_decref(json);
}

static void no_reading_after_a_fault_is_what_a_clock_was_at_first(void **unused)
{
    (void)unused;
    take(TRACE_SAMPLE, TRACE_CLOCK_REALTIME, 5 * SEC, 1005 * SEC + 7, 300, "");
    take(TRACE_FAULT, 0, 6 * SEC, 0, 0, "pm.stick for=1s");
    take(TRACE_SAMPLE, TRACE_CLOCK_REALTIME, 7 * SEC, 1006 * SEC, 200, "");
    assert_int_equal(report.clocks[0].first_error_ns, 7);
}

static void a_reading_that_took_long_is_left_out_and_counted(void **unused)
{
    (void)unused;
    take(TRACE_SAMPLE, TRACE_CLOCK_MONOTONIC, SEC, SEC, 100, "");
    take(TRACE_SAMPLE, TRACE_CLOCK_MONOTONIC, 2 * SEC, 2 * SEC - 90000, 100000, "");
    take(TRACE_SAMPLE, TRACE_CLOCK_MONOTONIC, 3 * SEC, 3 * SEC - 9, 300, "");
    assert_int_equal(series(TRACE_CLOCK_MONOTONIC)->count, 2);
    assert_true(series(TRACE_CLOCK_MONOTONIC)->lowest_ns == -9);
    assert_int_equal(report.clocks[0].uncertain, 1);
}

static void each_vcpu_has_its_page_of_kvm_clock(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        struct trace_event event = {
            .record = {.kind = TRACE_KVMCLOCK, .vcpu = (uint8_t)i, .g_ns = SEC, .value = SEC + i}};

        report_take(&report, &event);
    }
    assert_int_equal(report.clock_count, 2);
    assert_int_equal(report.clocks[1].first_error_ns, 1);
}

static void lateness_is_counted_by_powers_of_two_for_those_that_were_due(void **unused)
{
    (void)unused;
    take(TRACE_IRQ, TRACE_IRQ_HAS_DUE, SEC + 1024, SEC, 2, "");
    take(TRACE_IRQ, TRACE_IRQ_HAS_DUE, SEC + 2047, SEC, 2, "");
    take(TRACE_IRQ, TRACE_IRQ_HAS_DUE | TRACE_IRQ_MESSAGE, SEC, SEC, 0x31, "");
    take(TRACE_IRQ, 0, SEC, SEC, 4, "");
    take(TRACE_IRQ, TRACE_IRQ_HAS_DUE, SEC, SEC, 4000, "");
    assert_int_equal(report.late[2][10], 2);
    assert_int_equal(report.late[REPORT_GSIS - 1][0], 1);
    assert_int_equal(report.late[4][0], 0);
}

static void a_series_is_thinned_evenly_and_keeps_its_spikes(void **unused)
{
    static struct report_series kept;
    unsigned count = 50 * REPORT_POINTS_MAX, spikes = 0, first_half = 0;

    (void)unused;
    for (unsigned i = 0; i < count; i++)
        report_series_add(&kept, (struct report_point){i, i == count / 3 ? 1000 : i % 7});
    report_series_end(&kept);
    assert_in_range(kept.count, REPORT_POINTS_MAX / 2, REPORT_POINTS_MAX);
    assert_int_equal(kept.added, count);
    for (unsigned i = 0; i < kept.count; i++) {
        spikes += kept.points[i].error_ns == 1000;
        first_half += kept.points[i].g_sec < count / 2;
        assert_true(i == 0 || kept.points[i].g_sec > kept.points[i - 1].g_sec);
    }
    assert_int_equal(spikes, 1);
    assert_in_range(first_half, kept.count / 2 - 2, kept.count / 2 + 2);
    assert_true(report_series_tau0_sec(&kept) == (double)kept.stride);
}

static void a_reading_alone_is_a_point(void **unused)
{
    static struct report_series kept;

    (void)unused;
    report_series_add(&kept, (struct report_point){7, 3});
    report_series_end(&kept);
    assert_int_equal(kept.count, 2);
    assert_true(kept.points[0].g_sec == 7 && kept.points[1].error_ns == 3);
}

/* As the blocks of two threads come in a file. */
static void points_that_are_not_in_order_are_put_so_and_have_no_variance(void **unused)
{
    static struct report_series kept;

    (void)unused;
    for (unsigned i = 0; i < 100; i++)
        report_series_add(&kept, (struct report_point){i < 50 ? 2 * i : 2 * (i - 50) + 1, i});
    report_series_end(&kept);
    for (unsigned i = 0; i < 100; i++)
        assert_true(kept.points[i].g_sec == i);
    assert_true(report_series_tau0_sec(&kept) == 0);
}

static void lines_have_a_bound_and_those_beyond_are_counted(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < REPORT_LINES_MAX + 3; i++)
        take(TRACE_MARK, 0, i * SEC, 0, 0, "a line");
    assert_int_equal(report.line_count, REPORT_LINES_MAX);
    assert_int_equal(report.lines_left_out, 3);
}

/* A kernel prints hundreds of lines before the first fault. */
static void messages_leave_room_for_faults(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2 * REPORT_LINES_MAX; i++)
        take(TRACE_MESSAGE, 0, i * SEC, 0, 0, "a line");
    take(TRACE_FAULT, 0, SEC, 0, 0, "jump by=1s");
    assert_int_equal(report.lines[report.line_count - 1].kind, TRACE_FAULT);
}

/* Pages of kvm-clock are there from the start, and leave room for the clocks that are read later.
 */
static void pages_have_a_bound_and_those_beyond_are_counted(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 200; i++) {
        struct trace_event event = {
            .record = {.kind = TRACE_KVMCLOCK, .vcpu = (uint8_t)i, .g_ns = i, .value = i}};

        report_take(&report, &event);
        report_take(&report, &event);
    }
    assert_int_equal(report.clock_count, REPORT_PAGES_MAX);
    assert_int_equal(report.pages_left_out, 200 - REPORT_PAGES_MAX);
    for (unsigned clock = TRACE_CLOCK_REALTIME; clock < TRACE_CLOCKS; clock++)
        sample(clock, SEC, SEC);
    assert_int_equal(series(TRACE_CLOCK_MONOTONIC_RAW)->added, 1);
}

/* As the name of a file may be. */
static void a_title_may_be_no_utf8(void **unused)
{
    json_t *json = report_to_json(&report, "a\xff.mvtr", NULL);

    (void)unused;
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "title")), "a?.mvtr");
    json_decref(json);
}

static void all_of_it_is_one_object(void **unused)
{
    json_t *expectations =
        json_pack("[{s:s,s:s,s:s}]", "text", "monotonic", "verdict", "ok", "got", "0 steps back");
    json_t *json;

    (void)unused;
    take(TRACE_FAULT, 0, 2 * SEC, 0, 0, "pm.stick for=3s");
    take(TRACE_FAULT, 0, 5 * SEC, 0, 1, "pm.stick for=3s");
    take(TRACE_GAP, 0, 5 * SEC, 12, 0, "");
    sample(TRACE_CLOCK_MONOTONIC, SEC, SEC);
    json = report_to_json(&report, "a run", expectations);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "title")), "a run");
    assert_int_equal(json_array_size(json_object_get(json, "faults")), 2);
    assert_true(
        json_is_true(json_array_get(json_array_get(json_object_get(json, "faults"), 1), 2)));
    assert_int_equal(json_integer_value(json_object_get(json, "missing")), 12);
    assert_int_equal(json_array_size(json_object_get(json, "clocks")), 1);
    assert_int_equal(json_array_size(json_object_get(json, "expectations")), 1);
    json_decref(json);
    json_decref(expectations);
}

static void assert_band(const json_t *bands, size_t i, double from, double to, const char *words)
{
    const json_t *band = json_array_get(bands, i);

    assert_true(json_real_value(json_array_get(band, 0)) == from);
    assert_true(json_real_value(json_array_get(band, 1)) == to);
    assert_string_equal(json_string_value(json_array_get(band, 2)), words);
}

static void a_fault_lasts_until_its_end_or_another_of_its_name(void **unused)
{
    json_t *bands;

    (void)unused;
    take(TRACE_FAULT, 0, 1 * SEC, 0, 0, "hpet.rate ppb=2000000");
    take(TRACE_FAULT, 0, 2 * SEC, 0, 0, "hpet.rate ppb=-50");
    take(TRACE_FAULT, 0, 3 * SEC, 0, 0, "jump by=1h");
    take(TRACE_FAULT, 0, 4 * SEC, 0, 0, "hpet.rate ppb=0");
    take(TRACE_FAULT, 0, 5 * SEC, 0, 0, "pm.stick for=3s");
    take(TRACE_FAULT, 0, 8 * SEC, 0, 1, "pm.stick for=3s");
    take(TRACE_FAULT, 0, 9 * SEC, 0, 0, "kvmclock.rate ppb=7 vcpu=1");
    take(TRACE_MARK, 0, 10 * SEC, 0, 0, "pm.stick");
    bands = report_bands(&report);
    assert_int_equal(json_array_size(bands), 5);
    assert_band(bands, 0, 1, 2, "hpet.rate ppb=2000000");
    assert_band(bands, 1, 2, 4, "hpet.rate ppb=-50");
    assert_true(json_is_null(json_array_get(json_array_get(bands, 2), 1)));
    assert_band(bands, 3, 5, 8, "pm.stick for=3s");
    assert_band(bands, 4, 9, 10, "kvmclock.rate ppb=7 vcpu=1");
    json_decref(bands);
}

static void a_fault_of_which_nothing_is_left_is_over(void **unused)
{
    json_t *bands;

    (void)unused;
    take(TRACE_FAULT, 0, 1 * SEC, 0, 0, "skip-idle to=on");
    take(TRACE_FAULT, 0, 2 * SEC, 0, 0, "skip-idle to=off");
    take(TRACE_FAULT, 0, 3 * SEC, 0, 0, "pm.jitter by=50us every=10ms");
    take(TRACE_FAULT, 0, 4 * SEC, 0, 0, "pm.jitter by=0s every=10ms");
    take(TRACE_FAULT, 0, 5 * SEC, 0, 0, "irq.drop gsi=0 p=50%");
    take(TRACE_FAULT, 0, 6 * SEC, 0, 0, "irq.drop gsi=0 p=0%");
    take(TRACE_MARK, 0, 9 * SEC, 0, 0, "the end");
    bands = report_bands(&report);
    assert_int_equal(json_array_size(bands), 3);
    assert_band(bands, 0, 1, 2, "skip-idle to=on");
    assert_band(bands, 1, 3, 4, "pm.jitter by=50us every=10ms");
    assert_band(bands, 2, 5, 6, "irq.drop gsi=0 p=50%");
    json_decref(bands);
}

static void what_happens_at_once_is_a_line(void **unused)
{
    static const char *const at_once[] = {
        "jump by=1h",          "hpet.step by=1s",          "wall.step by=1h",
        "kvmclock.back by=1s", "tsc.offset vcpu=1 by=1ms", "rtc.battery",
        "vmclock.marker",      "leap kind=insert in=1s",
    };
    json_t *bands;

    (void)unused;
    for (unsigned i = 0; i < sizeof at_once / sizeof at_once[0]; i++)
        take(TRACE_FAULT, 0, (i + 1) * SEC, 0, 0, at_once[i]);
    bands = report_bands(&report);
    for (unsigned i = 0; i < sizeof at_once / sizeof at_once[0]; i++)
        assert_true(json_is_null(json_array_get(json_array_get(bands, i), 1)));
    json_decref(bands);
}

/* NIST SP 1065, section 12.1: nine frequencies; their phases are the sums. */
static void the_allan_variance_is_that_of_the_published_data(void **unused)
{
    static const double frequency[] = {892, 809, 823, 798, 671, 644, 883, 903, 677};
    static const struct {
        unsigned m;
        double deviation;
    } published[] = {{1, 91.22945}, {2, 85.95287}};
    double phase[10] = {0};

    (void)unused;
    for (unsigned i = 0; i < 9; i++)
        phase[i + 1] = phase[i] + frequency[i];
    for (unsigned i = 0; i < 2; i++) {
        double expected = published[i].deviation * published[i].deviation;
        double got = allan_variance(phase, 10, 1, published[i].m);

        assert_true(got > expected * (1 - 1e-6) && got < expected * (1 + 1e-6));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_error_is_that_since_the_best_of_the_first_readings, begin),
        cmocka_unit_test_setup(no_reading_after_a_fault_is_what_a_clock_was_at_first, begin),
        cmocka_unit_test_setup(a_reading_that_took_long_is_left_out_and_counted, begin),
        cmocka_unit_test_setup(each_vcpu_has_its_page_of_kvm_clock, begin),
        cmocka_unit_test_setup(lateness_is_counted_by_powers_of_two_for_those_that_were_due, begin),
        cmocka_unit_test(a_boot_begins_where_the_one_before_has_ended),
        cmocka_unit_test(boots_have_a_bound_and_the_rest_is_of_the_last),
        cmocka_unit_test(a_series_is_thinned_evenly_and_keeps_its_spikes),
        cmocka_unit_test(a_reading_alone_is_a_point),
        cmocka_unit_test(points_that_are_not_in_order_are_put_so_and_have_no_variance),
        cmocka_unit_test_setup(lines_have_a_bound_and_those_beyond_are_counted, begin),
        cmocka_unit_test_setup(messages_leave_room_for_faults, begin),
        cmocka_unit_test_setup(pages_have_a_bound_and_those_beyond_are_counted, begin),
        cmocka_unit_test_setup(a_title_may_be_no_utf8, begin),
        cmocka_unit_test_setup(all_of_it_is_one_object, begin),
        cmocka_unit_test_setup(a_fault_lasts_until_its_end_or_another_of_its_name, begin),
        cmocka_unit_test_setup(a_fault_of_which_nothing_is_left_is_over, begin),
        cmocka_unit_test_setup(what_happens_at_once_is_a_line, begin),
        cmocka_unit_test(the_allan_variance_is_that_of_the_published_data),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
