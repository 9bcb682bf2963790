/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw mode, on a pseudo-terminal: each test runs a child whose controlling terminal it is, and
 * looks at the terminal's settings from the other end.
 */
#include "tests/unit/unit.h"

#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "vmm/host/console.h"
#include "vmm/host/log.h"
#include "vmm/host/terminal.h"

/* How long an event may take that is sure to come. */
#define PATIENCE_MS 10000

static struct console console;
static struct event_loop loop;
static unsigned told;

static void on_told(void *ctx, unsigned events)
{
    (void)ctx;
    told |= events;
}

static bool open_console(void)
{
    return console_open(&console, "console", CONSOLE_STDIO, NULL) == 0 &&
           console_attach(&console, &loop, on_told, NULL) == 0;
}

/* One turn of the loop; what the owner is told in it. */
static unsigned console_turn_within(unsigned timeout_ms)
{
    told = 0;
    return event_loop_turn(&loop, timeout_ms * NS_PER_SEC / 1000) == 0 ? told : 0;
}

/* Both stay open in the test: the settings go with the last process that uses an end. */
struct pty {
    int master;
    int slave;
};

/* Starts a child on a new terminal; body's return value is its exit status. */
static pid_t start_on_terminal(struct pty *pty, int (*body)(int master))
{
    pid_t child;

    assert_int_equal(openpty(&pty->master, &pty->slave, NULL, NULL, NULL), 0);
    fake_clock_reset();
    event_loop_init(&loop);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (login_tty(pty->slave) != 0)
            _exit(99);
        exit(body(pty->master));
    }
    return child;
}

static int wait_status_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void pty_close(const struct pty *pty)
{
    close(pty->master);
    close(pty->slave);
}

