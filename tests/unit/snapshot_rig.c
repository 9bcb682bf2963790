/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_rig.h. */
#include "tests/unit/snapshot_rig.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot/record.h"
#include "tests/unit/said.h"
#include "tests/unit/unit.h"

static void map_memory(struct guest_mem *memory)
{
    size_t size_bytes = SNAPSHOT_RIG_LOW_BYTES + SNAPSHOT_RIG_HIGH_BYTES;
    uint8_t *host =
        mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(host, MAP_FAILED);
    *memory = (struct guest_mem){
        .regions = {{0, SNAPSHOT_RIG_LOW_BYTES, host},
                    {GUEST_MEM_HIGH_GPA, SNAPSHOT_RIG_HIGH_BYTES, host + SNAPSHOT_RIG_LOW_BYTES}},
        .region_count = 2,
    };
}

/* One page at the beginning, VMCOREINFO near the end of the low region, one above 4 GiB. */
static void fill_memory(const struct guest_mem *memory)
{
    uint8_t *info = memory->regions[0].host + SNAPSHOT_RIG_LOW_BYTES - 0x4000;
    struct note_writer writer;

    memset(memory->regions[0].host, 0x5a, 0x1000);
    note_writer_init(&writer, info, 0x1000);
    memcpy(note_add(&writer, "VMCOREINFO", 0, sizeof SNAPSHOT_RIG_INFO - 1), SNAPSHOT_RIG_INFO,
           sizeof SNAPSHOT_RIG_INFO - 1);
    memory->regions[1].host[0x1fff] = 1;
    /* Touched, and zeros all the same. */
    memory->regions[0].host[ELF_CORE_CHUNK_BYTES + 5] = 0;
}

static void make_records(struct snapshot_rig *rig)
{
    const struct kvm_regs regs = {.rip = 0x1234};
    const struct kvm_sregs2 sregs = {.cr3 = 0x5000};
    struct note_writer writer;

    note_writer_init(&writer, rig->records, sizeof rig->records);
    record_add(&writer, RECORD_PRODUCER, 0, "minivmm test", 12);
    record_add(&writer, RECORD_VCPU_REGS, 0, &regs, sizeof regs);
    record_add(&writer, RECORD_VCPU_SREGS2, 0, &sregs, sizeof sregs);
    rig->records_bytes = writer.length_bytes;
}

int snapshot_rig_make(void **state)
{
    struct snapshot_rig *rig = calloc(1, sizeof *rig);

    strcpy(rig->folder, "/tmp/test_snapshot.XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->path, sizeof rig->path, "%s/file", rig->folder);
    map_memory(&rig->memory);
    fill_memory(&rig->memory);
    make_records(rig);
    said_begin();
    *state = rig;
    return 0;
}

int snapshot_rig_free(void **state)
{
    struct snapshot_rig *rig = *state;

    said_end();
    unlink(rig->path);
    assert_int_equal(rmdir(rig->folder), 0);
    munmap(rig->memory.regions[0].host, SNAPSHOT_RIG_LOW_BYTES + SNAPSHOT_RIG_HIGH_BYTES);
    free(rig);
    return 0;
}

int snapshot_rig_save(const struct snapshot_rig *rig, bool force)
{
    struct snapshot_save save;
    int result = snapshot_save_begin(&save, rig->path, force);

    if (result == 0)
        result = snapshot_save_memory(&save, &rig->memory, rig->records, rig->records_bytes);
    return result == 0 ? snapshot_save_end(&save) : result;
}
