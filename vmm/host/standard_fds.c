/* SPDX-License-Identifier: BSD-2-Clause */
/* See standard_fds.h. */
#include "vmm/host/standard_fds.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void standard_fds_open(void)
{
    /* The wrong way round, so that use of the descriptor is an error as if it were closed. */
    static const int flags[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
            return;
}

int standard_fd_reopen(int fd, int access)
{
    char path[32];
    struct stat st;
    int reopened = -1;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || isatty(fd)))
        reopened = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return reopened >= 0 ? reopened : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

void standard_fd_empty_stdin(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    dup2(fd, STDIN_FILENO);
    close(fd);
}

bool fd_takes_output(int fd)
{
    struct pollfd output = {.fd = fd, .events = POLLOUT};

    return poll(&output, 1, 0) > 0;
}

bool fds_are_one_file(int one, int other)
{
    struct stat a, b;

    return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}