static bool is_raw(int terminal)
{
    struct termios settings;

    return tcgetattr(terminal, &settings) == 0 &&
           (settings.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (settings.c_oflag & OPOST) == 0;
}

static bool is_cooked(int terminal)
{
    struct termios settings;

    return tcgetattr(terminal, &settings) == 0 &&
           (settings.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG) &&
           (settings.c_oflag & OPOST) != 0;
}

static void no_core_file(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static int make_raw_and_restore(int master)
{
    if (!is_cooked(master) || !terminal_make_raw() || !terminal_is_raw() || !is_raw(master))
        return 1;
    terminal_restore();
    terminal_restore();
    return terminal_is_raw() || !is_cooked(master);
}

static int make_raw_and_exit(int master)
{
    (void)master;
    return terminal_make_raw() ? 0 : 1;
}

static int make_raw_and_abort(int master)
{
    (void)master;
    no_core_file();
    if (terminal_make_raw())
        abort();
    return 1;
}

static int make_raw_and_get_sigsegv(int master)
{
    (void)master;
    no_core_file();
    if (terminal_make_raw())
        raise(SIGSEGV);
    return 1;
}

static int make_raw_and_get_sigquit(int master)
{
    (void)master;
    no_core_file();
    if (terminal_make_raw())
        kill(getpid(), SIGQUIT);
    return 1;
}

static int make_raw_again_after_the_shell_changed_it(int master)
{
    struct termios settings;

    if (!terminal_make_raw() || tcgetattr(master, &settings) != 0)
        return 1;
    settings.c_lflag |= ICANON | ECHO;
    if (tcsetattr(master, TCSANOW, &settings) != 0 || is_raw(master))
        return 2;
    return terminal_make_raw() && is_raw(master) ? 0 : 3;
}

/* A background child is not stopped, leaves the terminal alone, and its console does not read it.
 */
static int open_console_in_background(int master)
{
    setpgid(0, 0);
    signal(SIGTTOU, SIG_DFL);
    if (terminal_make_raw() || !open_console())
        return 1;
    if (!is_cooked(master) || console.interactive || write(master, "x\n", 2) != 2)
        return 2;
    if (console_turn_within(0) != 0 || byte_ring_used(&console.input) != 0)
        return 3;
    console_close(&console);
    return !is_cooked(master);
}

/* In a child that can leave the foreground: the leader of a session cannot. */
static int run_in_job(int master, int (*body)(int master))
{
    int status;
    pid_t child = fork();

    if (child == 0)
        exit(body(master));
    if (child < 0 || waitpid(child, &status, WUNTRACED) != child)
        return 97;
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        return 98;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

static int run_in_background(int master)
{
    return run_in_job(master, open_console_in_background);
}

static int type_the_escape_key(int master)
{
    uint8_t byte;

    if (!open_console() || !is_raw(master) || write(master, "\003\001\001\001b", 5) != 5)
        return 1;
    if (console_turn_within(PATIENCE_MS) != CONSOLE_INPUT)
        return 2;
    if (!console_get(&console, &byte) || byte != 3 || !console_get(&console, &byte) || byte != 1)
        return 3;
    if (console_get(&console, &byte) || !console_get_break(&console))
        return 4;
    if (write(master, "\001x", 2) != 2 || console_turn_within(PATIENCE_MS) != CONSOLE_END)
        return 5;
    console_close(&console);
    return !is_cooked(master);
}

/* The guest takes nothing. */
static int type_more_than_fits_and_the_escape_key(int master)
{
    char keys[256];
    unsigned events = CONSOLE_INPUT;

    memset(keys, 'k', sizeof keys);
    if (!open_console())
        return 1;
    while (console.input_lost_bytes == 0) {
        if (write(master, keys, sizeof keys) != (ssize_t)sizeof keys ||
            console_turn_within(PATIENCE_MS) != CONSOLE_INPUT)
            return 2;
    }
    if (byte_ring_room(&console.input) != 0 || write(master, "\001x", 2) != 2)
        return 3;
    while (events == CONSOLE_INPUT)
        events = console_turn_within(PATIENCE_MS);
    console_close(&console);
    return events == CONSOLE_END ? 0 : 4;
}

/* As a SIGCONT, served before the console. */
static void on_put_into_background(void *ctx, short revents)
{
    (void)revents;
    event_source_remove(ctx);
    setpgid(0, 0);
    console_resume(&console);
}

/* A key arrives in the turn of the main loop in which the process loses the terminal. */
static int lose_the_foreground_with_a_key_at_hand(int master)
{
    struct event_source signals;
    struct pollfd key = {.fd = STDIN_FILENO, .events = POLLIN};
    uint8_t byte;

    event_source_add(&loop, &signals, eventfd(1, EFD_CLOEXEC), POLLIN, on_put_into_background,
                     &signals);
    if (!open_console() || write(master, "x", 1) != 1)
        return 1;
    if (console.foreground_deadline.at_ns != TIME_NEVER_NS || poll(&key, 1, PATIENCE_MS) != 1)
        return 2;
    if (console_turn_within(PATIENCE_MS) != 0 || console.input_fd < 0 || !console.input_paused)
        return 3;
    if (console_turn_within(0) != 0 || console.foreground_deadline.at_ns == TIME_NEVER_NS)
        return 4;
    /* As the fg of a shell, of which nothing but time tells. */
    fake_clock_pass_ns(console.foreground_deadline.at_ns);
    if (tcsetpgrp(STDIN_FILENO, getpgrp()) != 0 || console_turn_within(0) != 0)
        return 5;
    if (console_turn_within(PATIENCE_MS) != CONSOLE_INPUT || !console_get(&console, &byte))
        return 6;
    console_close(&console);
    return byte == 'x' && is_cooked(master) ? 0 : 7;
}

static int lose_the_foreground(int master)
{
    return run_in_job(master, lose_the_foreground_with_a_key_at_hand);
}

/* A write that waits is ended by the alarm, and with it the child. */
static int send_to_a_terminal_that_nobody_reads(int master)
{
    size_t sent = 0;

    (void)master;
    alarm(10);
    if (!open_console())
        return 1;
    while (console_put(&console, 'z'))
        sent++;
    for (unsigned i = 0; i < 100; i++)
        console_turn_within(0);
    while (console_put(&console, 'z'))
        sent++;
    /* Some fitted the terminal, the rest waits. */
    return sent > CONSOLE_OUTPUT_SIZE && console_output_pending(&console) ? 0 : 2;
}

/* The terminal is gone when the test has closed its end, too. */
static int lose_the_terminal(int master)
{
    signal(SIGHUP, SIG_IGN);
    if (!open_console() || !console.interactive)
        return 1;
    close(master);
    return console_turn_within(PATIENCE_MS) == CONSOLE_END ? 0 : 2;
}

static int log_while_raw(int master)
{
    (void)master;
    if (!terminal_make_raw())
        return 1;
    log_error("raw %s", "line");
    terminal_restore();
    log_error("cooked\nline");
    return 0;
}

static void assert_restored_after(int (*body)(int master), int expected_status)
{
    struct pty pty;
    pid_t child = start_on_terminal(&pty, body);

    assert_int_equal(wait_status_of(child), expected_status);
    assert_true(is_cooked(pty.master));
    pty_close(&pty);
}

static void raw_mode_is_left_by_restore(void **unused)
{
    (void)unused;
    assert_restored_after(make_raw_and_restore, 0);
}

static void raw_mode_is_left_by_exit(void **unused)
{
    (void)unused;
    assert_restored_after(make_raw_and_exit, 0);
}

static void raw_mode_is_left_by_a_failed_assertion(void **unused)
{
    (void)unused;
    assert_restored_after(make_raw_and_abort, SIGABRT);
}

static void raw_mode_is_left_by_a_crash_that_still_looks_like_one(void **unused)
{
    (void)unused;
    assert_restored_after(make_raw_and_get_sigsegv, SIGSEGV);
}

static void raw_mode_is_left_by_a_signal_that_nobody_takes(void **unused)
{
    (void)unused;
    assert_restored_after(make_raw_and_get_sigquit, SIGQUIT);
}

static void raw_mode_can_be_taken_again_and_then_left(void **unused)
{
    (void)unused;
    assert_restored_after(make_raw_again_after_the_shell_changed_it, 0);
}

static void a_background_process_is_not_stopped_and_leaves_the_terminal_alone(void **unused)
{
    (void)unused;
    assert_restored_after(run_in_background, 0);
}

static void the_escape_key_ends_and_ctrl_c_is_the_guests(void **unused)
{
    (void)unused;
    assert_restored_after(type_the_escape_key, 0);
}

static void the_escape_key_works_where_the_guest_takes_no_keys(void **unused)
{
    (void)unused;
    assert_restored_after(type_more_than_fits_and_the_escape_key, 0);
}

static void keys_come_again_when_the_process_is_in_the_foreground_again(void **unused)
{
    (void)unused;
    assert_restored_after(lose_the_foreground, 0);
}

static void a_terminal_that_nobody_reads_does_not_block(void **unused)
{
    (void)unused;
    assert_restored_after(send_to_a_terminal_that_nobody_reads, 0);
}

static void lines_end_with_a_carriage_return_only_while_raw(void **unused)
{
    char text[128] = "";
    size_t length = 0;
    ssize_t count;
    struct pty pty;
    pid_t child = start_on_terminal(&pty, log_while_raw);

    (void)unused;
    assert_int_equal(wait_status_of(child), 0);
    close(pty.slave);
    pty.slave = -1;
    /* One read gives as much as the terminal has passed on; the end, with no slave left, is EIO. */
    while ((count = read(pty.master, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)count;
    /* The cooked terminal itself turns "\n" into "\r\n". */
    assert_string_equal(text, "minivmm: raw line\r\nminivmm: cooked?line\r\n");
    pty_close(&pty);
}

static void a_terminal_that_is_gone_ends_the_run(void **unused)
{
    struct pty pty;
    pid_t child = start_on_terminal(&pty, lose_the_terminal);

    (void)unused;
    pty_close(&pty);
    assert_int_equal(wait_status_of(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_mode_is_left_by_restore),
        cmocka_unit_test(raw_mode_is_left_by_exit),
        cmocka_unit_test(raw_mode_is_left_by_a_failed_assertion),
        cmocka_unit_test(raw_mode_is_left_by_a_crash_that_still_looks_like_one),
        cmocka_unit_test(raw_mode_is_left_by_a_signal_that_nobody_takes),
        cmocka_unit_test(raw_mode_can_be_taken_again_and_then_left),
        cmocka_unit_test(a_background_process_is_not_stopped_and_leaves_the_terminal_alone),
        cmocka_unit_test(the_escape_key_ends_and_ctrl_c_is_the_guests),
        cmocka_unit_test(the_escape_key_works_where_the_guest_takes_no_keys),
        cmocka_unit_test(keys_come_again_when_the_process_is_in_the_foreground_again),
        cmocka_unit_test(a_terminal_that_nobody_reads_does_not_block),
        cmocka_unit_test(lines_end_with_a_carriage_return_only_while_raw),
        cmocka_unit_test(a_terminal_that_is_gone_ends_the_run),
    };

    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
