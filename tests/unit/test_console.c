/* SPDX-License-Identifier: BSD-2-Clause */
/* Host end of a serial port, on pipes: what is sent, refused, lost and received. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fake_clock.h"
#include "vmm/host/console.h"
#include "vmm/host/standard_fds.h"

#define PIPE_BYTES 65536

/* stdin, stdout and stderr of the program under test are pipes; here are our ends of them. */
struct rig {
    struct console console;
    struct event_loop loop;
    unsigned told;
    int saved_fds[3];
    int to_stdin;
    int from_stdout;
    int from_stderr;
};

static struct rig rig;

/* Makes fd one end of a new pipe and returns the other; end is 0 to read from fd, 1 to write. */
static int replace_by_pipe(int fd, int end)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    /* The program under test gets blocking descriptors, as from a shell. */
    assert_int_equal(fcntl(ends[end], F_SETFL, 0), 0);
    assert_int_equal(dup2(ends[end], fd), fd);
    close(ends[end]);
    return ends[1 - end];
}

static int rig_setup(void **unused)
{
    (void)unused;
    fflush(NULL);
    for (int fd = 0; fd < 3; fd++)
        rig.saved_fds[fd] = dup(fd);
    rig.to_stdin = replace_by_pipe(STDIN_FILENO, 0);
    rig.from_stdout = replace_by_pipe(STDOUT_FILENO, 1);
    rig.from_stderr = replace_by_pipe(STDERR_FILENO, 1);
    return 0;
}

static int rig_teardown(void **unused)
{
    (void)unused;
    fflush(NULL);
    for (int fd = 0; fd < 3; fd++) {
        dup2(rig.saved_fds[fd], fd);
        close(rig.saved_fds[fd]);
    }
    close(rig.to_stdin);
    close(rig.from_stdout);
    close(rig.from_stderr);
    return 0;
}

static void on_told(void *ctx, unsigned events)
{
    (void)ctx;
    rig.told |= events;
}

static void open_console(const char *name, enum console_kind kind, const char *path)
{
    fake_clock_reset();
    event_loop_init(&rig.loop);
    assert_int_equal(console_open(&rig.console, name, kind, path), 0);
    assert_int_equal(console_attach(&rig.console, &rig.loop, on_told, NULL), 0);
}

static void open_stdio(void)
{
    open_console("console", CONSOLE_STDIO, NULL);
}

/* One turn of the loop, without waiting; what the owner is told in it. */
static unsigned turn(void)
{
    rig.told = 0;
    assert_int_equal(event_loop_turn(&rig.loop, 0), 0);
    return rig.told;
}

/* Whether the loop would sleep now. */
static bool is_idle(void)
{
    struct pollfd fds[EVENT_LOOP_MAX_SOURCES];

    memcpy(fds, rig.loop.polled, sizeof fds);
    return poll(fds, EVENT_LOOP_MAX_SOURCES, 0) == 0;
}

static void put_text(const char *text)
{
    for (; *text != '\0'; text++)
        assert_true(console_put(&rig.console, (uint8_t)*text));
}

/* Puts until refused; returns how many bytes were taken. */
static size_t put_until_refused(void)
{
    size_t count = 0;

    while (console_put(&rig.console, 'z')) {
        count++;
        assert_true(count <= CONSOLE_OUTPUT_SIZE);
    }
    return count;
}

static size_t read_all(int fd)
{
    char bytes[4096];
    size_t total = 0;
    ssize_t count;

    while ((count = read(fd, bytes, sizeof bytes)) > 0)
        total += (size_t)count;
    return total;
}

static void assert_reads(int fd, const char *expected)
{
    char text[512] = "";

    assert_true(read(fd, text, sizeof text - 1) >= 0 || errno == EAGAIN);
    assert_string_equal(text, expected);
}

