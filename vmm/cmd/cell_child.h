/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One cell of a matrix or an experiment: a process of this program, `minivmm COMMAND --cell N` and
 * what else the user said. It is killed when the process that started it ends, however that ends.
 *
 * All calls are on the main thread.
 */
#ifndef VMM_CMD_CELL_CHILD_H
#define VMM_CMD_CELL_CHILD_H

#include <sys/types.h>

#include <jansson.h>

struct cell_child {
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
 * Starts child->cell. argv is main's; output_dir is where its report and console go,
 * NULL: nowhere. 0; or -errno after an error line, with the place free.
 */
int cell_child_start(struct cell_child *child, char **argv, const char *output_dir);

/*
 * The result of a cell that has ended, which the caller owns. If it wrote none, or one with
 * another status than it ended with, or if output of the guest was lost, that is a host error with
 * what it said last.
 */
json_t *cell_child_result(const struct cell_child *child, const char *name, int wait_status);

/* Gives the place free. */
void cell_child_close(struct cell_child *child);

#endif
