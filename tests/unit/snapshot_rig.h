/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's memory and records, and a folder to save snapshots of them in. */
#ifndef TESTS_UNIT_SNAPSHOT_RIG_H
#define TESTS_UNIT_SNAPSHOT_RIG_H

#include "base/guest_mem.h"
#include "vmm/host/snapshot_save.h"

/* Regions of two chunks and a half, and of two pages; three pages of them are data. */
#define SNAPSHOT_RIG_LOW_BYTES  (5 * ELF_CORE_CHUNK_BYTES / 2)
#define SNAPSHOT_RIG_HIGH_BYTES 0x2000
#define SNAPSHOT_RIG_DATA_BYTES 0x3000
#define SNAPSHOT_RIG_INFO       "OSRELEASE=6.12.1\n"

struct snapshot_rig {
    char folder[64];
    char path[96];
    struct guest_mem memory;
    uint8_t records[8192];
    size_t records_bytes;
};

/* Setup and teardown: stderr is kept (said.h), and nothing but `path` may be left in the folder. */
int snapshot_rig_make(void **state);
int snapshot_rig_free(void **state);

/* Saves under `path`; what snapshot_save_* return. */
int snapshot_rig_save(const struct snapshot_rig *rig, bool force);

#endif