static void what_the_guest_sends_reaches_stdout_in_order(void **unused)
{
    (void)unused;
    open_stdio();
    put_text("hello, ");
    put_text("world\r\n");
    assert_true(console_output_pending(&rig.console));
    turn();
    assert_false(console_output_pending(&rig.console));
    assert_reads(rig.from_stdout, "hello, world\r\n");
    assert_true(is_idle());
    console_close(&rig.console);
}

static void a_stdout_that_nobody_reads_refuses_bytes_and_never_blocks(void **unused)
{
    (void)unused;
    open_stdio();
    assert_int_equal(put_until_refused(), CONSOLE_OUTPUT_SIZE);
    assert_int_equal(turn(), CONSOLE_ROOM);
    assert_int_equal(put_until_refused(), PIPE_BYTES);
    assert_int_equal(turn(), 0);
    assert_false(console_put(&rig.console, 'z'));
    assert_true(is_idle());
    assert_int_equal(read_all(rig.from_stdout), PIPE_BYTES);
    assert_int_equal(turn(), CONSOLE_ROOM);
    assert_true(console_put(&rig.console, 'z'));
    close(rig.from_stdout);
    rig.from_stdout = -1;
    console_close(&rig.console);
}

static void the_flags_of_the_shells_stdout_stay_as_they_were(void **unused)
{
    (void)unused;
    open_stdio();
    assert_int_equal(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
    console_close(&rig.console);
}

static void output_without_a_reader_is_counted_and_reported_once(void **unused)
{
    (void)unused;
    open_stdio();
    close(rig.from_stdout);
    rig.from_stdout = -1;
    put_text("lost");
    turn();
    put_text("too");
    turn();
    assert_int_equal(rig.console.output_lost_bytes, 7);
    assert_true(is_idle());
    console_close(&rig.console);
    assert_reads(rig.from_stderr, "minivmm: console: Broken pipe; what the guest sends from here "
                                  "on is lost\n"
                                  "minivmm: console: 7 bytes of the guest's output are lost\n");
}

static void a_full_disk_is_reported_and_the_guest_goes_on(void **unused)
{
    (void)unused;
    open_console("report", CONSOLE_FILE, "/dev/full");
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(put_until_refused(), CONSOLE_OUTPUT_SIZE);
        assert_int_equal(turn(), CONSOLE_ROOM);
        assert_true(is_idle());
    }
    assert_int_equal(rig.console.output_lost_bytes, 3 * CONSOLE_OUTPUT_SIZE);
    console_close(&rig.console);
    assert_reads(rig.from_stderr,
                 "minivmm: report: No space left on device; what the guest sends from here on is "
                 "lost\n"
                 "minivmm: report: 196608 bytes of the guest's output are lost\n");
}

static void a_file_that_cannot_be_created_is_an_error_with_its_name(void **unused)
{
    (void)unused;
    assert_int_equal(console_open(&rig.console, "report", CONSOLE_FILE, "/nowhere/r"), -ENOENT);
    assert_reads(rig.from_stderr,
                 "minivmm: report: cannot open '/nowhere/r': No such file or directory\n");
    assert_int_equal(console_open(&rig.console, "report", CONSOLE_FILE, "/tmp"), -EISDIR);
    assert_reads(rig.from_stderr, "minivmm: report: cannot open '/tmp': Is a directory\n");
}

static void a_file_is_truncated_and_takes_the_output(void **unused)
{
    char path[] = "/tmp/minivmm-test-XXXXXX";
    int fd = mkstemp(path);

    (void)unused;
    assert_int_equal(write(fd, "old and longer", 14), 14);
    open_console("console", CONSOLE_FILE, path);
    put_text("new");
    console_close(&rig.console);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_reads(fd, "new");
    close(fd);
    unlink(path);
}

static void no_console_takes_everything_and_gives_nothing(void **unused)
{
    uint8_t byte;

    (void)unused;
    open_console("console", CONSOLE_NONE, NULL);
    assert_int_equal(write(rig.to_stdin, "x", 1), 1);
    for (unsigned i = 0; i < 2 * CONSOLE_OUTPUT_SIZE; i++)
        assert_true(console_put(&rig.console, 'z'));
    assert_true(is_idle());
    assert_false(console_get(&rig.console, &byte));
    console_close(&rig.console);
    assert_reads(rig.from_stderr, "");
}

