/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the board reaches of the machine: KVM's interrupt controllers, the consoles, the end.
 */
#ifndef VMM_MACHINE_MACHINE_HOOKS_H
#define VMM_MACHINE_MACHINE_HOOKS_H

#include <stdint.h>

#include "vmm/machine/board.h"

struct machine;

/*
 * The config of the machine's board. Until machine_create has read the host's clocks, the fields
 * that follow from them are not valid.
 */
struct board_config machine_board_config(const struct machine *machine);

/* The board's hooks; the machine is their ctx. */
struct board_hooks machine_hooks(struct machine *machine);

/* Under the lock: bytes have come for the console, or it has room again. */
void machine_console_ready(struct machine *machine, uint64_t now_ns);
void machine_report_ready(struct machine *machine, uint64_t now_ns);

#endif
