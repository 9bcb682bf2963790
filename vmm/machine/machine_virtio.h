/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What virtio devices need of the machine: memory that a migration sends again after they have
 * written to it, random bytes, and a word for the user when a driver has broken a rule.
 *
 * They are there only if they are asked for: a machine without them is the one that users and
 * their snapshots know.
 */
#ifndef VMM_MACHINE_MACHINE_VIRTIO_H
#define VMM_MACHINE_MACHINE_VIRTIO_H

#include <stdint.h>

#include "vmm/machine/board.h"
#include "vmm/machine/machine_config.h"

/* The slots of the board (board.h) that have a device, as bits. */
uint8_t machine_virtio_slots(const struct machine_config *config);

void machine_virtio_add_hooks(struct board_hooks *hooks);

#endif
