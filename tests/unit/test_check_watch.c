/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept of a guest while it is checked. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "check/watch.h"

static struct watch watch;
static char report_bytes[WATCH_REPORT_BYTES];
static char tail[WATCH_CONSOLE_BYTES + 1];

static void print(const char *text)
{
    for (; *text != '\0'; text++)
        watch_console_byte(&watch, (uint8_t)*text);
}

static const char *last_lines(unsigned count)
{
    watch_console_tail(&watch, count, tail, sizeof tail);
    return tail;
}

static void the_last_lines_of_the_console_are_kept(void **unused)
{
    (void)unused;
    watch_init(&watch, report_bytes);
    assert_string_equal(last_lines(3), "");
    print("one\r\ntwo\r\nthree");
    assert_string_equal(last_lines(3), "one\ntwo\nthree");
    assert_string_equal(last_lines(2), "two\nthree");
    print("\n");
    assert_string_equal(last_lines(2), "two\nthree");
    print("\n\n");
    assert_string_equal(last_lines(2), "\n");
}

static void a_long_console_is_cut_at_its_start(void **unused)
{
    (void)unused;
    watch_init(&watch, report_bytes);
    for (unsigned i = 0; i < 3 * WATCH_CONSOLE_BYTES; i++)
        watch_console_byte(&watch, (uint8_t)('a' + i % 26));
    assert_int_equal(strlen(last_lines(2)), WATCH_CONSOLE_BYTES);
    assert_int_equal(tail[WATCH_CONSOLE_BYTES - 1], 'a' + (3 * WATCH_CONSOLE_BYTES - 1) % 26);
    print("\nend\n");
    assert_string_equal(last_lines(1), "end");
}

static void control_characters_of_the_console_are_not_shown(void **unused)
{
    (void)unused;
    watch_init(&watch, report_bytes);
    print("\033[31mred\a\xff\tx");
    assert_string_equal(last_lines(1), "?[31mred???x");
}

static void the_first_byte_on_com2_says_when_the_probe_began(void **unused)
{
    (void)unused;
    watch_init(&watch, report_bytes);
    assert_int_equal(watch.begun_ns, 0);
    watch_report_byte(&watch, 700, '\n');
    watch_report_byte(&watch, 900, '{');
    assert_int_equal(watch.begun_ns, 700);
    assert_int_equal(watch.report_bytes, 2);
    watch_init(&watch, report_bytes);
    watch_report_byte(&watch, 0, 'x');
    assert_int_equal(watch.begun_ns, 1);
}

static void a_flood_of_report_is_kept_until_it_is_too_long(void **unused)
{
    char error[64];
    struct report report;

    (void)unused;
    watch_init(&watch, report_bytes);
    for (unsigned i = 0; i < WATCH_REPORT_BYTES + 100; i++)
        watch_report_byte(&watch, 1, ' ');
    assert_int_equal(watch.report_bytes, WATCH_REPORT_BYTES);
    assert_int_equal(report_read(watch.report, watch.report_bytes, &report, error, sizeof error),
                     REPORT_TOO_MUCH);
}

static void the_stage_is_what_the_guest_has_shown_last(void **unused)
{
    (void)unused;
    watch_init(&watch, report_bytes);
    assert_int_equal(watch_stage(&watch, REPORT_NOTHING), WATCH_SILENT);
    print("x");
    assert_int_equal(watch_stage(&watch, REPORT_NOTHING), WATCH_KERNEL);
    watch_report_byte(&watch, 1, '\n');
    assert_int_equal(watch_stage(&watch, REPORT_NOTHING), WATCH_PROBE);
    assert_int_equal(watch_stage(&watch, REPORT_HALF), WATCH_REPORT);
    assert_int_equal(watch_stage(&watch, REPORT_READ), WATCH_DONE);
    assert_int_equal(watch_stage(&watch, REPORT_LIES), WATCH_DONE);
    assert_int_equal(watch_stage(&watch, REPORT_TOO_MUCH), WATCH_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_lines_of_the_console_are_kept),
        cmocka_unit_test(a_long_console_is_cut_at_its_start),
        cmocka_unit_test(control_characters_of_the_console_are_not_shown),
        cmocka_unit_test(the_first_byte_on_com2_says_when_the_probe_began),
        cmocka_unit_test(a_flood_of_report_is_kept_until_it_is_too_long),
        cmocka_unit_test(the_stage_is_what_the_guest_has_shown_last),
    };

    return cmocka_run_group_tests_name("check_watch", tests, NULL, NULL);
}
