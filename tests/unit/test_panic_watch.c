/* SPDX-License-Identifier: BSD-2-Clause */
/* Panic watch over a console's output. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/machine/panic_watch.h"

static void feed(struct panic_watch *watch, const char *text)
{
    for (; *text != '\0'; text++)
        panic_watch_byte(watch, (uint8_t)*text);
}

/* How often a byte of the text is told to end the line of the first panic. */
static unsigned told_in(const char *text)
{
    struct panic_watch watch = {0};
    unsigned told = 0;

    for (; *text != '\0'; text++)
        told += panic_watch_byte(&watch, (uint8_t)*text);
    return told;
}

static void the_kernels_first_panic_is_told_once_by_the_end_of_its_line(void **unused)
{
    (void)unused;
    assert_int_equal(told_in("[ 1.0] Kernel panic - not syncing: x"), 0);
    assert_int_equal(told_in("[ 1.0] Kernel panic - not syncing: x\r\n"), 1);
    assert_int_equal(
        told_in("[ 1.0] Kernel panic - not syncing: x\n[ 1.1] reboot: Restarting system\n"
                "[ 1.2] Kernel panic - not syncing: y\n"),
        1);
    assert_int_equal(told_in("Kernel panic - not syncing: x\n[ 1.1] reboot: Restarting system\n"),
                     0);
}

static const char *reason_in(const char *text)
{
    static struct panic_watch watch;

    watch = (struct panic_watch){0};
    feed(&watch, text);
    return panic_watch_reason(&watch);
}

#define STAMP "[    4.200000] "

static bool tells_of_panic(const char *text)
{
    struct panic_watch watch = {0};

    feed(&watch, text);
    return panic_watch_has_panicked(&watch);
}

static void the_reason_is_the_rest_of_the_line(void **unused)
{
    (void)unused;
    assert_string_equal(reason_in(STAMP "Kernel panic - not syncing: VFS: no root\r\n"),
                        "VFS: no root");
    assert_string_equal(reason_in("a\nKernel panic - not syncing: sysrq\n" STAMP "CPU: 0\n"),
                        "sysrq");
    assert_string_equal(
        reason_in("login: [ 1234.000001][    T1] Kernel panic - not syncing: x\r\n"), "x");
    assert_string_equal(reason_in(STAMP "Kernel panic - not syncing: \r\n"), "");
}

