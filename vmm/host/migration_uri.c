/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_uri.h. */
#include "vmm/host/migration_uri.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/host/unix_socket.h"

/* Less than the patience of a source that waits behind such a client (migration_source.h). */
#define FIRST_BYTE_SEC 5

/* What stands behind the word, or NULL. */
static const char *behind(const char *uri, const char *word)
{
    size_t length = strlen(word);

    return strncmp(uri, word, length) == 0 && uri[length] != '\0' ? uri + length : NULL;
}

/* A number of at most 6 digits, or -1. */
static int number_of(const char *text)
{
    size_t length = strspn(text, "0123456789");

    return length > 0 && length <= 6 && text[length] == '\0' ? atoi(text) : -1;
}

bool migration_uri_is_right(const char *uri, bool is_target)
{
    const char *number = behind(uri, "fd:");

    return behind(uri, "unix:") != NULL || behind(uri, "exec:") != NULL ||
           (is_target && number != NULL && number_of(number) >= 0);
}

/* As a fresh process has its signals: none is blocked, nor ignored as the consoles have it. */
static void give_fresh_signals(posix_spawnattr_t *attributes)
{
    static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN};
    sigset_t signals;

    sigemptyset(&signals);
    posix_spawnattr_setsigmask(attributes, &signals);
    for (unsigned i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        sigaddset(&signals, ignored[i]);
    posix_spawnattr_setsigdefault(attributes, &signals);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/*
 * The command is the child of a shell that ends at once, so it is not for us to wait for it. With
 * "&" a shell gives it /dev/null as stdin, so the socket is its descriptor 3 as well.
 */
static int spawn_shell(const char *command, int fd)
{
    static char shell[] = "sh", option[] = "-c", script[] = "sh -c \"$0\" <&3 3<&- &";
    char *argv[] = {shell, option, script, (char *)command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid;
    int error;

    posix_spawnattr_init(&attributes);
    give_fresh_signals(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd, 3);
    error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error == 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    return error;
}

static int run_command(const char *command)
{
    int fds[2] = {-1, -1};
    int error = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        error = errno;
    if (error == 0)
        error = spawn_shell(command, fds[1]);
    if (fds[1] >= 0)
        close(fds[1]);
    if (error == 0)
        return fds[0];
    if (fds[0] >= 0)
        close(fds[0]);
    log_error("exec:%s: %s", command, strerror(error));
    return -error;
}

int migration_uri_connect(const char *uri)
{
    const char *command = behind(uri, "exec:");
    const char *path = behind(uri, "unix:");

    if (command != NULL)
        return run_command(command);
    return path != NULL ? unix_socket_connect_at_once(path) : -EINVAL;
}

static int await_client(const struct unix_listener *listener, const struct migration_wait *wait)
{
    int result = wait->until(wait->ctx, listener->fd, POLLIN, -1);

    return result == 0 ? unix_socket_accept(listener) : result;
}

/*
 * 0, or -EAGAIN if this client is no source. A source speaks first and at once. One that goes
 * without a word may be a process that asks whether somebody listens here (unix_socket_listen).
 */
static int await_first_byte(const char *path, int fd, const struct migration_wait *wait)
{
    int result = wait->until(wait->ctx, fd, POLLIN, 1000 * FIRST_BYTE_SEC);
    uint8_t byte;

    if (result == -ETIMEDOUT)
        log_note("%s: a client has said nothing for %d s; the next one is awaited", path,
                 FIRST_BYTE_SEC);
    if (result == -ETIMEDOUT || (result == 0 && recv(fd, &byte, 1, MSG_PEEK) <= 0))
        return -EAGAIN;
    return result;
}

/* The first that says something is the source; nobody else is listened to. */
static int accept_one(const char *path, const struct migration_wait *wait)
{
    struct unix_listener listener;
    int result = unix_socket_listen(path, &listener);
    int fd;

    if (result < 0)
        return result;
    do {
        fd = await_client(&listener, wait);
        result = fd >= 0 ? await_first_byte(path, fd, wait) : fd;
        if (fd >= 0 && result < 0)
            close(fd);
    } while (result == -EAGAIN || result == -ECONNABORTED);
    unix_socket_close(&listener);
    return result < 0 ? result : fd;
}

static int take_inherited(const char *uri, int fd)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode)) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        return fd;
    }
    log_error("%s: not a socket that is open; give the number of one", uri);
    return -EBADF;
}

int migration_uri_await(const char *uri, const struct migration_wait *wait)
{
    const char *command = behind(uri, "exec:");
    const char *number = behind(uri, "fd:");

    if (command != NULL)
        return run_command(command);
    return number != NULL ? take_inherited(uri, number_of(number))
                          : accept_one(behind(uri, "unix:"), wait);
}
