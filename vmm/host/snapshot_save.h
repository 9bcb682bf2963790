/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a snapshot's file (snapshot/elf_core.h), in three steps: begin, memory, end. Between them
 * the caller may stop the machine and let it go on: memory and records have to stand still for the
 * second step alone, which writes and does no more: the checksums are taken in the third, of what
 * the file has.
 *
 * The file has no name until it is whole and on the disk (O_TMPFILE, linkat), so whoever is stopped
 * at any point before, by a signal or by the power, leaves nothing. To replace an old file it gets
 * the name PATH.saving first, which is then renamed: what is stopped between these two leaves that
 * name, and the next save with the same name removes it. The same name is used from the beginning
 * where a file system knows no files without one. Of two saves that do so at once the later one has
 * it, and the other fails with -EALREADY; it looks right before the renaming. An old file is never
 * changed, and stays until the new one takes its place.
 *
 * The file can be read and written by its owner alone, as guest memory holds keys. Pages of zeros
 * become holes.
 *
 * All of memory takes seconds, and so may the disk. The caller can say that there is no time for
 * it any more: is_cut_short is asked at every few MiB, and the save then fails with -ECANCELED. The
 * last bytes, and the flushing of file and folder to the disk, are not cut short.
 *
 * A struct is for one thread at a time.
 */
#ifndef VMM_HOST_SNAPSHOT_SAVE_H
#define VMM_HOST_SNAPSHOT_SAVE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest_mem.h"
#include "snapshot/elf_core.h"
#include "snapshot/vmcoreinfo.h"

#define SNAPSHOT_SAVE_SUFFIX ".saving"

struct snapshot_save {
    /* The caller's; for messages. */
    const char *path;
    /* Where the file itself will be, and the name beside it. */
    char file[PATH_MAX];
    char saving[PATH_MAX + sizeof SNAPSHOT_SAVE_SUFFIX];
    bool force;
    /* It has the name `saving` already. */
    bool is_named;
    /* -1: nothing is under way. */
    int fd;
    /* /proc/self/pagemap, -1 without. */
    int pagemap_fd;
    /*
     * For the caller to set, between begin and memory. The file that memory is a mapping of, whose
     * position moves: a page that this process has no copy of is what the file has, and is not
     * looked at where the file has a hole. Without one memory is anonymous: a page that this
     * process never had is zeros, and is not looked at either.
     */
    struct guest_mem_file base;
    /* NULL: it takes as long as it takes. */
    bool (*is_cut_short)(void *ctx);
    void *ctx;
    struct elf_core core;
    /* Of the second step: the records, and which chunks were written; others are holes. */
    void *records;
    size_t records_bytes;
    bool *is_written;
    /* For the user: how much of the memory was not zeros. */
    uint64_t data_bytes;
    uint8_t vmcoreinfo[VMCOREINFO_MAX_BYTES];
    uint32_t vmcoreinfo_bytes;
};

/*
 * Makes the file, without a name, so that what cannot be done is known before a machine is stopped.
 * With force a file of that name is replaced; without, it is an error if there is one. Returns 0,
 * or a negative errno after an error line, and then there is nothing to end or cancel.
 */
int snapshot_save_begin(struct snapshot_save *save, const char *path, bool force);

/*
 * Writes the memory, and keeps a copy of the records. Returns 0; or a negative errno after an error
 * line, and nothing is left.
 */
int snapshot_save_memory(struct snapshot_save *save, const struct guest_mem *memory,
                         const void *records, size_t records_bytes);

/*
 * Takes the checksums, writes the head, waits until all is on the disk, and gives the file its
 * name. Returns 0; or a negative errno after an error line, and nothing is left. If only the
 * flushing of the folder fails, which is said too, the file is there.
 */
int snapshot_save_end(struct snapshot_save *save);

/* Nothing is left. Harmless if nothing is under way. */
void snapshot_save_cancel(struct snapshot_save *save);

#endif
