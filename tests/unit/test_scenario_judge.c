/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a guest, and the verdict on one that has ended. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_math.h"
#include "timelab/scenario_judge.h"
#include "timelab/scenario_read.h"

static struct guest_lines lines;
static struct guest_record record;
static struct scenario scenario;
static struct report report;
static struct verdict_list verdicts;

static int setup(void **unused)
{
    (void)unused;
    memset(&lines, 0, sizeof lines);
    record = (struct guest_record){.lines = &lines, .end_ns = 60 * NS_PER_SEC};
    report = (struct report){.clocksource = "tsc"};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    scenario_close(&scenario);
    return 0;
}

/* The guest writes the line at that guest time. */
static void say(uint64_t at_ns, const char *text)
{
    for (; *text != '\0'; text++)
        guest_lines_byte(&lines, at_ns++, (uint8_t)*text);
    guest_lines_byte(&lines, at_ns, '\n');
}

static void read_with(const char *rest)
{
    char text[2048], line[SCENARIO_ERROR_BYTES];
    struct text error;

    snprintf(text, sizeof text, "{\"scenario\":1,\"guests\":{\"a\":{}},%s}", rest);
    text_init(&error, line, sizeof line);
    if (!scenario_read(&scenario, text, strlen(text), &error))
        fail_msg("%s", line);
}

/* The verdict on one expectation, which comes before that on the status. */
static const struct verdict *judge_one(const char *expectation)
{
    char list[512];

    scenario_close(&scenario);
    snprintf(list, sizeof list, "\"expect\":[\"%s\"]", expectation);
    read_with(list);
    scenario_judge(&scenario, 0, &record, &verdicts);
    return &verdicts.items[0];
}

static void assert_holds(const char *expectation, const char *seen)
{
    const struct verdict *verdict = judge_one(expectation);

    assert_string_equal(verdict->seen, seen);
    assert_int_equal(verdict->result, VERDICT_OK);
    assert_string_equal(verdict->expectation->text, expectation);
}

static void assert_fails(const char *expectation, const char *seen)
{
    const struct verdict *verdict = judge_one(expectation);

    assert_string_equal(verdict->seen, seen);
    assert_int_equal(verdict->result, VERDICT_FAILED);
}

static void a_line_has_the_time_of_its_first_byte(void **unused)
{
    uint64_t at_ns;

    (void)unused;
    assert_false(guest_lines_byte(&lines, 5, 'a'));
    assert_false(guest_lines_byte(&lines, 6, 0xff));
    assert_false(guest_lines_byte(&lines, 7, '\r'));
    assert_true(guest_lines_byte(&lines, 8, '\n'));
    assert_false(guest_lines_byte(&lines, 9, '\n'));
    assert_string_equal(guest_lines_last(&lines, &at_ns), "a?");
    assert_int_equal(at_ns, 5);
    guest_lines_byte(&lines, 10, 'b');
    guest_lines_end(&lines);
    guest_lines_end(&lines);
    assert_int_equal(lines.count, 2);
    assert_string_equal(guest_lines_text(&lines, 0), "a?");
    assert_string_equal(guest_lines_text(&lines, 1), "b");
    assert_int_equal(lines.lines[1].at_ns, 10);
}

static void what_a_guest_writes_has_a_bound(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2 * GUEST_LINE_BYTES; i++)
        guest_lines_byte(&lines, i, 'x');
    guest_lines_byte(&lines, 0, '\n');
    assert_int_equal(strlen(guest_lines_text(&lines, 0)), GUEST_LINE_BYTES - 1);
    for (unsigned i = 0; i < GUEST_LINES_MAX; i++)
        say(i, "y");
    assert_int_equal(lines.count, GUEST_LINES_MAX);
    assert_int_equal(lines.dropped, 1);
    setup(NULL);
    for (unsigned i = 0; i < GUEST_LINES_MAX_BYTES / GUEST_LINE_BYTES + 1; i++) {
        char text[GUEST_LINE_BYTES];

        memset(text, 'z', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        say(i, text);
    }
    assert_int_equal(lines.used_bytes, GUEST_LINES_MAX_BYTES);
    assert_int_equal(lines.dropped, 1);
}

