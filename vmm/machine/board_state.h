/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's devices, saved to and loaded from the records of a snapshot: one RECORD_DEVICE for
 * each, by its place in the list of devices (board.h). All calls are under the machine's lock.
 */
#ifndef VMM_MACHINE_BOARD_STATE_H
#define VMM_MACHINE_BOARD_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "snapshot/record.h"
#include "vmm/machine/board.h"

/* Timers have been run up to the time of the save. */
void board_save(const struct board *board, struct note_writer *writer);

/*
 * Puts the saved states into a new board of the same configuration; now_ns is guest time at the
 * save. Lines are driven and timers armed. -EINVAL, and one line without a newline in error: a
 * device lacks its state, or can't be in it. The board is then of no use.
 */
int board_load(struct board *board, uint64_t now_ns, const void *records, size_t size_bytes,
               struct text *error);

#endif
