/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a migration comes from and goes to. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/said.h"
#include "vmm/host/migration_uri.h"
#include "vmm/host/unix_socket.h"

static char folder[32], path[64], uri[80];
/* What the waits for a client and for its first byte return; how many connect that are none; and
 * who then connects. */
static int wait_result, byte_result;
static unsigned probes, silent_ones;
static int silent_fd, connected_fd;

static int setup(void **unused)
{
    (void)unused;
    strcpy(folder, "/tmp/test_uri.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(uri, sizeof uri, "unix:%s", path);
    wait_result = byte_result = 0;
    probes = silent_ones = 0;
    silent_fd = connected_fd = -1;
    said_begin();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    said_end();
    if (connected_fd >= 0)
        close(connected_fd);
    if (silent_fd >= 0)
        close(silent_fd);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

/* One more client. */
static void connect_one(void)
{
    struct unix_listener second;

    if (probes > 0) {
        probes--;
        assert_int_equal(unix_socket_listen(path, &second), -EADDRINUSE);
    } else if (silent_ones > 0) {
        silent_ones--;
        silent_fd = unix_socket_connect(path);
    } else {
        connected_fd = unix_socket_connect(path);
        assert_int_equal(write(connected_fd, "x", 1), 1);
    }
}

/* For a client there is no limit, and for what it says there is one. */
static int until(void *ctx, int fd, short events, int limit_ms)
{
    struct pollfd polled = {.fd = fd, .events = events};

    (void)ctx;
    assert_int_equal(events, POLLIN);
    if (limit_ms >= 0)
        return poll(&polled, 1, 0) == 1 ? byte_result : -ETIMEDOUT;
    if (wait_result == 0 && poll(&polled, 1, 0) == 0)
        connect_one();
    return wait_result;
}

static const struct migration_wait wait_for_source = {until, NULL};

static void assert_talk(int one_fd, int other_fd)
{
    char bytes[5] = "";

    assert_int_equal(write(one_fd, "moved", 5), 5);
    assert_int_equal(read(other_fd, bytes, 5), 5);
    assert_memory_equal(bytes, "moved", 5);
}

/* The first byte of the source is still to be read. */
static void assert_target_has_source(void)
{
    int fd = migration_uri_await(uri, &wait_for_source);
    char byte = 0;

    assert_true(fd >= 0);
    assert_true(connected_fd >= 0);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_talk(connected_fd, fd);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
}

static void a_target_listens_for_one_source(void **unused)
{
    (void)unused;
    assert_target_has_source();
    assert_string_equal(said(), "");
}

/* A second target looks so whether somebody listens on the path. */
static void one_that_only_looks_is_not_the_source(void **unused)
{
    (void)unused;
    probes = 2;
    assert_target_has_source();
    assert_null(strstr(said(), "has said nothing"));
}

static void one_that_says_nothing_does_not_keep_the_source_out(void **unused)
{
    (void)unused;
    silent_ones = 1;
    assert_target_has_source();
    assert_string_equal(strstr(said(), "/socket: "),
                        "/socket: a client has said nothing for 5 s; the next one is awaited\n");
}

static void a_wait_that_is_ended_leaves_no_socket(void **unused)
{
    (void)unused;
    wait_result = -ECANCELED;
    assert_int_equal(migration_uri_await(uri, &wait_for_source), -ECANCELED);
    assert_int_equal(access(path, F_OK), -1);
    wait_result = 0;
    byte_result = -ECANCELED;
    assert_int_equal(migration_uri_await(uri, &wait_for_source), -ECANCELED);
    assert_int_equal(access(path, F_OK), -1);
    assert_string_equal(said(), "");
}

/* Its stdin and its stdout are one socket; it is no child of ours. */
static void a_command_carries_the_bytes(void **unused)
{
    int fd = migration_uri_connect("exec:cat");

    (void)unused;
    assert_true(fd >= 0);
    assert_talk(fd, fd);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
    fd = migration_uri_await("exec:cat", &wait_for_source);
    assert_talk(fd, fd);
    close(fd);
}

/* A connect that waits would hold up the whole run. The queue has room for one, and no more. */
static void a_target_whose_queue_is_full_is_not_waited_for(void **unused)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int waiting_fd;

    (void)unused;
    strcpy(address.sun_path, path);
    assert_int_equal(bind(listening_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening_fd, 0), 0);
    waiting_fd = migration_uri_connect(uri);
    assert_true(waiting_fd >= 0);
    alarm(100);
    assert_int_equal(migration_uri_connect(uri), -EAGAIN);
    alarm(0);
    assert_non_null(strstr(said(), "/socket: Resource temporarily unavailable: as many clients "
                                   "wait there as may\n"));
    close(waiting_fd);
    close(listening_fd);
    unlink(path);
}

/* Of those that the consoles ignore. */
static void a_command_has_the_signals_of_a_fresh_process(void **unused)
{
    static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN};
    unsigned long long mask = 0;
    char bytes[64] = "";
    int fd;

    (void)unused;
    for (unsigned i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    fd = migration_uri_connect("exec:grep SigIgn: /proc/self/status");
    assert_true(read(fd, bytes, sizeof bytes - 1) > 0);
    assert_int_equal(sscanf(bytes, "SigIgn: %llx", &mask), 1);
    for (unsigned i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        signal(ignored[i], SIG_DFL);
        assert_int_equal(mask >> (ignored[i] - 1) & 1, 0);
    }
    close(fd);
}

static void a_socket_may_be_inherited(void **unused)
{
    int fds[2];
    char name[16];

    (void)unused;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    snprintf(name, sizeof name, "fd:%d", fds[1]);
    assert_int_equal(migration_uri_await(name, &wait_for_source), fds[1]);
    assert_int_equal(fcntl(fds[1], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(migration_uri_await(name, &wait_for_source), -EBADF);
    fds[0] = open("/dev/null", O_RDWR);
    snprintf(name, sizeof name, "fd:%d", fds[0]);
    assert_int_equal(migration_uri_await(name, &wait_for_source), -EBADF);
    assert_non_null(strstr(said(), "not a socket that is open; give the number of one\n"));
    close(fds[0]);
}

static void what_is_no_uri_is_refused(void **unused)
{
    static const char *const wrong[] = {"",     "unix:", "exec:",   "fd:",    "fd:-1",
                                        "fd:x", "path",  "tcp:a:1", "fd:1 2", "fd:1234567"};

    (void)unused;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(migration_uri_is_right(wrong[i], true));
    assert_true(migration_uri_is_right("fd:12", true));
    assert_false(migration_uri_is_right("fd:12", false));
    assert_true(migration_uri_is_right("unix:a", false));
    assert_true(migration_uri_is_right("exec:ssh a b", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_target_listens_for_one_source, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_only_looks_is_not_the_source, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_says_nothing_does_not_keep_the_source_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wait_that_is_ended_leaves_no_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_carries_the_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_has_the_signals_of_a_fresh_process, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_target_whose_queue_is_full_is_not_waited_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_socket_may_be_inherited, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_uri_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests_name("migration_uri", tests, NULL, NULL);
}
