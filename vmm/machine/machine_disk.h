/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's disks: a virtio block device for each --disk (devices/virtio/virtio_blk.h), and
 * behind it a file with a thread (vmm/host/disk.h).
 *
 * A request goes from the vCPU's thread to that of the disk, which does it without the machine's
 * lock and tells the main thread by an eventfd; that takes the lock and tells the guest.
 *
 * Whoever holds every vCPU has no request under way either: all are done, and the guest is told of
 * them, before the hold is there (quiesce_hold). So a snapshot and a migration carry none.
 *
 * A guest that resets a disk at work would get its memory back while the disk still reads into it.
 * So its vCPUs are kept out of the guest until the last of these requests is done.
 *
 * Idle time is not skipped while a request is under way: the guest waits for it.
 */
#ifndef VMM_MACHINE_MACHINE_DISK_H
#define VMM_MACHINE_MACHINE_DISK_H

#include <stdbool.h>

#include "vmm/host/event_loop.h"
#include "vmm/machine/board.h"

struct machine;

/*
 * Opens the files of --disk, as many as the configuration has disks. 0, or -errno after an error
 * line; then there is nothing to close.
 */
int machine_disk_open(struct machine *machine);

/* Before board_init. */
void machine_disk_configure(struct machine *machine, struct board_config *config);

/* Starts their threads, unless they run. 0, or -errno after an error line. */
int machine_disk_start(struct machine *machine);

/* From now on the loop tells the guest of what is done. 0 or -ENOSPC. */
int machine_disk_attach(struct machine *machine, struct event_loop *loop);

/* Whether the guest can write to one of them: no other process is to have that file. */
bool machine_disk_is_written(const struct machine *machine);

/* Under the lock: whether a request is under way. */
bool machine_disk_is_busy(const struct machine *machine);

/*
 * In the main thread, under the lock, which is released while it waits, with no vCPU in the guest:
 * returns once nothing is under way, and the guest was told. How long that takes is the host's.
 */
void machine_disk_drain(struct machine *machine);

/* With --verbose, at the end: what the host could not do. */
void machine_disk_report(const struct machine *machine);

/* Ends the threads, once all that was asked for is done, and closes the files. */
void machine_disk_close(struct machine *machine);

#endif
