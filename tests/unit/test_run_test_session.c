/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's end of the stream of run-test: its frames become output, input and an end. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/fake_clock.h"
#include "vmm/cmd/run_test_session.h"
#include "vmm/host/stream_pair.h"
#include "vmm/machine/machine.h"

#define BYTES(text)    (text), sizeof(text) - 1
#define BEGUN          "B\x0d\0minivmm-run-1"
#define PIPE_BYTES     65536
#define OUTPUT_WAIT_NS UINT64_C(60000000000)
#define TURNS          8

static struct machine machine;
static struct run_test_session session;
static struct event_loop loop;
static int saved_fds[3], far_fds[3];
static int guest_fd, host_fd;

/* fd becomes one end of a pipe; end is 0 to read from it. The other end does not block. */
static int replace_by_pipe(int fd, int end)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[end], F_SETFL, 0), 0);
    dup2(ends[end], fd);
    close(ends[end]);
    return ends[1 - end];
}

static int setup(void **unused)
{
    (void)unused;
    fake_clock_reset();
    fflush(NULL);
    for (int fd = 0; fd < 3; fd++) {
        saved_fds[fd] = dup(fd);
        far_fds[fd] = replace_by_pipe(fd, fd > 0);
    }
    machine = (struct machine){.end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    event_loop_init(&loop);
    assert_int_equal(stream_pair_open(&guest_fd, &host_fd), 0);
    run_test_session_init(&session, &machine, "program", NULL, host_fd, OUTPUT_WAIT_NS);
    assert_int_equal(run_test_session_attach(&session, &loop), 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    run_test_session_detach(&session);
    fflush(NULL);
    for (int fd = 0; fd < 3; fd++) {
        dup2(saved_fds[fd], fd);
        close(saved_fds[fd]);
        close(far_fds[fd]);
    }
    close(machine.end_fd);
    close(guest_fd);
    close(host_fd);
    return 0;
}

static void turn(void)
{
    for (int i = 0; i < TURNS; i++)
        assert_int_equal(event_loop_turn(&loop, 0), 0);
}

static void guest_sends(const char *bytes, size_t count)
{
    assert_int_equal(write(guest_fd, bytes, count), count);
    turn();
}

/* What has come out of the other end of a descriptor of ours. */
static const char *taken_from(int fd)
{
    static char bytes[PIPE_BYTES + 1];
    ssize_t count = read(fd, bytes, PIPE_BYTES);

    bytes[count > 0 ? count : 0] = '\0';
    return bytes;
}

static void assert_end(int status, const char *text)
{
    assert_true(machine_is_ending(&machine));
    assert_int_equal(machine.end_status, status);
    assert_string_equal(machine.end_text, text);
}

static void output_comes_out_where_it_belongs(void **unused)
{
    (void)unused;
    guest_sends(BYTES(BEGUN "o\5\0out\r\ne\3\0errw\0\0o\1\0!"));
    assert_string_equal(taken_from(far_fds[1]), "out\r\n!");
    assert_string_equal(taken_from(far_fds[2]), "err");
    assert_false(machine_is_ending(&machine));
}

static void the_end_of_the_program_is_the_machines(void **unused)
{
    (void)unused;
    guest_sends(BYTES(BEGUN "o\1\0x.\3\0\0\7\0o\1\0y"));
    fake_clock_advance_ns(20000000);
    turn();
    assert_end(7, "");
    assert_true(session.has_end);
    assert_string_equal(taken_from(far_fds[1]), "x");
}

static void a_program_that_cannot_be_run_is_said_to_be_one(void **unused)
{
    (void)unused;
    guest_sends(BYTES(BEGUN ".\3\0\2\2\0"));
    assert_end(127, "program: cannot be run in the guest: No such file or directory");
}

static void the_machine_ends_only_once_the_output_is_written(void **unused)
{
    static char bytes[3 + 2048] = "o\0\x08";

    (void)unused;
    guest_sends(BYTES(BEGUN));
    for (size_t i = 0; i < 2 * PIPE_BYTES / 2048; i++)
        guest_sends(bytes, sizeof bytes);
    guest_sends(BYTES(".\3\0\0\0\0"));
    assert_false(machine_is_ending(&machine));
    for (size_t left = 2 * PIPE_BYTES; left > 0; turn()) {
        static char read_bytes[PIPE_BYTES];
        ssize_t count = read(far_fds[1], read_bytes, sizeof read_bytes);

        assert_true(count > 0);
        left -= (size_t)count;
        fake_clock_advance_ns(20000000);
    }
    turn();
    assert_end(0, "");
}

static void a_reader_that_takes_nothing_is_not_waited_for_for_ever(void **unused)
{
    static char bytes[3 + 2048] = "o\0\x08";

    (void)unused;
    guest_sends(BYTES(BEGUN));
    for (size_t i = 0; i < 3 * PIPE_BYTES / 2 / 2048; i++)
        guest_sends(bytes, sizeof bytes);
    guest_sends(BYTES(".\3\0\0\0\0"));
    fake_clock_advance_ns(20000000);
    turn();
    fake_clock_advance_ns(OUTPUT_WAIT_NS - 20000000);
    turn();
    assert_false(machine_is_ending(&machine));
    fake_clock_advance_ns(40000000);
    turn();
    assert_end(0, "");
}

static void input_is_read_when_the_guest_asks_for_it(void **unused)
{
    int left = 0;

    (void)unused;
    assert_int_equal(write(far_fds[0], "in", 2), 2);
    guest_sends(BYTES(BEGUN));
    assert_int_equal(recv(guest_fd, &left, 1, MSG_DONTWAIT), -1);
    guest_sends(BYTES("w\0\0"));
    assert_string_equal(taken_from(guest_fd), "i\2");
    close(far_fds[0]);
    far_fds[0] = -1;
    guest_sends(BYTES("w\0\0"));
    assert_memory_equal(taken_from(guest_fd), "i\0\0", 3);
}

static void expect_broken(const char *bytes, size_t count, const char *why)
{
    char text[256];

    guest_sends(bytes, count);
    snprintf(text, sizeof text, "program: what the guest sends on COM2 is not in order: %s", why);
    assert_end(255, text);
}

static void a_stream_without_a_version_is_none(void **unused)
{
    (void)unused;
    expect_broken(BYTES("o\1\0x"), "it does not begin with a version");
    assert_string_equal(taken_from(far_fds[1]), "");
}

static void another_version_is_refused(void **unused)
{
    (void)unused;
    expect_broken(BYTES("B\x0d\0minivmm-run-2o\1\0x"), "it has another version");
}

static void bytes_that_are_no_frame_are_refused(void **unused)
{
    (void)unused;
    expect_broken(BYTES(BEGUN "\n"
                              "panic"),
                  "it is no frame");
}

static void files_that_nobody_wants_are_refused(void **unused)
{
    (void)unused;
    expect_broken(BYTES(BEGUN "f\3\0\0\0a"), "files that nobody wants");
}

static void what_only_the_host_sends_is_refused(void **unused)
{
    (void)unused;
    expect_broken(BYTES(BEGUN "i\0\0"), "a frame that only the host sends");
}

static void what_was_sent_before_the_guests_own_end_is_taken(void **unused)
{
    (void)unused;
    assert_int_equal(write(guest_fd, BYTES(BEGUN "o\4\0last")), sizeof BEGUN - 1 + 7);
    run_test_session_detach(&session);
    assert_string_equal(taken_from(far_fds[1]), "last");
    assert_false(session.output_lost);
    assert_int_equal(run_test_session_attach(&session, &loop), 0);
}

/* The guest ends by itself; what it had sent before is read after that. */
static void guest_ends_after(const char *bytes, size_t count)
{
    assert_int_equal(write(guest_fd, bytes, count), count);
    machine_end(&machine, 0, "%s", "");
    run_test_session_detach(&session);
    assert_false(session.ended_machine);
    assert_end(0, "");
}

static void assert_session_end(int status, const char *text)
{
    char said[MACHINE_END_TEXT_SIZE];
    int ended;

    assert_true(run_test_session_end(&session, &ended, said));
    assert_int_equal(ended, status);
    assert_string_equal(said, text);
    assert_int_equal(run_test_session_attach(&session, &loop), 0);
}

static void an_end_that_is_read_after_the_guests_own_counts(void **unused)
{
    (void)unused;
    guest_ends_after(BYTES(BEGUN ".\3\0\0\1\0"));
    assert_session_end(1, "");
}

static void a_program_that_cannot_be_run_is_said_after_the_guests_own_end_too(void **unused)
{
    (void)unused;
    guest_ends_after(BYTES(BEGUN ".\3\0\2\2\0"));
    assert_session_end(127, "program: cannot be run in the guest: No such file or directory");
}

static void what_is_no_frame_is_said_after_the_guests_own_end_too(void **unused)
{
    (void)unused;
    guest_ends_after(BYTES("garbage"));
    assert_session_end(255,
                       "program: what the guest sends on COM2 is not in order: it is no frame");
}

static void nothing_is_said_of_an_end_that_was_not_sent(void **unused)
{
    char text[MACHINE_END_TEXT_SIZE];
    int status;

    (void)unused;
    guest_ends_after(BYTES(BEGUN));
    assert_false(run_test_session_end(&session, &status, text));
    assert_int_equal(run_test_session_attach(&session, &loop), 0);
}

static void a_status_is_not_taken_for_the_hosts(void **unused)
{
    (void)unused;
    guest_sends(BYTES(BEGUN ".\3\0\0\4\0"));
    assert_end(4, "");
    assert_int_equal(machine.end_cause, MACHINE_ENDED_BY_GUEST_SHUTDOWN);
    assert_true(session.ended_machine);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output_comes_out_where_it_belongs),
        TEST(the_end_of_the_program_is_the_machines),
        TEST(a_program_that_cannot_be_run_is_said_to_be_one),
        TEST(the_machine_ends_only_once_the_output_is_written),
        TEST(a_reader_that_takes_nothing_is_not_waited_for_for_ever),
        TEST(input_is_read_when_the_guest_asks_for_it),
        TEST(a_stream_without_a_version_is_none),
        TEST(another_version_is_refused),
        TEST(bytes_that_are_no_frame_are_refused),
        TEST(files_that_nobody_wants_are_refused),
        TEST(what_only_the_host_sends_is_refused),
        TEST(what_was_sent_before_the_guests_own_end_is_taken),
        TEST(an_end_that_is_read_after_the_guests_own_counts),
        TEST(a_program_that_cannot_be_run_is_said_after_the_guests_own_end_too),
        TEST(what_is_no_frame_is_said_after_the_guests_own_end_too),
        TEST(nothing_is_said_of_an_end_that_was_not_sent),
        TEST(a_status_is_not_taken_for_the_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
