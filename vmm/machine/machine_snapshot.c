/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_snapshot.h. */
#include "vmm/machine/machine_snapshot.h"

#include <errno.h>
#include <stdlib.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/snapshot_save.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_save.h"

/* The machine stands still. On success the file has still to be ended. */
static int save(struct machine *machine, struct snapshot_save *file)
{
    struct note_writer writer;
    int result = machine_save_records(machine, &writer);

    if (result < 0)
        snapshot_save_cancel(file);
    else
        result = snapshot_save_memory(file, &machine->memory, writer.bytes, writer.length_bytes);
    free(writer.bytes);
    return result;
}

/* Of a pause that this has begun, how long it was. */
static void say_saved(const struct machine *machine, const char *path, uint64_t guest_ns,
                      uint64_t stood_ns)
{
    log_note("saved to %s at guest time %.6f s%s", path, (double)guest_ns / NS_PER_SEC,
             machine->pause.active ? "; the guest is paused, SIGUSR2 or cont resumes it"
                                   : "; the guest goes on");
    log_info("the guest stood still for %.3f ms", (double)stood_ns / 1e6);
}

static int refuse(const char *path, const char *reason)
{
    log_error("%s: not saved, as %s", path, reason);
    return -ECANCELED;
}

/*
 * The vCPUs go on before the file is flushed to the disk. If that fails, the machine has had a
 * pause, and there is no file.
 */
int machine_snapshot(struct machine *machine, const char *path, enum snapshot_then then)
{
    bool was_paused = machine->pause.active;
    uint64_t guest_ns, stood_ns;
    struct snapshot_save file;
    int result;

    if (machine->pause.is_moving)
        return refuse(path, "the guest is being migrated");
    result = snapshot_save_begin(&file, path, true);
    if (result < 0)
        return result;
    file.base = machine->memory_file;
    file.is_cut_short = machine->end_watch.is_due;
    file.ctx = machine->end_watch.ctx;
    if (!was_paused && !machine_pause_quietly(machine)) {
        snapshot_save_cancel(&file);
        return refuse(path, "the run is ending");
    }
    result = save(machine, &file);
    guest_ns = machine->cut.guest.guest_ns;
    stood_ns = host_monotonic_ns() - machine->pause.begun_ns;
    if (!was_paused && (result < 0 || then == SNAPSHOT_THEN_GO))
        machine_resume_quietly(machine);
    if (result == 0)
        result = snapshot_save_end(&file);
    if (result == 0 && then == SNAPSHOT_THEN_STOP)
        machine_pause_stay(machine);
    if (result == 0 && then == SNAPSHOT_THEN_QUIT)
        machine_end_because(machine, MACHINE_ENDED_BY_QUIT, EXIT_STATUS_OK,
                            "saved to %s, and ended", path);
    else if (result == 0)
        say_saved(machine, path, guest_ns, stood_ns);
    else if (!was_paused && then != SNAPSHOT_THEN_GO)
        machine_resume_quietly(machine);
    return result;
}
