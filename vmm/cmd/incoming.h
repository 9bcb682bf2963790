/* SPDX-License-Identifier: BSD-2-Clause */
/* `minivmm restore --incoming`: the machine of a migration, before the main loop runs. */
#ifndef VMM_CMD_INCOMING_H
#define VMM_CMD_INCOMING_H

#include "vmm/machine/migration_target.h"

struct options;

struct incoming {
    struct migration_target target;
    /* main_loop.h's: SIGINT, SIGTERM and SIGHUP end the wait. */
    int signal_fd;
};

#define INCOMING_NONE ((struct incoming){.target.channel.fd = -1})

/*
 * Waits for a migration and makes its machine, whose guest is still the source's. 0, or a negative
 * errno after one line, -ECANCELED if the user has ended it. incoming_release is for after
 * machine_destroy, or a failure.
 */
int incoming_machine(struct machine *machine, struct incoming *incoming,
                     const struct options *options, int signal_fd,
                     const struct clock_bracket *start);

/*
 * Asks for the guest and starts the machine. 0, or a negative errno after one line, with the status
 * in machine->end_status; then destroy.
 */
int incoming_start(struct incoming *incoming, struct machine *machine);

void incoming_release(struct incoming *incoming);

#endif
