/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All of a machine but the contents of its memory, as records of a snapshot.
 */
#ifndef VMM_MACHINE_MACHINE_SAVE_H
#define VMM_MACHINE_MACHINE_SAVE_H

#include "snapshot/record.h"

struct machine;

/*
 * In the main thread, under the lock, in a pause: every vCPU is held and guest time stands at the
 * cut. Timers that are due and EOIs that were told of take effect first, so guest memory is as it
 * is then. The machine goes on as if nothing had been. 0, or -errno after an error line;
 * note_writer_is_full says whether all fitted.
 *
 * Bytes that the guest has sent and that are not written yet are the business of this process, and
 * in no record.
 */
int machine_save(struct machine *machine, struct note_writer *writer);

/* In the main thread: why this machine can be neither saved nor moved; NULL: it can. */
const char *machine_save_obstacle(const struct machine *machine);

/*
 * The same without the lock, in memory of the writer's own, which the caller frees: also after an
 * error, -E2BIG if there are more records than a stream may have. Pages of it that are not written
 * to are none of the process's.
 */
int machine_save_records(struct machine *machine, struct note_writer *writer);

/* Of those records, what can be said of a machine that runs: which one it is. */
void machine_save_config(const struct machine *machine, struct note_writer *writer);

#endif
