/* SPDX-License-Identifier: BSD-2-Clause */
/* See stream_pair.h. */
#include "vmm/host/stream_pair.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "vmm/host/log.h"

int stream_pair_open(int *one_fd, int *other_fd)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
        log_error("socketpair: %s", strerror(errno));
        return -errno;
    }
    *one_fd = fds[0];
    *other_fd = fds[1];
    return 0;
}
