/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_save.h. */
#include "vmm/host/snapshot_save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"
#include "vmm/host/pagemap.h"
#include "vmm/host/snapshot_checksums.h"

#define PAGE_BYTES  PAGEMAP_PAGE_BYTES
#define CHUNK_PAGES (ELF_CORE_CHUNK_BYTES / PAGE_BYTES)
/* What is flushed between two looks at whether there is time for more. */
#define FLUSH_BYTES (UINT64_C(32) << 20)

/* Chunks are written one after the other; this is what belongs to one of them. */
struct chunk {
    const uint8_t *host;
    uint64_t size_bytes;
    uint64_t file_offset;
    uint64_t base_offset;
    /* Pages that may be anything but zeros. */
    bool touched[CHUNK_PAGES];
};

static int refuse(const struct snapshot_save *save, int error)
{
    if (error == ECANCELED)
        log_error("%s: not saved, as the run is ending", save->path);
    else if (error == EALREADY)
        log_error("%s: not saved, as another run saves to the same name", save->path);
    else
        log_error("%s: cannot write the snapshot: %s", save->path, strerror(error));
    return -error;
}

static bool is_cut_short(const struct snapshot_save *save)
{
    return save->is_cut_short != NULL && save->is_cut_short(save->ctx);
}

/* Whether another save has taken the name beside the file, and may have used it since. */
static bool has_lost_name(const struct snapshot_save *save)
{
    struct stat own, found;

    if (lstat(save->saving, &found) != 0)
        return errno == ENOENT;
    return fstat(save->fd, &own) == 0 && (own.st_dev != found.st_dev || own.st_ino != found.st_ino);
}

void snapshot_save_cancel(struct snapshot_save *save)
{
    if (save->fd < 0)
        return;
    if (save->is_named && !has_lost_name(save))
        unlink(save->saving);
    close(save->fd);
    if (save->pagemap_fd >= 0)
        close(save->pagemap_fd);
    free(save->records);
    free(save->is_written);
    save->fd = save->pagemap_fd = -1;
    save->records = NULL;
    save->is_written = NULL;
}

static int cancel(struct snapshot_save *save, int result)
{
    snapshot_save_cancel(save);
    return result;
}

/* A link is followed, so that what it leads to is replaced. */
static int resolve(struct snapshot_save *save)
{
    struct stat status;

    if (realpath(save->path, save->file) == NULL) {
        if (lstat(save->path, &status) == 0 || strlen(save->path) >= sizeof save->file)
            return errno;
        strcpy(save->file, save->path);
    } else if (!save->force) {
        return EEXIST;
    } else if (stat(save->file, &status) == 0 && !S_ISREG(status.st_mode)) {
        return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    }
    snprintf(save->saving, sizeof save->saving, "%s" SNAPSHOT_SAVE_SUFFIX, save->file);
    /* How long a name may be is the file system's business. Too late is after all is written. */
    if (save->force && lstat(save->saving, &status) != 0 && errno == ENAMETOOLONG)
        return ENAMETOOLONG;
    return 0;
}

static int refuse_path(const struct snapshot_save *save, int error)
{
    if (error == EEXIST)
        log_error("%s: the file exists; give another name, or replace it with force", save->path);
    else if (error == EINVAL)
        log_error("%s: cannot write the snapshot: no regular file", save->path);
    else
        refuse(save, error);
    return -error;
}

