/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One check of a matrix: a process of this program, `minivmm check --cell N` and what else the user
 * said. It is killed when the process that started it ends, however that ends.
 *
 * All calls are on the main thread.
 */
#ifndef VMM_CMD_MATRIX_CHILD_H
#define VMM_CMD_MATRIX_CHILD_H

#include <sys/types.h>

#include <jansson.h>

struct matrix_child {
    /* 0: this place is free. */
    pid_t pid;
    /* From 0. */
    unsigned cell;
    /* How many CPUs of the host it takes. */
    unsigned slots;
    /* Memory files for its stdout and stderr. */
    int output_fd;
    int error_fd;
};

/*
 * Starts the check of child->cell. argv is main's; output_dir is where its report and console go,
 * NULL: nowhere. 0; or -errno after an error line, with the place free.
 */
int matrix_child_start(struct matrix_child *child, char **argv, const char *output_dir);

/*
 * The result of a check that has ended, which the caller owns. If it wrote none, or one with
 * another status than it ended with, or if output of the guest was lost, that is a host error with
 * what it said last.
 */
json_t *matrix_child_result(const struct matrix_child *child, const char *kernel, int wait_status);

/* Gives the place free. */
void matrix_child_close(struct matrix_child *child);

#endif
