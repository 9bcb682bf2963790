/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages on a stderr that is a pipe: full, read late, or left by its reader. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/log_writer.h"

static int saved_stderr_fd;
static int from_stderr_fd;
static struct event_loop loop;

/* stderr is a pipe that blocks, as from a shell; our end does not. */
static int setup(void **unused)
{
    int ends[2];

    (void)unused;
    saved_stderr_fd = dup(STDERR_FILENO);
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    from_stderr_fd = ends[0];
    fake_clock_reset();
    event_loop_init(&loop);
    assert_int_equal(log_writer_attach(&loop, NULL, NULL), 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    log_writer_detach();
    dup2(saved_stderr_fd, STDERR_FILENO);
    close(saved_stderr_fd);
    close(from_stderr_fd);
    return 0;
}

static void fill_stderr(void)
{
    static const char zeros[4096];

    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDERR_FILENO, zeros, sizeof zeros) > 0)
        ;
    fcntl(STDERR_FILENO, F_SETFL, 0);
}

static void empty_stderr(void)
{
    char bytes[4096];

    while (read(from_stderr_fd, bytes, sizeof bytes) > 0)
        ;
}

static void assert_said(const char *expected)
{
    char text[4096] = "";

    if (read(from_stderr_fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    assert_string_equal(text, expected);
}

static void the_loop_writes_what_any_thread_has_put(void **unused)
{
    (void)unused;
    log_writer_put("one");
    log_writer_put("two");
    assert_said("");
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_said("one\ntwo\n");
}

static void a_full_pipe_blocks_nobody_and_gets_the_message_later(void **unused)
{
    (void)unused;
    fill_stderr();
    log_writer_put("late");
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    empty_stderr();
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_said("late\n");
}

static void what_is_left_is_written_when_the_loop_goes_and_at_the_end(void **unused)
{
    (void)unused;
    log_writer_put("left");
    log_writer_detach();
    assert_said("left\n");
    fill_stderr();
    log_writer_put("lost to nobody");
    log_writer_close(0);
    empty_stderr();
    log_writer_close(0);
    assert_said("lost to nobody\n");
}

static void a_reader_that_is_gone_leaves_nothing_to_wait_for(void **unused)
{
    (void)unused;
    signal(SIGPIPE, SIG_IGN);
    close(from_stderr_fd);
    from_stderr_fd = open("/dev/null", O_RDONLY);
    log_writer_put("to nobody");
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    log_writer_detach();
    log_writer_close(-1);
}

static void a_message_waits_for_the_end_of_the_guests_line(void **unused)
{
    (void)unused;
    log_writer_guest_line(true);
    log_writer_put("message");
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_said("");
    log_writer_guest_line(false);
    assert_said("message\n");
    assert_int_equal(event_loop_left_ns(&loop, 0), TIME_NEVER_NS);
}

static void a_guest_that_does_not_end_its_line_has_it_broken(void **unused)
{
    (void)unused;
    log_writer_guest_line(true);
    log_writer_put("one");
    log_writer_put("two");
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    fake_clock_advance_ns(LOG_WRITER_LINE_WAIT_NS - 1);
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_said("");
    fake_clock_advance_ns(1);
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_said("\none\ntwo\n");
    log_writer_guest_line(true);
    log_writer_put("waits again");
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_said("");
    log_writer_detach();
    assert_said("\nwaits again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_loop_writes_what_any_thread_has_put, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_pipe_blocks_nobody_and_gets_the_message_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_left_is_written_when_the_loop_goes_and_at_the_end,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_waits_for_the_end_of_the_guests_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_guest_that_does_not_end_its_line_has_it_broken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_reader_that_is_gone_leaves_nothing_to_wait_for, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("log_writer", tests, NULL, NULL);
}