/* Errors for which O_TMPFILE is not known here are several; the name tells what is really wrong. */
static int open_new(struct snapshot_save *save)
{
    char folder[PATH_MAX];

    file_folder_of(save->file, folder);
    if (access("/proc/self/fd", X_OK) == 0)
        save->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (save->fd >= 0)
        return 0;
    unlink(save->saving);
    save->fd = open(save->saving, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    save->is_named = save->fd >= 0;
    return save->fd >= 0 ? 0 : errno;
}

int snapshot_save_begin(struct snapshot_save *save, const char *path, bool force)
{
    int error;

    *save = (struct snapshot_save){
        .path = path, .force = force, .fd = -1, .pagemap_fd = -1, .base.fd = -1};
    error = resolve(save);
    if (error != 0)
        return refuse_path(save, error);
    error = open_new(save);
    if (error != 0)
        return refuse(save, error);
    save->pagemap_fd = pagemap_open();
    return 0;
}

/* A file system may take a part, and say why no more only when it is asked again. */
static int write_at(int fd, const uint8_t *bytes, size_t size_bytes, uint64_t offset)
{
    while (size_bytes > 0) {
        ssize_t count = pwrite(fd, bytes, size_bytes, (off_t)offset);

        if (count > 0) {
            bytes += count;
            size_bytes -= (size_t)count;
            offset += (uint64_t)count;
        } else if (count == 0) {
            return EIO;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* Pages of the chunk where the base has data. Without holes to be found all of it is data. */
static void find_data_of_base(const struct snapshot_save *save, struct chunk *chunk)
{
    off_t begin = (off_t)chunk->base_offset;
    off_t end = begin + (off_t)chunk->size_bytes;

    for (off_t at = begin; at < end;) {
        off_t data = lseek(save->base.fd, at, SEEK_DATA);
        off_t hole;

        if (data < 0 && errno == ENXIO)
            return;
        if (data < 0)
            data = at;
        hole = data < end ? lseek(save->base.fd, data, SEEK_HOLE) : end;
        if (hole < 0 || hole > end)
            hole = end;
        for (off_t page = (data - begin) / PAGE_BYTES; page * PAGE_BYTES < hole - begin; page++)
            chunk->touched[page] = true;
        at = hole > data ? hole : end;
    }
}

/*
 * Which pages may be anything but zeros; returns whether any is. To look at one that was never
 * touched would map it, and take its time.
 */
static bool find_touched(const struct snapshot_save *save, struct chunk *chunk)
{
    uint64_t entries[CHUNK_PAGES];
    bool is_based = save->base.fd >= 0;
    bool is_known =
        pagemap_read(save->pagemap_fd, chunk->host, chunk->size_bytes / PAGE_BYTES, entries);
    bool any = false;

    memset(chunk->touched, !is_known, sizeof chunk->touched);
    if (is_known && is_based)
        find_data_of_base(save, chunk);
    for (size_t i = 0; i < chunk->size_bytes / PAGE_BYTES; i++) {
        if (is_known && (entries[i] & PAGEMAP_PRESENT) != 0 &&
            !(is_based && (entries[i] & PAGEMAP_FILE) != 0))
            chunk->touched[i] = true;
        any = any || chunk->touched[i];
    }
    return any;
}

static bool is_data(const struct chunk *chunk, size_t page)
{
    const uint8_t *at = chunk->host + page * PAGE_BYTES;

    return chunk->touched[page] && (at[0] != 0 || memcmp(at, at + 1, PAGE_BYTES - 1) != 0);
}

/* Writes the pages that are not zeros, neighbours at once. */
static int write_data(struct snapshot_save *save, const struct chunk *chunk)
{
    size_t count = chunk->size_bytes / PAGE_BYTES;
    int error = 0;

    for (size_t begin = 0, end; error == 0 && begin < count; begin = end + 1) {
        end = begin;
        while (end < count && is_data(chunk, end))
            end++;
        if (end == begin)
            continue;
        error = write_at(save->fd, chunk->host + begin * PAGE_BYTES, (end - begin) * PAGE_BYTES,
                         chunk->file_offset + begin * PAGE_BYTES);
        save->data_bytes += (end - begin) * PAGE_BYTES;
    }
    return error;
}

/* The first that is found counts; left_bytes are those up to the end of the region. */
static void find_vmcoreinfo(struct snapshot_save *save, const struct chunk *chunk,
                            uint64_t left_bytes)
{
    struct note note;

    for (size_t page = 0; page < chunk->size_bytes / PAGE_BYTES; page++) {
        uint64_t at = page * PAGE_BYTES;

        if (save->vmcoreinfo_bytes == 0 && chunk->touched[page] &&
            vmcoreinfo_is_at(chunk->host + at, left_bytes - at, &note)) {
            memcpy(save->vmcoreinfo, note.bytes, note.size_bytes);
            save->vmcoreinfo_bytes = note.size_bytes;
        }
    }
}

static int write_region(struct snapshot_save *save, const struct guest_mem *memory, unsigned number,
                        bool **is_written)
{
    const struct guest_mem_region *region = &memory->regions[number];
    struct chunk chunk;

    for (uint64_t at = 0; at < region->size_bytes; at += ELF_CORE_CHUNK_BYTES) {
        uint64_t left_bytes = region->size_bytes - at;
        int error = is_cut_short(save) ? ECANCELED : 0;

        chunk.host = region->host + at;
        chunk.size_bytes = elf_core_chunk_bytes(left_bytes);
        chunk.file_offset = save->core.regions[number].file_offset + at;
        chunk.base_offset = save->base.offsets[number] + at;
        if (error == 0 && find_touched(save, &chunk)) {
            find_vmcoreinfo(save, &chunk, left_bytes);
            error = write_data(save, &chunk);
            **is_written = true;
        }
        if (error != 0)
            return error;
        (*is_written)++;
    }
    return 0;
}

static int write_memory(struct snapshot_save *save, const struct guest_mem *memory)
{
    bool *is_written = save->is_written;
    int error = ftruncate(save->fd, (off_t)save->core.file_bytes) == 0 ? 0 : errno;

    for (unsigned i = 0; error == 0 && i < memory->region_count; i++)
        error = write_region(save, memory, i, &is_written);
    return error;
}

int snapshot_save_memory(struct snapshot_save *save, const struct guest_mem *memory,
                         const void *records, size_t records_bytes)
{
    int error;

    if (!elf_core_plan(&save->core, memory, records, records_bytes))
        return cancel(save, refuse(save, EFBIG));
    save->is_written = calloc(save->core.chunk_count, sizeof *save->is_written);
    save->records = malloc(records_bytes);
    if (save->is_written == NULL || save->records == NULL)
        return cancel(save, refuse(save, ENOMEM));
    memcpy(save->records, records, records_bytes);
    save->records_bytes = records_bytes;
    error = write_memory(save, memory);
    return error == 0 ? 0 : cancel(save, refuse(save, error));
}

static int write_head(struct snapshot_save *save, const uint64_t *checksums)
{
    const struct elf_core_head head = {.records = save->records,
                                       .records_bytes = save->records_bytes,
                                       .vmcoreinfo = save->vmcoreinfo,
                                       .vmcoreinfo_bytes = save->vmcoreinfo_bytes,
                                       .checksums = checksums};
    uint8_t *bytes = calloc(1, save->core.regions[0].file_offset);
    int error = ENOMEM;

    if (bytes != NULL)
        error = write_at(save->fd, bytes, elf_core_encode(&save->core, &head, bytes), 0);
    free(bytes);
    return error;
}

static int complete(struct snapshot_save *save)
{
    const struct snapshot_checksums of = {.fd = save->fd,
                                          .core = &save->core,
                                          .is_written = save->is_written,
                                          .is_cut_short = save->is_cut_short,
                                          .ctx = save->ctx};
    uint64_t *checksums = calloc(save->core.chunk_count, sizeof *checksums);
    int error = checksums != NULL ? snapshot_checksums_take(&of, checksums) : ENOMEM;

    if (error == 0)
        error = write_head(save, checksums);
    free(checksums);
    return error;
}

/* Gives a file without a name one; EEXIST if that is taken. */
static int give_name(const struct snapshot_save *save, const char *name)
{
    char nameless[64];

    snprintf(nameless, sizeof nameless, "/proc/self/fd/%d", save->fd);
    return linkat(AT_FDCWD, nameless, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* A file system that cannot rename so is asked whether the name is taken. */
static int rename_to_free_name(const char *from, const char *to)
{
    struct stat status;

    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL)
        return errno;
    if (lstat(to, &status) == 0)
        return EEXIST;
    return rename(from, to) == 0 ? 0 : errno;
}

/* From here on the file is found under its name. */
static int publish(struct snapshot_save *save)
{
    int error;

    if (save->is_named && has_lost_name(save))
        return EALREADY;
    if (!save->is_named) {
        error = give_name(save, save->file);
        if (error != EEXIST || !save->force)
            return error;
        unlink(save->saving);
        error = give_name(save, save->saving);
        if (error != 0)
            return error;
        save->is_named = true;
    }
    if (!save->force)
        error = rename_to_free_name(save->saving, save->file);
    else
        error = rename(save->saving, save->file) == 0 ? 0 : errno;
    save->is_named = error != 0;
    return error;
}

/*
 * To the disk, in parts, so that not all of it is waited for at once. It promises nothing, and a
 * file system may not know it: fdatasync follows, and says what fails.
 */
static int flush_parts(const struct snapshot_save *save)
{
    const unsigned all =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

    for (uint64_t at = 0; at < save->core.file_bytes; at += FLUSH_BYTES) {
        if (is_cut_short(save))
            return ECANCELED;
        if (sync_file_range(save->fd, (off_t)at, FLUSH_BYTES, all) != 0)
            return 0;
    }
    return 0;
}

int snapshot_save_end(struct snapshot_save *save)
{
    int error = complete(save);
    int result = 0;

    if (error == 0)
        error = flush_parts(save);
    if (error == 0 && fdatasync(save->fd) != 0)
        error = errno;
    if (error == 0)
        error = publish(save);
    if (error == EEXIST)
        return cancel(save, refuse_path(save, error));
    if (error != 0)
        return cancel(save, refuse(save, error));
    error = file_flush_folder(save->file);
    if (error != 0) {
        log_error("%s: the snapshot is written, but its folder may not be on the disk: %s",
                  save->path, strerror(error));
        result = -error;
    }
    return cancel(save, result);
}