static void the_kernel_starts_where_its_lines_come_out_with_the_least_delay(void **unused)
{
    (void)unused;
    say(4 * NS_PER_SEC, "no time");
    say(4 * NS_PER_SEC, "[x] [1.2]");
    say(4 * NS_PER_SEC, "[    9.000000] of the future");
    assert_false(lines.has_boot);
    say(5 * NS_PER_SEC, "[    0.000000] Linux version");
    assert_true(lines.has_boot);
    assert_int_equal(lines.boot_ns, 5 * NS_PER_SEC);
    say(6 * NS_PER_SEC, "[    5.500000] soon");
    say(9 * NS_PER_SEC, "[    6.000000] late");
    assert_int_equal(lines.boot_ns, NS_PER_SEC / 2);
}

static void a_line_is_expected_in_a_span_or_anywhere(void **unused)
{
    (void)unused;
    say(20 * NS_PER_SEC, "[   19.000000] hello");
    assert_holds("dmesg~hel+o", "at 20.000 s: [   19.000000] hello");
    assert_holds("dmesg~hello at 20s", "at 20.000 s: [   19.000000] hello");
    assert_holds("dmesg~hello within 2s of boot+18s", "at 20.000 s: [   19.000000] hello");
    assert_fails("dmesg~hello to 19s",
                 "no such line in 1 then, but at 20.000 s: [   19.000000] hello");
    assert_fails("dmesg~hello from 21s",
                 "no such line in 1 then, but at 20.000 s: [   19.000000] hello");
    assert_fails("dmesg~bye", "no such line in 1");
    assert_fails("dmesg~bye from 61s", "the guest had ended by then, at 60.000 s");
}

static void no_line_is_expected_of_all_that_the_guest_could_write(void **unused)
{
    (void)unused;
    say(20 * NS_PER_SEC, "hello");
    assert_holds("dmesg!~bye", "no such line in 1");
    assert_holds("dmesg!~hello from 21s", "no such line in 1 then, but at 20.000 s: hello");
    assert_fails("dmesg!~hello", "at 20.000 s: hello");
    assert_fails("dmesg!~bye to 61s", "no such line in 1; the guest ended at 60.000 s");
    lines.dropped = 3;
    assert_fails("dmesg!~bye", "no such line in 1, and 3 were not kept");
    assert_fails("dmesg!~bye from boot", "what its time counts from has not come");
}

static void the_clocksource_is_what_the_kernel_said_last(void **unused)
{
    (void)unused;
    assert_fails("clocksource=tsc at 15s", "none that was named");
    say(10 * NS_PER_SEC, "clocksource: Switched to clocksource tsc-early");
    say(11 * NS_PER_SEC, "clocksource: Switched to clocksource tsc");
    say(20 * NS_PER_SEC, "clocksource: Switched to clocksource hpet");
    assert_holds("clocksource=tsc-early at 10.5s", "tsc-early");
    assert_holds("clocksource=tsc at 15s", "tsc");
    assert_fails("clocksource=tsc at 10.5s", "tsc-early");
    assert_fails("clocksource=tsc at 5s", "none that was named");
    assert_holds("clocksource=hpet from 20s", "hpet");
    assert_fails("clocksource=tsc from 12s", "switched to hpet at 20.000 s, from tsc");
    assert_holds("clocksource=tsc from 12s to 19s", "tsc");
    lines.dropped = 1;
    assert_fails("clocksource=tsc at 15s", "tsc; not all lines were kept");
}

static void the_status_is_0_unless_another_is_expected(void **unused)
{
    (void)unused;
    assert_holds("status=0", "0, after 60.000 s");
    assert_int_equal(verdicts.count, 1);
    judge_one("dmesg!~x");
    assert_int_equal(verdicts.count, 2);
    assert_string_equal(verdicts.items[1].expectation->text, "status=0");
    assert_int_equal(verdicts.items[1].result, VERDICT_OK);
    record.status = 4;
    judge_one("dmesg!~x");
    assert_int_equal(verdicts.items[1].result, VERDICT_FAILED);
    assert_holds("status=4", "4, after 60.000 s");
    assert_fails("status=0", "4, after 60.000 s");
}

