/* SPDX-License-Identifier: BSD-2-Clause */
/* See unix_socket.h. */
#include "vmm/host/unix_socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "vmm/host/log.h"

/* A client that does not block is refused, with EAGAIN, where so many wait already. */
#define BACKLOG 128
/* A second together. */
#define LOCK_TRIES    100
#define LOCK_PAUSE_NS 10000000

static_assert(UNIX_SOCKET_MAX_PATH + 1 == sizeof(((struct sockaddr_un *)NULL)->sun_path),
              "the path ends in NUL");

/* -1 with errno if the path is too long. */
static int call_with_path(int (*call)(int, const struct sockaddr *, socklen_t), int fd,
                          const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) > UNIX_SOCKET_MAX_PATH) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    return call(fd, (struct sockaddr *)&address, sizeof address);
}

/* Linux makes the file with the mode of the socket, less the umask. */
static int make_owners(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Whether nobody listens at the path, although there is a socket. A full queue is somebody's. */
static bool is_left_behind(const char *path)
{
    struct stat status;
    int fd = make_owners();
    bool refused;

    if (fd < 0)
        return false;
    refused = lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
              call_with_path(connect, fd, path) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

/* Waits for the others that begin at the same time, each of them for less than a millisecond. */
static bool lock(int fd)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    unsigned tries = 0;

    while (flock(fd, LOCK_EX | LOCK_NB) != 0)
        if (++tries == LOCK_TRIES || nanosleep(&pause, NULL) != 0)
            return false;
    return true;
}

/* The folder of the path, locked; or -1. */
static int lock_folder(const char *path)
{
    char copy[UNIX_SOCKET_MAX_PATH + 1];
    int fd;

    snprintf(copy, sizeof copy, "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && lock(fd))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* With the folder locked: what is bound and does not listen is no one's who has just begun. */
static int bind_in_place_of_a_dead_one(int fd, const char *path)
{
    if (is_left_behind(path) && unlink(path) == 0)
        return call_with_path(bind, fd, path);
    errno = EADDRINUSE;
    return -1;
}

/* Without the lock, in a folder that is not ours to read, nothing is replaced. */
static int bind_and_listen(int fd, const char *path)
{
    int folder = lock_folder(path);
    int result = call_with_path(bind, fd, path);
    int error;

    if (result < 0 && errno == EADDRINUSE && folder >= 0)
        result = bind_in_place_of_a_dead_one(fd, path);
    if (result == 0)
        result = listen(fd, BACKLOG);
    error = errno;
    if (folder >= 0)
        close(folder);
    errno = error;
    return result;
}

static int say(const char *path, int error)
{
    struct stat status;

    if (error == EADDRINUSE && lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        log_error("%s exists and is no socket; give another path", path);
    else if (error == EADDRINUSE && is_left_behind(path))
        log_error("%s: a process that has ended has left this socket, and it cannot be replaced, "
                  "as its folder cannot be locked; remove it",
                  path);
    else if (error == EADDRINUSE)
        log_error("%s: another process listens on it; give another path", path);
    else
        log_error("%s: %s", path, strerror(error));
    return -error;
}

int unix_socket_listen(const char *path, struct unix_listener *listener)
{
    struct stat status;
    int fd = make_owners();
    int error;

    listener->fd = -1;
    if (fd >= 0 && bind_and_listen(fd, path) == 0 && lstat(path, &status) == 0) {
        *listener = (struct unix_listener){fd, path, status.st_dev, status.st_ino};
        return 0;
    }
    error = errno;
    if (fd >= 0)
        close(fd);
    return say(path, error);
}

void unix_socket_close(struct unix_listener *listener)
{
    struct stat status;

    if (listener->fd < 0)
        return;
    if (lstat(listener->path, &status) == 0 && status.st_dev == listener->device &&
        status.st_ino == listener->inode)
        unlink(listener->path);
    close(listener->fd);
    listener->fd = -1;
}

int unix_socket_accept(const struct unix_listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    return fd >= 0 ? fd : -errno;
}

/* What is behind the error, where that does not say it. */
static const char *reason_of(int error)
{
    if (error == ECONNREFUSED)
        return ": the process that made it has ended";
    return error == EAGAIN ? ": as many clients wait there as may" : "";
}

static int connect_with(const char *path, int flags)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    int error;

    if (fd >= 0 && call_with_path(connect, fd, path) == 0)
        return fd;
    error = errno;
    if (fd >= 0)
        close(fd);
    log_error("%s: %s%s", path, strerror(error), reason_of(error));
    return -error;
}

int unix_socket_connect(const char *path)
{
    return connect_with(path, 0);
}

int unix_socket_connect_at_once(const char *path)
{
    return connect_with(path, SOCK_NONBLOCK);
}
