/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checksum table of a snapshot's file that is being written, from the file: its memory is there
 * by then, and the machine goes on. For the thread that writes the file.
 */
#ifndef VMM_HOST_SNAPSHOT_CHECKSUMS_H
#define VMM_HOST_SNAPSHOT_CHECKSUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/elf_core.h"

struct snapshot_checksums {
    int fd;
    const struct elf_core *core;
    /* Of each chunk, in the order of the table; one that was not written is a hole. */
    const bool *is_written;
    /* Asked at each chunk; NULL: it takes as long as it takes. */
    bool (*is_cut_short)(void *ctx);
    void *ctx;
};

/* Fills in core->chunk_count checksums. 0 or an errno: ECANCELED, EIO if the file is too short. */
int snapshot_checksums_take(const struct snapshot_checksums *of, uint64_t *checksums);

#endif