static void a_clock_that_went_back_is_in_the_report(void **unused)
{
    (void)unused;
    assert_fails("back<=1ms", "no report of the probe's says it");
    record.report = &report;
    assert_fails("back>=1ms", "no report of the probe's says it");
    report.source_count = 1;
    report.sources[0] = (struct source_result){.name = "tsc",
                                               .is_initial = true,
                                               .measured = true,
                                               .backwards = 2,
                                               .backwards_max_ns = 1000000,
                                               .reads = 10};
    assert_holds("back>=500us", "tsc went back 2 times, by 1.0 ms at most, in 10 reads");
    assert_holds("back<=1ms", "tsc went back 2 times, by 1.0 ms at most, in 10 reads");
    assert_fails("back>=1500us", "tsc went back 2 times, by 1.0 ms at most, in 10 reads");
    assert_fails("back<=500us", "tsc went back 2 times, by 1.0 ms at most, in 10 reads");
}

static void a_rate_is_to_be_proven_to_be_off(void **unused)
{
    (void)unused;
    assert_fails("drift>=400ppm", "no report of the probe's says it");
    record.report = &report;
    assert_fails("drift>=400ppm", "no report of the probe's says it");
    report.raw_drift = (struct drift){.known = true, .best = {-500000, 100000}};
    assert_holds("drift>=400ppm", "-500.0 ppm +- 100.0 ppm");
    assert_fails("drift>=401ppm", "-500.0 ppm +- 100.0 ppm");
    report.raw_drift.best.value = 500000;
    assert_holds("drift>=400000ppb", "+500.0 ppm +- 100.0 ppm");
    assert_fails("drift>=501ppm", "+500.0 ppm +- 100.0 ppm");
    assert_int_equal(scenario.guests[0].checks.count, 0);
}

static void those_of_a_check_are_judged_by_the_report(void **unused)
{
    (void)unused;
    judge_one("cpus=2");
    assert_int_equal(verdicts.count, 2);
    assert_string_equal(verdicts.items[1].expectation->text, "cpus=2");
    assert_string_equal(verdicts.items[1].seen, "the guest sent no report");
    assert_int_equal(verdicts.items[1].result, VERDICT_FAILED);
    record.report = &report;
    report.cpus_online = 2;
    judge_one("cpus=2");
    assert_int_equal(verdicts.items[1].result, VERDICT_OK);
    report.cpus_online = 1;
    judge_one("cpus=2");
    assert_int_equal(verdicts.items[1].result, VERDICT_FAILED);
}

/* The clock gains 1 ms in the 10 s from 20 s on. */
static void give_samples(struct clock_samples *samples)
{
    samples->count = 0;
    for (unsigned i = 0; i < 50; i++)
        clock_samples_add(samples, (struct clock_sample){i * NS_PER_SEC,
                                                         i < 20   ? 0
                                                         : i < 30 ? (i - 20) * INT64_C(100000)
                                                                  : INT64_C(1000000),
                                                         1000});
    record.samples = samples;
}

static void samples_say_how_far_the_clock_was_off_and_when(void **unused)
{
    static struct clock_samples samples;

    (void)unused;
    assert_fails("offset<=1ms", "there is no sample of its clock then");
    give_samples(&samples);
    assert_holds("offset<=2us to 20s", "+0 ns +- 1.0 us, at 0 ns, in 21 samples");
    assert_fails("offset<=2us", "+1.0 ms +- 1.0 us, at 30.000 s, in 50 samples");
    assert_fails("offset<=1ms", "+1.0 ms +- 1.0 us, at 30.000 s, in 50 samples");
    assert_holds("offset>=999us from 20s", "+1.0 ms +- 1.0 us, at 30.000 s, in 30 samples");
    assert_fails("offset>=1ms", "+1.0 ms +- 1.0 us, at 30.000 s, in 50 samples");
    assert_fails("offset<=1s from 55s", "there is no sample of its clock then");
    assert_fails("offset<=1s to 61s", "the guest had ended before, at 60.000 s");
    assert_holds("drift>=99ppm from 20s to 30s", "+100.0 ppm +- 201 ppb, in 11 samples");
    assert_fails("drift>=100ppm from 20s to 30s", "+100.0 ppm +- 201 ppb, in 11 samples");
    assert_holds("drift<=1ppm from 30s", "+0 ppb +- 106 ppb, in 20 samples");
    assert_fails("drift<=1ppm within 10s of 20s", "+100.0 ppm +- 201 ppb, in 11 samples");
    assert_fails("drift<=1ppm at 20s", "its rate is not known, in 1 samples");
    samples.dropped = 1;
    assert_fails("offset<=2s",
                 "+1.0 ms +- 1.0 us, at 30.000 s, in 50 samples; not all of them were kept");
}

