/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults that are going on and are over by themselves, in a snapshot: one RECORD_FAULT_END for each
 * of machine->fault_ends, in their order. An older minivmm, with which they would never be over,
 * refuses it.
 */
#ifndef VMM_MACHINE_FAULT_END_RECORDS_H
#define VMM_MACHINE_FAULT_END_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "snapshot/note.h"

struct machine;

/* Of the main thread, as machine->fault_ends is. */
void fault_end_records_add(const struct machine *machine, struct note_writer *writer);

/*
 * Into a machine that is restored at guest time now_ns. -EINVAL, and one line without a newline in
 * error: there is no such fault in this machine, or none that would last so long.
 */
int fault_end_records_load(struct machine *machine, uint64_t now_ns, const void *records,
                           size_t size_bytes, struct text *error);

#endif
