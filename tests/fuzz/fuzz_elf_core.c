/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder of snapshots: the input as a file, and as changes to a right one that then get a
 * right checksum, since few inputs find one by themselves.
 */
#include "tests/fuzz/fuzz.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "snapshot/elf_core.h"
#include "snapshot/record.h"

#define LOW_BYTES   (ELF_CORE_CHUNK_BYTES + 0x3000)
#define HIGH_BYTES  0x1000
#define CHUNKS      3
#define MAX_CHANGES 16

static const struct guest_mem memory = {
    .regions = {{.base_gpa = 0, .size_bytes = LOW_BYTES},
                {.base_gpa = GUEST_MEM_HIGH_GPA, .size_bytes = HIGH_BYTES}},
    .region_count = 2,
};

/* What is promised of a head that was taken. */
static void check_core(const struct elf_core *core, size_t head_bytes, uint64_t file_bytes)
{
    uint64_t offset = head_bytes, gpa = 0;

    for (unsigned i = 0; i < core->region_count; i++) {
        const struct elf_core_region *region = &core->regions[i];

        if (region->file_offset < offset || region->file_offset > file_bytes ||
            region->size_bytes > file_bytes - region->file_offset || region->size_bytes == 0)
            fuzz_fail("region %u is not in the file, or overlaps another part", i);
        if (region->base_gpa < gpa || region->base_gpa + region->size_bytes < region->base_gpa)
            fuzz_fail("region %u overlaps another one", i);
        offset = region->file_offset + region->size_bytes;
        gpa = region->base_gpa + region->size_bytes;
    }
    if (core->table_offset > head_bytes ||
        core->chunk_count > (head_bytes - core->table_offset) / sizeof(uint64_t))
        fuzz_fail("the table is not in the head");
    if (core->notes_offset + core->notes_bytes != head_bytes)
        fuzz_fail("the notes do not end with the head");
}

/* Reads all that there is to read, in a block without a byte behind it. */
static bool decode(const uint8_t *bytes, size_t size_bytes, uint64_t file_bytes)
{
    size_t first_bytes = size_bytes < ELF_CORE_HEADERS_BYTES ? size_bytes : ELF_CORE_HEADERS_BYTES;
    char said[256];
    struct note_reader reader;
    struct elf_core core;
    struct record record;
    struct text error;
    uint8_t *head;
    size_t head_bytes;
    bool is_right = false;

    text_init(&error, said, sizeof said);
    head_bytes = elf_core_head_bytes(bytes, first_bytes, file_bytes, &error);
    if (head_bytes > 0 && head_bytes <= size_bytes) {
        head = malloc(head_bytes);
        memcpy(head, bytes, head_bytes);
        is_right = elf_core_decode(head, head_bytes, file_bytes, &core, &error);
        if (is_right) {
            check_core(&core, head_bytes, file_bytes);
            for (uint64_t i = 0; i < core.chunk_count; i++)
                elf_core_chunk_checksum(&core, head, i);
            note_reader_init(&reader, head + core.notes_offset, core.notes_bytes);
            while (record_next(&reader, &record))
                checksum_of(record.bytes, record.size_bytes);
        }
        free(head);
    }
    if (is_right != (said[0] == '\0') && head_bytes <= size_bytes)
        fuzz_fail("taken, and '%s' is said", said);
    return is_right;
}

/* A head that is right, made once. */
static const uint8_t *right_head(struct elf_core *core, size_t *head_bytes)
{
    static const uint64_t checksums[CHUNKS] = {1, 2, 3};
    static uint8_t head[ELF_CORE_CHUNK_BYTES];
    static struct elf_core made;
    static size_t made_bytes;
    const struct kvm_regs regs = {.rip = 0x1000};
    const struct kvm_sregs2 sregs = {.cr3 = 0x5000};
    uint8_t records[1024];
    struct elf_core_head contents = {.records = records, .checksums = checksums};
    struct note_writer writer;

    if (made_bytes == 0) {
        note_writer_init(&writer, records, sizeof records);
        record_add(&writer, RECORD_PRODUCER, 0, "fuzz", 4);
        record_add(&writer, RECORD_VCPU_REGS, 0, &regs, sizeof regs);
        record_add(&writer, RECORD_VCPU_SREGS2, 0, &sregs, sizeof sregs);
        contents.records_bytes = writer.length_bytes;
        if (!elf_core_plan(&made, &memory, records, writer.length_bytes))
            fuzz_fail("a small machine cannot be planned");
        made_bytes = elf_core_encode(&made, &contents, head);
        if (!decode(head, made_bytes, made.file_bytes))
            fuzz_fail("a right head is refused");
    }
    *core = made;
    *head_bytes = made_bytes;
    return head;
}

/* Up to 8 bytes at a time, at any place of the head, and another size of the file. */
static void change(struct fuzz_input *input)
{
    struct elf_core core;
    size_t head_bytes;
    const uint8_t *right = right_head(&core, &head_bytes);
    uint8_t *head = malloc(head_bytes);
    uint64_t checksum;

    memcpy(head, right, head_bytes);
    for (unsigned i = 0; i < MAX_CHANGES && input->left > 0; i++) {
        unsigned width = 1u << fuzz_take(input, 1) % 4;
        size_t at = fuzz_take(input, 2) % (head_bytes - width);
        uint64_t value = fuzz_take(input, width);

        memcpy(head + at, &value, width);
    }
    if (fuzz_take(input, 1) % 4 == 1)
        core.file_bytes = fuzz_take(input, 8);
    checksum = checksum_of(head, head_bytes - sizeof checksum);
    memcpy(head + head_bytes - sizeof checksum, &checksum, sizeof checksum);
    decode(head, head_bytes, core.file_bytes);
    free(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct fuzz_input input = {bytes, size_bytes};

    fuzz_count();
    decode(bytes, size_bytes, size_bytes);
    change(&input);
    return 0;
}
