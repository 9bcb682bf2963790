/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm restore --clones N`: N processes, each with a machine of its own from one snapshot.
 * Their memory is mapped from the file, so what none has written is there once.
 *
 * A clone is a fork of this process, before this has a thread or a machine. It is killed when this
 * process ends, however that ends, and is in a process group of its own: signals of the terminal
 * come to it once, from this process, which passes on what a run obeys. Its stdin is empty, and its
 * messages name it.
 *
 * All calls are on the main thread.
 */
#ifndef VMM_CMD_CLONES_H
#define VMM_CMD_CLONES_H

#include <stdbool.h>
#include <sys/types.h>

#include "vmm/cmd/restore.h"
#include "vmm/cmd/restore_options.h"

struct options;

struct clones {
    /* The snapshot is opened once, so all are of the same one, whatever its name leads to later. */
    struct restore_source source;
    int signal_fd;
    /* From 0; a process that has ended is 0. */
    pid_t pids[CLONES_MAX];
    unsigned started_count;
    unsigned running_count;
    /* The highest status of all that have ended. */
    int status;
    /* Not all could be started. */
    bool has_given_up;
};

/*
 * True in a clone, whose options are its own from here on: it runs as a restore does. False in this
 * process, for clones_wait, whether or not all clones were started.
 */
bool clones_start(struct clones *clones, struct options *options);

/*
 * Until all clones have ended. Returns the exit status: the highest of theirs;
 * EXIT_STATUS_HOST_ERROR, after an error line, if not all were started.
 */
int clones_wait(struct clones *clones);

#endif
