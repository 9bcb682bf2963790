/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots are read: verified, refused in one line that names what is wrong, and mapped as the
 * memory of which the next one is made.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot/record.h"
#include "tests/unit/said.h"
#include "tests/unit/snapshot_rig.h"
#include "vmm/host/snapshot_file.h"

static int open_quietly(const char *path)
{
    struct snapshot_file file;
    int result = snapshot_file_open(&file, path);

    snapshot_file_close(&file);
    return result;
}

/* What is said of the file, behind its name. */
static void assert_said(const struct snapshot_rig *rig, const char *expected)
{
    char line[512];

    snprintf(line, sizeof line, "minivmm: %s: %s\n", rig->path, expected);
    assert_string_equal(said(), line);
}

static void flip(const struct snapshot_rig *rig, off_t offset)
{
    int fd = open(rig->path, O_RDWR);
    uint8_t byte;

    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

static void a_saved_file_has_its_records_and_is_locked_against_writers(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct snapshot_file file;
    struct record record;
    int fd;

    assert_int_equal(snapshot_rig_save(rig, false), 0);
    assert_int_equal(snapshot_file_open(&file, rig->path), 0);
    assert_true(record_find(snapshot_file_notes(&file), file.core.notes_bytes, RECORD_PRODUCER, 0,
                            &record));
    assert_memory_equal(record.bytes, "minivmm test", 12);
    fd = open(rig->path, O_RDWR);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), -1);
    snapshot_file_close(&file);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
    close(fd);
}

static void each_region_is_verified_and_the_damaged_place_is_named(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_file file;

    assert_int_equal(snapshot_rig_save(rig, false), 0);
    assert_int_equal(snapshot_file_open(&file, rig->path), 0);
    assert_int_equal(snapshot_file_verify(&file), 0);
    flip(rig, (off_t)file.core.file_bytes - 1);
    assert_int_equal(snapshot_file_verify(&file), -EINVAL);
    assert_said(rig, "the file is damaged: its memory from 0x100000000 to 0x100001fff has another "
                     "checksum than when it was saved");
    /* In a hole. */
    flip(rig, (off_t)(file.core.regions[0].file_offset + ELF_CORE_CHUNK_BYTES + 77));
    assert_int_equal(snapshot_file_verify(&file), -EINVAL);
    assert_said(rig, "the file is damaged: its memory from 0x200000 to 0x3fffff has another "
                     "checksum than when it was saved");
    snapshot_file_close(&file);
}

static void a_file_without_holes_is_the_same(void **state)
{
    const struct snapshot_rig *rig = *state;
    size_t size_bytes = 4 * ELF_CORE_CHUNK_BYTES + SNAPSHOT_RIG_HIGH_BYTES;
    uint8_t *bytes = malloc(size_bytes);
    struct snapshot_file file;
    int fd;

    assert_int_equal(snapshot_rig_save(rig, false), 0);
    fd = open(rig->path, O_RDWR);
    assert_int_equal(pread(fd, bytes, size_bytes, 0), size_bytes);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes, size_bytes, 0), size_bytes);
    close(fd);
    free(bytes);
    assert_int_equal(snapshot_file_open(&file, rig->path), 0);
    assert_int_equal(snapshot_file_verify(&file), 0);
    snapshot_file_close(&file);
}

static void what_is_no_snapshot_is_refused_in_one_line(void **state)
{
    const struct snapshot_rig *rig = *state;

    assert_int_equal(open_quietly(rig->path), -ENOENT);
    assert_said(rig, "cannot read the snapshot: No such file or directory");
    assert_int_equal(snapshot_rig_save(rig, false), 0);
    assert_int_equal(truncate(rig->path, 4 * ELF_CORE_CHUNK_BYTES), 0);
    assert_int_equal(open_quietly(rig->path), -EINVAL);
    assert_said(rig, "the file is damaged: segment 2 is not whole: the file is cut off");
    flip(rig, 18);
    assert_int_equal(open_quietly(rig->path), -EINVAL);
    assert_said(rig, "the file is not a snapshot of this architecture, which is x86-64");
    assert_int_equal(truncate(rig->path, 0), 0);
    assert_int_equal(open_quietly(rig->path), -EINVAL);
    assert_said(rig, "the file is not a snapshot: it has 0 bytes, less than an ELF header");
    assert_int_equal(open_quietly(rig->folder), -EISDIR);
    said();
}

