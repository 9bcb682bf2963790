/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a migration goes to, and where it comes from:
 *
 *   unix:PATH      a UNIX socket: the target listens, the source connects and speaks at once
 *   exec:COMMAND   stdin and stdout of a command of the shell, which carries the bytes: ssh, socat
 *   fd:N           of the target alone: a connected socket that it was started with
 */
#ifndef VMM_HOST_MIGRATION_URI_H
#define VMM_HOST_MIGRATION_URI_H

#include <stdbool.h>

/* Whether it is one of the above, for a target or for a source. */
bool migration_uri_is_right(const char *uri, bool is_target);

/*
 * How a target waits: 0 once poll would find one of the events, or a negative errno, -ETIMEDOUT
 * after so many ms without one; limit_ms is -1 for no limit.
 */
struct migration_wait {
    int (*until)(void *ctx, int fd, short events, int limit_ms);
    void *ctx;
};

/*
 * A connected socket, closed at exec: the source's; and the target's, which waits for a source. A
 * negative errno after an error line, but for those of the wait.
 */
int migration_uri_connect(const char *uri);
int migration_uri_await(const char *uri, const struct migration_wait *wait);

#endif