static void a_fault_that_chooses_says_by_which_seed(void **unused)
{
    (void)unused;
    read_with("\"seed\":12,\"timeline\":[{\"at\":\"1s\",\"fault\":\"irq.drop\",\"gsi\":4},"
              "{\"at\":\"1s\",\"fault\":\"irq.drop\",\"gsi\":5,\"seed\":3}]");
    record.entries[0] = (struct entry_record){.is_done = true, .at_ns = NS_PER_SEC};
    record.entries[1] = (struct entry_record){.is_done = true, .at_ns = NS_PER_SEC};
    scenario_judge(&scenario, 0, &record, &verdicts);
    assert_string_equal(verdicts.items[0].seen, "done at 1.000 s, with --seed 12");
    assert_string_equal(verdicts.items[0].numbers[1].name, "seed");
    assert_int_equal(verdicts.items[0].numbers[1].value, 12);
    assert_string_equal(verdicts.items[1].expectation->text, "1s irq.drop gsi=5 seed=3");
    assert_string_equal(verdicts.items[1].seen, "done at 1.000 s");
}

static void each_entry_was_done_left_out_or_too_late(void **unused)
{
    (void)unused;
    read_with("\"timeline\":[{\"at\":\"1s\",\"fault\":\"jump\",\"by\":\"1s\"},"
              "{\"at\":\"2s\",\"fault\":\"jump\",\"by\":\"2s\"},"
              "{\"at\":\"3s\",\"fault\":\"jump\",\"by\":\"3s\"}],"
              "\"expect\":[\"dmesg~x at fault1\",\"dmesg~x from fault3\"]");
    record.entries[0] = (struct entry_record){.is_done = true, .at_ns = NS_PER_SEC};
    record.entries[1] = (struct entry_record){.is_skipped = true, .why = "no TSC"};
    say(NS_PER_SEC, "x");
    scenario_judge(&scenario, 0, &record, &verdicts);
    assert_int_equal(verdicts.count, 6);
    assert_string_equal(verdicts.items[0].expectation->text, "1s jump by=1s");
    assert_string_equal(verdicts.items[0].seen, "done at 1.000 s");
    assert_int_equal(verdicts.items[0].result, VERDICT_OK);
    assert_string_equal(verdicts.items[1].seen, "no TSC");
    assert_int_equal(verdicts.items[1].result, VERDICT_NOT_APPLICABLE);
    assert_string_equal(verdicts.items[2].seen, "the guest ended before, at 60.000 s");
    assert_int_equal(verdicts.items[2].result, VERDICT_FAILED);
    assert_int_equal(verdicts.items[3].result, VERDICT_OK);
    assert_string_equal(verdicts.items[4].seen, "what its time counts from has not come");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_the_time_of_its_first_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_guest_writes_has_a_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_kernel_starts_where_its_lines_come_out_with_the_least_delay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_is_expected_in_a_span_or_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(no_line_is_expected_of_all_that_the_guest_could_write,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_clocksource_is_what_the_kernel_said_last, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_status_is_0_unless_another_is_expected, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_went_back_is_in_the_report, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rate_is_to_be_proven_to_be_off, setup, teardown),
        cmocka_unit_test_setup_teardown(those_of_a_check_are_judged_by_the_report, setup, teardown),
        cmocka_unit_test_setup_teardown(samples_say_how_far_the_clock_was_off_and_when, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_fault_that_chooses_says_by_which_seed, setup, teardown),
        cmocka_unit_test_setup_teardown(each_entry_was_done_left_out_or_too_late, setup, teardown),
    };

    return cmocka_run_group_tests_name("scenario_judge", tests, NULL, NULL);
}
