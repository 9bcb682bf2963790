/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of the program, read from a pipe in place of stderr. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host/log.h"

static int saved_stderr_fd;
static int from_stderr_fd;

static int setup(void **unused)
{
    int ends[2];

    (void)unused;
    saved_stderr_fd = dup(STDERR_FILENO);
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    from_stderr_fd = ends[0];
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    dup2(saved_stderr_fd, STDERR_FILENO);
    close(saved_stderr_fd);
    close(from_stderr_fd);
    log_set_verbose(false);
    return 0;
}

static void assert_said(const char *expected)
{
    char text[4096] = "";

    assert_true(read(from_stderr_fd, text, sizeof text - 1) >= 0 || errno == EAGAIN);
    assert_string_equal(text, expected);
}

static void errors_and_notes_are_said_always_and_infos_only_with_verbose(void **unused)
{
    (void)unused;
    log_error("e %d", 1);
    log_note("n");
    log_info("i");
    assert_said("minivmm: e 1\nminivmm: n\n");
    log_set_verbose(true);
    log_info("i %s", "2");
    assert_said("minivmm: i 2\n");
}

static void a_message_is_one_line_whatever_it_names(void **unused)
{
    (void)unused;
    log_error("'%s'", "a\nb\033[31m\177\303\244");
    assert_said("minivmm: 'a?b?[31m?\303\244'\n");
}

static void a_long_message_is_cut_off_and_still_a_line(void **unused)
{
    char text[3000];
    char said[4096] = "";

    (void)unused;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    log_error("%s", text);
    assert_int_equal(read(from_stderr_fd, said, sizeof said), 1024);
    assert_int_equal(said[1023], '\n');
}

static void a_process_with_a_name_says_it(void **unused)
{
    (void)unused;
    log_set_name("clone 7: ");
    log_error("an error");
    log_set_name("a name of more bytes than there is room for");
    log_note("cut off");
    log_set_name("");
    assert_said("minivmm: clone 7: an error\n"
                "minivmm: a name of more bytes than therecut off\n");
}

static void errno_survives_a_message(void **unused)
{
    (void)unused;
    errno = ENOENT;
    close(STDERR_FILENO);
    log_error("nobody hears this");
    assert_int_equal(errno, ENOENT);
}

static void a_guest_mistake_is_described_once_and_counted_always(void **unused)
{
    static struct log_tally often = {.what = "MSR write refused"};
    static struct log_tally once = {.what = "message without a receiver"};

    (void)unused;
    log_set_verbose(true);
    for (unsigned value = 0x80; value < 0x83; value++)
        log_guest(&often, "0x%x", value);
    log_guest(&once, "0xfee00000");
    log_guest_counts();
    assert_said("minivmm: guest: MSR write refused: 0x80\n"
                "minivmm: guest: message without a receiver: 0xfee00000\n"
                "minivmm: guest: MSR write refused: 3 times\n");
}

static void guest_mistakes_are_silent_without_verbose(void **unused)
{
    static struct log_tally tally = {.what = "x"};

    (void)unused;
    log_guest(&tally, "y");
    log_guest(&tally, "z");
    log_guest_counts();
    assert_int_equal(tally.count, 2);
    assert_said("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            errors_and_notes_are_said_always_and_infos_only_with_verbose, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_is_one_line_whatever_it_names, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_message_is_cut_off_and_still_a_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_process_with_a_name_says_it, setup, teardown),
        cmocka_unit_test_setup_teardown(errno_survives_a_message, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_mistake_is_described_once_and_counted_always, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(guest_mistakes_are_silent_without_verbose, setup, teardown),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