static void a_panic_is_the_kernels_own_line_with_its_time_stamp(void **unused)
{
    (void)unused;
    assert_true(tells_of_panic(STAMP "Kernel panic - not syncing: x\n"));
    assert_true(tells_of_panic("login: " STAMP "Kernel panic - not syncing: x\n"));
    assert_true(tells_of_panic("[ 1234.000001][    T1] Kernel panic - not syncing: x\n"));
    assert_true(tells_of_panic("[ 1234.000001][   C12] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[.000001] Kernel panic - not syncing: x\n"));
    assert_true(tells_of_panic("[1.2] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[    4.] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[    4.2 ] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[    42] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[    4 200000] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[test] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("[    T1] Kernel panic - not syncing: x\n"));
    assert_false(tells_of_panic("] Kernel panic - not syncing: x\n"));
}

/* A program has printed the log of an earlier panic, say. */
static void a_restart_in_order_takes_back_what_was_said_of_a_panic_before(void **unused)
{
    (void)unused;
    assert_false(tells_of_panic(STAMP "Kernel panic - not syncing: x\n" STAMP
                                      "reboot: Restarting system\n"));
    assert_false(
        tells_of_panic(STAMP "Kernel panic - not syncing: x\n" STAMP "reboot: Power down\n"));
    assert_true(tells_of_panic(STAMP "Kernel panic - not syncing: x\n"
                                     "reboot: Restarting system\n"));
    assert_true(tells_of_panic(STAMP "reboot: Restarting system\n" STAMP
                                     "Kernel panic - not syncing: x\n"));
}

static void text_inside_a_message_is_not_a_panic(void **unused)
{
    (void)unused;
    assert_null(reason_in("He said: Kernel panic - not syncing: joke\r\n"));
    assert_null(reason_in("[1.0] ---[ end Kernel panic - not syncing: x ]---\r\n"));
    assert_null(reason_in("Kernel panic\r\n - not syncing: x\r\n"));
    assert_null(reason_in(" Kernel panic - not syncing: x\r\n"));
}

static bool is_restarting_after(const char *text)
{
    struct panic_watch watch = {0};

    feed(&watch, text);
    return panic_watch_is_restarting(&watch);
}

static void a_restart_is_the_kernels_own_line(void **unused)
{
    (void)unused;
    assert_true(is_restarting_after(STAMP "reboot: Restarting system\r\n"));
    assert_true(is_restarting_after(STAMP "reboot: Restarting system with command 'x'\n" STAMP
                                          "reboot: machine restart\n"));
    assert_false(is_restarting_after(STAMP "reboot: Power down\r\n"));
    assert_false(is_restarting_after("reboot: Restarting system\r\n"));
    assert_false(is_restarting_after("he said reboot: Restarting system\r\n"));
    assert_false(is_restarting_after(STAMP "reboot: Restarting system"));
    assert_false(is_restarting_after(STAMP "reboot: Restarting system\n" STAMP
                                           "Kernel panic - not syncing: x\n"));
}

static void nothing_is_found_before_the_end_of_the_line(void **unused)
{
    (void)unused;
    assert_null(reason_in("Kernel panic - not syncing: half"));
}

static void the_first_panic_is_kept(void **unused)
{
    (void)unused;
    assert_string_equal(reason_in(STAMP "Kernel panic - not syncing: 1st\n" STAMP
                                        "Kernel panic - not syncing: 2nd\n"),
                        "1st");
    assert_string_equal(reason_in("Kernel panic - not syncing: text\n" STAMP
                                  "Kernel panic - not syncing: 1st\n"
                                  "Kernel panic - not syncing: more text\n"),
                        "1st");
}

static void bytes_that_are_not_printable_are_shown_as_question_marks(void **unused)
{
    (void)unused;
    assert_string_equal(reason_in("Kernel panic - not syncing: \033[31mred\377\t.\n"),
                        "?[31mred??.");
}

static void a_line_without_end_is_bounded_and_the_next_one_is_seen(void **unused)
{
    struct panic_watch watch = {0};
    const char *reason;

    (void)unused;
    for (unsigned i = 0; i < 100000; i++)
        panic_watch_byte(&watch, 'a');
    assert_null(panic_watch_reason(&watch));
    feed(&watch, "\nKernel panic - not syncing: ");
    for (unsigned i = 0; i < 100000; i++)
        panic_watch_byte(&watch, 'b');
    feed(&watch, "\n");
    reason = panic_watch_reason(&watch);
    assert_non_null(reason);
    assert_int_equal(strspn(reason, "b"), strlen(reason));
    assert_int_equal(strlen(reason),
                     PANIC_WATCH_LINE_SIZE - 1 - strlen("Kernel panic - not syncing: "));
}

static void a_zero_byte_does_not_hide_what_follows_it(void **unused)
{
    struct panic_watch watch = {0};

    (void)unused;
    panic_watch_byte(&watch, 0);
    feed(&watch, "Kernel panic - not syncing: x\n");
    assert_string_equal(panic_watch_reason(&watch), "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernels_first_panic_is_told_once_by_the_end_of_its_line),
        cmocka_unit_test(the_reason_is_the_rest_of_the_line),
        cmocka_unit_test(a_panic_is_the_kernels_own_line_with_its_time_stamp),
        cmocka_unit_test(a_restart_in_order_takes_back_what_was_said_of_a_panic_before),
        cmocka_unit_test(text_inside_a_message_is_not_a_panic),
        cmocka_unit_test(a_restart_is_the_kernels_own_line),
        cmocka_unit_test(nothing_is_found_before_the_end_of_the_line),
        cmocka_unit_test(the_first_panic_is_kept),
        cmocka_unit_test(bytes_that_are_not_printable_are_shown_as_question_marks),
        cmocka_unit_test(a_line_without_end_is_bounded_and_the_next_one_is_seen),
        cmocka_unit_test(a_zero_byte_does_not_hide_what_follows_it),
    };

    return cmocka_run_group_tests_name("panic_watch", tests, NULL, NULL);
}