static void input_comes_as_it_was_sent_and_its_end_does_not_keep_the_loop_busy(void **unused)
{
    /* No terminal, so Ctrl-A x is two bytes like any others. */
    static const char sent[] = "a\001x\nb";
    uint8_t byte;

    (void)unused;
    open_stdio();
    assert_int_equal(write(rig.to_stdin, sent, strlen(sent)), strlen(sent));
    assert_int_equal(turn(), CONSOLE_INPUT);
    for (unsigned i = 0; i < strlen(sent); i++) {
        assert_true(console_get(&rig.console, &byte));
        assert_int_equal(byte, sent[i]);
    }
    assert_false(console_get(&rig.console, &byte));
    close(rig.to_stdin);
    rig.to_stdin = -1;
    assert_int_equal(turn(), 0);
    assert_true(is_idle());
    console_close(&rig.console);
}

static void stdin_is_left_alone_while_the_guest_takes_nothing(void **unused)
{
    char bytes[4096];
    uint8_t byte;

    (void)unused;
    memset(bytes, 'i', sizeof bytes);
    open_stdio();
    while (byte_ring_room(&rig.console.input) > 0) {
        /* More than the ring takes, until the pipe takes no more. */
        assert_true(write(rig.to_stdin, bytes, sizeof bytes) > 0 || errno == EAGAIN);
        assert_int_equal(turn(), CONSOLE_INPUT);
    }
    assert_true(is_idle());
    /* What the guest takes wakes the loop once half of the room is there, not at each byte. */
    for (unsigned i = 1; i < CONSOLE_INPUT_SIZE / 2; i++)
        assert_true(console_get(&rig.console, &byte));
    assert_true(is_idle());
    assert_true(console_get(&rig.console, &byte));
    assert_false(is_idle());
    assert_int_equal(turn(), 0);
    assert_int_equal(turn(), CONSOLE_INPUT);
    assert_true(byte_ring_used(&rig.console.input) > CONSOLE_INPUT_SIZE / 2);
    console_close(&rig.console);
}

static void closed_standard_descriptors_are_not_taken_by_other_files(void **unused)
{
    int fd;

    (void)unused;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    standard_fds_open();
    fd = open("/dev/null", O_RDONLY);
    assert_true(fd > STDERR_FILENO);
    close(fd);
    open_stdio();
    put_text("gone");
    turn();
    assert_true(is_idle());
    assert_int_equal(rig.console.output_lost_bytes, 4);
    console_close(&rig.console);
    assert_reads(rig.from_stderr,
                 "minivmm: console: Bad file descriptor; what the guest sends from here on is "
                 "lost\n"
                 "minivmm: console: 4 bytes of the guest's output are lost\n");
}

static struct CMUnitTest on_rig(const char *name, CMUnitTestFunction function)
{
    return (struct CMUnitTest){name, function, rig_setup, rig_teardown, NULL};
}

#define TEST(function) on_rig(#function, function)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_guest_sends_reaches_stdout_in_order),
        TEST(a_stdout_that_nobody_reads_refuses_bytes_and_never_blocks),
        TEST(the_flags_of_the_shells_stdout_stay_as_they_were),
        TEST(output_without_a_reader_is_counted_and_reported_once),
        TEST(a_full_disk_is_reported_and_the_guest_goes_on),
        TEST(a_file_that_cannot_be_created_is_an_error_with_its_name),
        TEST(a_file_is_truncated_and_takes_the_output),
        TEST(no_console_takes_everything_and_gives_nothing),
        TEST(input_comes_as_it_was_sent_and_its_end_does_not_keep_the_loop_busy),
        TEST(stdin_is_left_alone_while_the_guest_takes_nothing),
        TEST(closed_standard_descriptors_are_not_taken_by_other_files),
    };

    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
