/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets with a path: whose they are, and what becomes of the file. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/said.h"
#include "vmm/host/unix_socket.h"

static char folder[64], path[96];
static struct unix_listener listener;

static int setup(void **unused)
{
    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/test_unix_socket.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    listener = (struct unix_listener){.fd = -1};
    said_begin();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    said_end();
    unix_socket_close(&listener);
    unlink(path);
    return rmdir(folder);
}

static void assert_said(const char *what)
{
    char expected[256];

    snprintf(expected, sizeof expected, "minivmm: %s%s\n", path, what);
    assert_string_equal(said(), expected);
}

static void the_file_is_its_owners_whatever_the_umask(void **unused)
{
    mode_t before = umask(0);
    struct stat status;

    (void)unused;
    assert_int_equal(unix_socket_listen(path, &listener), 0);
    umask(before);
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(S_ISSOCK(status.st_mode));
    unix_socket_close(&listener);
    assert_int_equal(lstat(path, &status), -1);
    unix_socket_close(&listener);
}

static void a_client_comes_through(void **unused)
{
    char byte = 0;
    int client, server;

    (void)unused;
    assert_int_equal(unix_socket_listen(path, &listener), 0);
    assert_int_equal(unix_socket_accept(&listener), -EAGAIN);
    client = unix_socket_connect(path);
    assert_true(client >= 0);
    server = unix_socket_accept(&listener);
    assert_true(server >= 0);
    assert_int_equal(write(client, "a", 1), 1);
    assert_int_equal(read(server, &byte, 1), 1);
    assert_int_equal(byte, 'a');
    close(client);
    close(server);
}

/* As a process leaves it that is killed. */
static void leave_behind(void)
{
    struct unix_listener killed;

    assert_int_equal(unix_socket_listen(path, &killed), 0);
    close(killed.fd);
}

static void what_a_dead_process_has_left_is_replaced(void **unused)
{
    int client;

    (void)unused;
    leave_behind();
    assert_int_equal(unix_socket_connect(path), -ECONNREFUSED);
    assert_said(": Connection refused: the process that made it has ended");
    assert_int_equal(unix_socket_listen(path, &listener), 0);
    client = unix_socket_connect(path);
    assert_true(client >= 0);
    close(client);
    assert_string_equal(said(), "");
}

/* Here no descriptor is left to lock the folder by; it may also not be the user's to read. */
static void what_a_dead_process_has_left_and_cannot_be_replaced_is_called_so(void **unused)
{
    int next = open("/", O_RDONLY);
    struct rlimit before, limit;

    (void)unused;
    close(next);
    leave_behind();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)next + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(unix_socket_listen(path, &listener), -EADDRINUSE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_said(": a process that has ended has left this socket, and it cannot be replaced, as "
                "its folder cannot be locked; remove it");
}

static void what_listens_is_left_alone(void **unused)
{
    struct unix_listener second;
    int client;

    (void)unused;
    assert_int_equal(unix_socket_listen(path, &listener), 0);
    assert_int_equal(unix_socket_listen(path, &second), -EADDRINUSE);
    assert_said(": another process listens on it; give another path");
    unix_socket_close(&second);
    client = unix_socket_connect(path);
    assert_true(client >= 0);
    close(client);
}

static void another_file_is_left_alone(void **unused)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    (void)unused;
    close(fd);
    assert_int_equal(unix_socket_listen(path, &listener), -EADDRINUSE);
    assert_said(" exists and is no socket; give another path");
    assert_int_equal(access(path, F_OK), 0);
}

static void a_socket_that_somebody_else_has_put_there_is_not_removed(void **unused)
{
    struct unix_listener other;

    (void)unused;
    assert_int_equal(unix_socket_listen(path, &listener), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unix_socket_listen(path, &other), 0);
    unix_socket_close(&listener);
    assert_int_equal(access(path, F_OK), 0);
    unix_socket_close(&other);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_path_that_cannot_be_is_said(void **unused)
{
    char longest[UNIX_SOCKET_MAX_PATH + 2];

    (void)unused;
    memset(longest, 'a', sizeof longest);
    longest[UNIX_SOCKET_MAX_PATH + 1] = '\0';
    assert_int_equal(unix_socket_listen(longest, &listener), -ENAMETOOLONG);
    assert_non_null(strstr(said(), ": File name too long\n"));
    assert_int_equal(unix_socket_listen("/nowhere/socket", &listener), -ENOENT);
    assert_string_equal(said(), "minivmm: /nowhere/socket: No such file or directory\n");
    assert_int_equal(unix_socket_connect("/nowhere/socket"), -ENOENT);
    assert_string_equal(said(), "minivmm: /nowhere/socket: No such file or directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_is_its_owners_whatever_the_umask, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_comes_through, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_dead_process_has_left_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_a_dead_process_has_left_and_cannot_be_replaced_is_called_so, setup, teardown),
        cmocka_unit_test_setup_teardown(what_listens_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(another_file_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_socket_that_somebody_else_has_put_there_is_not_removed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_that_cannot_be_is_said, setup, teardown),
    };

    return cmocka_run_group_tests_name("unix_socket", tests, NULL, NULL);
}
