/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's options on the kernel command line. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/probe_orders.h"
#include "guest-images/probe/options.h"

static char problem_bytes[400];

static struct probe_options parse(const char *command_line)
{
    struct text problems;

    text_init(&problems, problem_bytes, sizeof(problem_bytes));
    return probe_options_parse(command_line, &problems);
}

static void defaults_hold_when_nothing_is_said(void **unused)
{
    struct probe_options options = parse("console=ttyS0 quiet panic=-1 -- word probes probe");

    (void)unused;
    assert_int_equal(options.seconds, 2);
    assert_int_equal(options.action, ACTION_POWEROFF);
    assert_int_equal(options.exit_value, 0);
    assert_true(options.wall_is_host);
    assert_false(options.chosen_only);
    assert_int_equal(options.within_ppb, 0);
    assert_int_equal(options.sleep_seconds, 0);
    assert_int_equal(options.reads, 0);
    assert_int_equal(options.sample_hz, 0);
    assert_int_equal(options.rate_num, 1);
    assert_int_equal(options.rate_den, 1);
    assert_false(options.measures_nothing);
    assert_true(options.table_wanted);
    assert_false(options.orders_wanted);
    assert_true(options.reference_wanted);
    assert_string_equal(problem_bytes, "");
}

static void options_are_words_anywhere_on_the_line(void **unused)
{
    struct probe_options options =
        parse("probe.seconds=0 quiet probe.action=exit -- probe.value=255 probe.wall=any "
              "probe.scope=chosen probe.within=25 probe.sleep=3600 probe.reads=10000000 "
              "probe.table=none probe.reference=none probe.sample=1000 "
              "probe.rate=1/10\n");

    (void)unused;
    assert_int_equal(options.seconds, 0);
    assert_int_equal(options.action, ACTION_DEBUG_EXIT);
    assert_int_equal(options.exit_value, 255);
    assert_false(options.wall_is_host);
    assert_true(options.chosen_only);
    assert_int_equal(options.within_ppb, 25);
    assert_int_equal(options.sleep_seconds, 3600);
    assert_int_equal(options.reads, 10000000);
    assert_int_equal(options.sample_hz, 1000);
    assert_int_equal(options.rate_num, 1);
    assert_int_equal(options.rate_den, 10);
    assert_false(options.table_wanted);
    assert_false(options.reference_wanted);
    assert_string_equal(problem_bytes, "");
}

static void a_word_counts_as_it_is_said_last(void **unused)
{
    struct probe_options options = parse(PROBE_ORDERS_WORD " probe.within=9 probe.within=7");

    (void)unused;
    assert_true(options.orders_wanted);
    assert_int_equal(options.within_ppb, 7);
    assert_false(parse(PROBE_ORDERS_WORD " probe.orders=none").orders_wanted);
}

static void every_action_has_its_word(void **unused)
{
    (void)unused;
    assert_int_equal(parse("probe.action=poweroff").action, ACTION_POWEROFF);
    assert_int_equal(parse("probe.action=reboot").action, ACTION_REBOOT);
    assert_int_equal(parse("probe.action=panic").action, ACTION_PANIC);
    assert_int_equal(parse("probe.action=hang").action, ACTION_HANG);
}

static void the_last_of_two_words_counts(void **unused)
{
    (void)unused;
    assert_int_equal(parse("probe.seconds=5 probe.seconds=7").seconds, 7);
}

static void a_word_that_is_not_understood_is_named_and_changes_nothing(void **unused)
{
    static const char *const words[] = {
        "probe.",
        "probe.seconds",
        "probe.seconds=",
        "probe.seconds=3601",
        "probe.seconds=2s",
        "probe.seconds=-1",
        "probe.value=256",
        "probe.action=poweroffs",
        "probe.action=",
        "probe.wall=guest",
        "probe.scope=some",
        "probe.within=1000000001",
        "probe.within=-1",
        "probe.sleep=3601",
        "probe.reads=1000000001",
        "probe.reads=many",
        "probe.table=no",
        "probe.nosuch=1",
        "probe.=",
        "probe.seconds=99999999999999999999999",
        "probe.value=18446744073709551616",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct probe_options options = parse(words[i]);

        assert_int_equal(options.seconds, 2);
        assert_int_equal(options.action, ACTION_POWEROFF);
        assert_int_equal(options.exit_value, 0);
        assert_true(options.wall_is_host);
        assert_non_null(strstr(problem_bytes, words[i]));
    }
}

static void many_bad_words_do_not_overflow_the_problems(void **unused)
{
    char line[2048];

    (void)unused;
    for (size_t i = 0; i + 8 < sizeof(line); i += 8)
        memcpy(line + i, "probe.x ", 8);
    memset(line + sizeof(line) - 8, '\0', 8);
    parse(line);
    assert_int_equal(strlen(problem_bytes), sizeof(problem_bytes) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_when_nothing_is_said),
        cmocka_unit_test(options_are_words_anywhere_on_the_line),
        cmocka_unit_test(a_word_counts_as_it_is_said_last),
        cmocka_unit_test(every_action_has_its_word),
        cmocka_unit_test(the_last_of_two_words_counts),
        cmocka_unit_test(a_word_that_is_not_understood_is_named_and_changes_nothing),
        cmocka_unit_test(many_bad_words_do_not_overflow_the_problems),
    };

    return cmocka_run_group_tests_name("probe_options", tests, NULL, NULL);
}
