/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_diff.h. */
#include "vmm/cmd/snapshot_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/json_text.h"
#include "snapshot/record.h"
#include "vmm/host/log.h"

#define PAGE_BYTES 4096
/* Of either kind; more are counted only. */
#define LISTED_MAX 64

struct record_difference {
    const char *name;
    uint32_t instance;
    const char *how;
};

struct range {
    uint64_t begin_gpa;
    uint64_t end_gpa;
};

struct differences {
    const struct snapshot_file *files[2];
    unsigned record_count;
    struct record_difference records[LISTED_MAX];
    bool maps_differ;
    uint64_t page_count;
    uint64_t range_count;
    /* The last one that was found may still grow. */
    struct range last;
    struct range ranges[LISTED_MAX];
    uint8_t *buffers[2];
};

static void add_record(struct differences *all, const struct record *record, const char *how)
{
    if (all->record_count < LISTED_MAX)
        all->records[all->record_count] =
            (struct record_difference){record_type_name(record->type), record->instance, how};
    all->record_count++;
}

/* The file's own records differ with its memory. */
static bool is_of_the_file(const struct record *record)
{
    return record->type == RECORD_CHECKSUM_TABLE || record->type == RECORD_HEAD_CHECKSUM;
}

/* Records of one file that are not in the other; those that are in both differ if how is set. */
static void compare_records(struct differences *all, unsigned in, const char *missing,
                            const char *how)
{
    const struct snapshot_file *file = all->files[in], *other = all->files[1 - in];
    struct note_reader reader;
    struct record record, found;

    note_reader_init(&reader, snapshot_file_notes(file), file->core.notes_bytes);
    while (record_next(&reader, &record)) {
        if (is_of_the_file(&record))
            continue;
        if (!record_find(snapshot_file_notes(other), other->core.notes_bytes, record.type,
                         record.instance, &found))
            add_record(all, &record, missing);
        else if (how != NULL && (found.size_bytes != record.size_bytes ||
                                 memcmp(found.bytes, record.bytes, found.size_bytes) != 0))
            add_record(all, &record, how);
    }
}

static void end_range(struct differences *all)
{
    if (all->last.end_gpa == 0)
        return;
    if (all->range_count < LISTED_MAX)
        all->ranges[all->range_count] = all->last;
    all->range_count++;
    all->last = (struct range){0};
}

static void add_page(struct differences *all, uint64_t gpa)
{
    all->page_count++;
    if (all->last.end_gpa != gpa) {
        end_range(all);
        all->last.begin_gpa = gpa;
    }
    all->last.end_gpa = gpa + PAGE_BYTES;
}

static int compare_region(struct differences *all, unsigned region)
{
    uint64_t gpa = all->files[0]->core.regions[region].base_gpa;

    for (uint64_t i = 0;; i++, gpa += ELF_CORE_CHUNK_BYTES) {
        bool is_hole[2];
        int64_t size_bytes = 0;

        for (unsigned in = 0; in < 2; in++) {
            size_bytes =
                snapshot_file_read_chunk(all->files[in], region, i, all->buffers[in], &is_hole[in]);
            if (size_bytes <= 0)
                return (int)size_bytes;
            if (is_hole[in])
                memset(all->buffers[in], 0, (size_t)size_bytes);
        }
        for (int64_t at = 0; !(is_hole[0] && is_hole[1]) && at < size_bytes; at += PAGE_BYTES)
            if (memcmp(all->buffers[0] + at, all->buffers[1] + at, PAGE_BYTES) != 0)
                add_page(all, gpa + (uint64_t)at);
    }
}

static bool have_one_map(const struct elf_core *one, const struct elf_core *other)
{
    for (unsigned i = 0; i < one->region_count && i < other->region_count; i++)
        if (one->regions[i].base_gpa != other->regions[i].base_gpa ||
            one->regions[i].size_bytes != other->regions[i].size_bytes)
            return false;
    return one->region_count == other->region_count;
}

static int compare_memory(struct differences *all)
{
    const struct elf_core *core = &all->files[0]->core;
    int result = 0;

    all->maps_differ = !have_one_map(core, &all->files[1]->core);
    for (unsigned i = 0; result == 0 && !all->maps_differ && i < core->region_count; i++)
        result = compare_region(all, i);
    end_range(all);
    return result;
}

static void write_table(const struct differences *all, struct text *out)
{
    for (unsigned i = 0; i < all->record_count && i < LISTED_MAX; i++)
        text_add(out, "%s %u: %s\n", all->records[i].name, all->records[i].instance,
                 all->records[i].how);
    if (all->record_count > LISTED_MAX)
        text_add(out, "... and %u more records\n", all->record_count - LISTED_MAX);
    if (all->maps_differ)
        text_add(out, "memory: its size or its place differs\n");
    for (unsigned i = 0; i < all->range_count && i < LISTED_MAX; i++)
        text_add(out, "memory 0x%" PRIx64 " to 0x%" PRIx64 ": differs\n", all->ranges[i].begin_gpa,
                 all->ranges[i].end_gpa - 1);
    if (all->range_count > LISTED_MAX)
        text_add(out, "... and %" PRIu64 " more ranges\n", all->range_count - LISTED_MAX);
    text_add(out, "%u records and %" PRIu64 " pages of 4 KiB differ\n", all->record_count,
             all->page_count);
}

static void write_json(const struct differences *all, struct text *out)
{
    json_t *records = json_array(), *ranges = json_array();

    for (unsigned i = 0; i < all->record_count && i < LISTED_MAX; i++)
        json_array_append_new(records, json_pack("{s:s, s:I, s:s}", "name", all->records[i].name,
                                                 "instance", (json_int_t)all->records[i].instance,
                                                 "difference", all->records[i].how));
    for (unsigned i = 0; i < all->range_count && i < LISTED_MAX; i++)
        json_array_append_new(
            ranges, json_pack("{s:I, s:I}", "gpa", (json_int_t)all->ranges[i].begin_gpa, "bytes",
                              (json_int_t)(all->ranges[i].end_gpa - all->ranges[i].begin_gpa)));
    json_text_write(json_pack("{s:I, s:o, s:b, s:I, s:I, s:o}", "record_count",
                              (json_int_t)all->record_count, "records", records, "maps_differ",
                              all->maps_differ, "page_count", (json_int_t)all->page_count,
                              "range_count", (json_int_t)all->range_count, "ranges", ranges),
                    out);
}

int snapshot_diff_write(const struct snapshot_file *one, const struct snapshot_file *other,
                        bool json, bool *differ, struct text *out)
{
    static struct differences all;
    int result = -ENOMEM;

    all = (struct differences){
        .files = {one, other},
        .buffers = {malloc(ELF_CORE_CHUNK_BYTES), malloc(ELF_CORE_CHUNK_BYTES)},
    };
    if (all.buffers[0] == NULL || all.buffers[1] == NULL) {
        log_error("%s: cannot compare the snapshots: %s", one->path, strerror(ENOMEM));
    } else {
        compare_records(&all, 0, "only in the first file", "differs");
        compare_records(&all, 1, "only in the second file", NULL);
        result = compare_memory(&all);
    }
    free(all.buffers[0]);
    free(all.buffers[1]);
    *differ = all.record_count > 0 || all.maps_differ || all.page_count > 0;
    if (result == 0 && json)
        write_json(&all, out);
    else if (result == 0)
        write_table(&all, out);
    return result;
}
