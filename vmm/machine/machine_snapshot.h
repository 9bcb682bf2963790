/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that runs, or stands in a pause, saved to a file.
 */
#ifndef VMM_MACHINE_MACHINE_SNAPSHOT_H
#define VMM_MACHINE_MACHINE_SNAPSHOT_H

struct machine;

/* What becomes of the machine once it is saved. */
enum snapshot_then {
    SNAPSHOT_THEN_GO,   /* it goes on; one that was paused stays so */
    SNAPSHOT_THEN_STOP, /* it is paused */
    SNAPSHOT_THEN_QUIT, /* it ends, with status 0 */
};

/*
 * In the main thread, without the lock. The vCPUs stand still while memory is written; for guest
 * time that is a pause by --on-resume (machine_pause.h). One line says what was done. 0, or a
 * negative errno after one error line, with no file and the machine as it was: -ECANCELED if the
 * run is ending, or its end waits (machine.h: end_watch), which an unfinished file gives way to; or
 * if a migration holds the guest (migration_source.h), which may be the target's already.
 */
int machine_snapshot(struct machine *machine, const char *path, enum snapshot_then then);

#endif
