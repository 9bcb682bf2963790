/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stdin, stdout and stderr, which the program shares with its caller and other programs.
 */
#ifndef VMM_HOST_STANDARD_FDS_H
#define VMM_HOST_STANDARD_FDS_H

#include <stdbool.h>

/*
 * To be called first in main: a standard descriptor that the caller had closed is opened on
 * /dev/null, so that no other file gets its number and is taken for the console.
 */
void standard_fds_open(void);

/*
 * A descriptor above the standard ones for what fd stands for, closed by the caller; -1 with errno
 * if there is none left. access is O_RDONLY or O_WRONLY.
 *
 * It does not block where that can be had: O_NONBLOCK is a flag of the open file, which the
 * standard descriptors share with the shell, so it is set on a terminal or pipe that is opened
 * anew. Where that is not possible it is a duplicate of fd, and may block: poll it first.
 */
int standard_fd_reopen(int fd, int access);

/* stdin is at its end from here on. */
void standard_fd_empty_stdin(void);

/* True unless a write would wait. */
bool fd_takes_output(int fd);

/* Whether both lead to the same pipe, terminal, socket or file. */
bool fds_are_one_file(int one, int other);

#endif
