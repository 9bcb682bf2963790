/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UNIX stream sockets that have a path.
 */
#ifndef VMM_HOST_UNIX_SOCKET_H
#define VMM_HOST_UNIX_SOCKET_H

#include <sys/types.h>

/* The longest path, without its NUL: that of sockaddr_un. */
#define UNIX_SOCKET_MAX_PATH 107

/* A socket that listens, and its file; fd is -1 without one. */
struct unix_listener {
    int fd;
    const char *path;
    dev_t device;
    ino_t inode;
};

/*
 * Makes the socket, for its owner alone (mode 0600 from the beginning), and listens; neither it nor
 * its clients block. A socket that a dead process has left at the path is replaced; while that is
 * done, the folder is locked, so that two that begin at once do not take it from each other. path
 * stays the caller's and there. Returns 0; or a negative errno after an error line, -EADDRINUSE if
 * a process listens there or if the path is no socket.
 */
int unix_socket_listen(const char *path, struct unix_listener *listener);

/* Closes it, and removes the file if it is still the one that was made. Harmless without one. */
void unix_socket_close(struct unix_listener *listener);

/* The next client, which does not block either; or -errno, -EAGAIN if there is none. */
int unix_socket_accept(const struct unix_listener *listener);

/*
 * A socket that is connected and blocks; or a negative errno after an error line. It waits while
 * the queue of the one who listens is full.
 */
int unix_socket_connect(const char *path);

/* The same without a wait, -EAGAIN where the queue is full; the socket does not block. */
int unix_socket_connect_at_once(const char *path);

#endif