/* As if somebody cut it while it is read. */
static void a_file_that_becomes_shorter_is_found_out(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_file file;

    assert_int_equal(snapshot_rig_save(rig, false), 0);
    assert_int_equal(snapshot_file_open(&file, rig->path), 0);
    assert_int_equal(truncate(rig->path, (off_t)file.core.regions[0].file_offset + 1), 0);
    assert_int_equal(snapshot_file_verify(&file), -EINVAL);
    assert_said(rig, "the file was cut off while it was read");
    snapshot_file_close(&file);
}

/* The memory of a machine that was restored from the file. */
static struct guest_mem map_snapshot(const struct snapshot_file *file)
{
    struct guest_mem mapped = {.region_count = file->core.region_count};

    for (unsigned i = 0; i < mapped.region_count; i++) {
        const struct elf_core_region *region = &file->core.regions[i];
        uint8_t *host = mmap(NULL, region->size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE,
                             file->fd, (off_t)region->file_offset);

        assert_ptr_not_equal(host, MAP_FAILED);
        mapped.regions[i] = (struct guest_mem_region){region->base_gpa, region->size_bytes, host};
    }
    return mapped;
}

static void unmap(const struct guest_mem *mapped)
{
    for (unsigned i = 0; i < mapped->region_count; i++)
        munmap(mapped->regions[i].host, mapped->regions[i].size_bytes);
}

/* Whether the page is in memory here: bit 63 of its entry in /proc/self/pagemap. */
static bool is_mapped(const uint8_t *page)
{
    int fd = open("/proc/self/pagemap", O_RDONLY);
    uint64_t entry;

    assert_int_equal(
        pread(fd, &entry, sizeof entry, (off_t)((uintptr_t)page / 4096 * sizeof entry)),
        sizeof entry);
    close(fd);
    return entry >> 63 != 0;
}

/* Saves what is mapped from the file as the second generation. */
static void save_second(const struct snapshot_rig *rig, const struct snapshot_file *base,
                        const struct guest_mem *mapped, const char *path)
{
    struct snapshot_save save;

    assert_int_equal(snapshot_save_begin(&save, path, false), 0);
    save.base = (struct guest_mem_file){
        base->fd, {base->core.regions[0].file_offset, base->core.regions[1].file_offset}};
    assert_int_equal(snapshot_save_memory(&save, mapped, rig->records, rig->records_bytes), 0);
    assert_int_equal(save.data_bytes, SNAPSHOT_RIG_DATA_BYTES);
    assert_int_equal(save.vmcoreinfo_bytes, sizeof SNAPSHOT_RIG_INFO - 1);
    assert_int_equal(snapshot_save_end(&save), 0);
}

/*
 * A page of data becomes zeros, one in a hole gets a byte, the others stay as they were. What is a
 * hole is not looked at, in a chunk with data or without: its pages are not there afterwards.
 */
static void a_second_generation_has_what_was_written_and_what_the_file_had(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_file base, second;
    struct guest_mem mapped, again;
    char path[128];

    snprintf(path, sizeof path, "%s/second", rig->folder);
    assert_int_equal(snapshot_rig_save(rig, false), 0);
    assert_int_equal(snapshot_file_open(&base, rig->path), 0);
    mapped = map_snapshot(&base);
    memset(mapped.regions[0].host, 0, 0x1000);
    mapped.regions[0].host[0x9000] = 7;
    save_second(rig, &base, &mapped, path);
    assert_false(is_mapped(mapped.regions[0].host + 3 * ELF_CORE_CHUNK_BYTES / 2));
    assert_false(is_mapped(mapped.regions[0].host + ELF_CORE_CHUNK_BYTES / 2));
    assert_true(is_mapped(mapped.regions[0].host + 0x9000));
    assert_int_equal(snapshot_file_open(&second, path), 0);
    assert_int_equal(snapshot_file_verify(&second), 0);
    again = map_snapshot(&second);
    for (unsigned i = 0; i < mapped.region_count; i++)
        assert_memory_equal(again.regions[i].host, mapped.regions[i].host,
                            mapped.regions[i].size_bytes);
    unmap(&again);
    unmap(&mapped);
    snapshot_file_close(&second);
    snapshot_file_close(&base);
    unlink(path);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, snapshot_rig_make, snapshot_rig_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_saved_file_has_its_records_and_is_locked_against_writers),
        TEST(each_region_is_verified_and_the_damaged_place_is_named),
        TEST(a_file_without_holes_is_the_same),
        TEST(what_is_no_snapshot_is_refused_in_one_line),
        TEST(a_second_generation_has_what_was_written_and_what_the_file_had),
        TEST(a_file_that_becomes_shorter_is_found_out),
    };

    return cmocka_run_group_tests_name("snapshot_file", tests, NULL, NULL);
}
