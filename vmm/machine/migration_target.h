/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that comes by a migration, as the process sees it that takes it over. The messages are
 * those of snapshot/migration_message.h; machine_restore.h says what becomes of time.
 *
 * The steps, in their order, are for the main thread, before the machine has threads. Each returns
 * 0, or a negative errno after one error line; the source is told, if it still listens, and keeps
 * its guest. Only migration_target_go can have ended after the source gave its guest away, and then
 * the guest is nowhere, which the line says.
 *
 * Whatever a stranger sends, no more memory is used than a machine of the configuration that it
 * has sent first needs, and that of one message. Only the user's patience ends a source that falls
 * silent: by the wait.
 */
#ifndef VMM_MACHINE_MIGRATION_TARGET_H
#define VMM_MACHINE_MIGRATION_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/host/migration_channel.h"
#include "vmm/host/migration_uri.h"
#include "vmm/machine/machine_image.h"
#include "vmm/machine/machine_restore.h"

struct migration_target {
    struct migration_channel channel;
    struct migration_wait wait;
    struct restore_request request;
    /* The machine's from the greeting on. */
    struct machine_config config;
    /* Once the state has come: its records, and what they say. */
    uint8_t *records;
    struct machine_image image;
    struct restore_gap gap;
    uint64_t downtime_ns;
};

#define MIGRATION_TARGET_NONE ((struct migration_target){.channel.fd = -1})

/*
 * Makes the machine, and takes memory and state over; guest time stands still, and the source has
 * still its guest. fd is a connected socket, the callee's from now on, also after an error. The
 * request names the source, and what is to become of time; the target stays as long as the machine.
 */
int migration_target_receive(struct migration_target *target, int fd, struct machine *machine,
                             const struct host_options *host, const struct clock_bracket *start);

/*
 * Once nothing can fail any more: asks for the guest, and lets its time go on. machine_start
 * follows at once, and then migration_target_tell_running. After an error machine_destroy is for
 * the caller.
 */
int migration_target_go(struct migration_target *target, struct machine *machine);

/* The guest runs: the source is told, and a line says how long it stood still. */
void migration_target_tell_running(struct migration_target *target, const struct machine *machine);

/* After machine_destroy, or an error. Harmless if nothing has come. */
void migration_target_release(struct migration_target *target);

#endif
