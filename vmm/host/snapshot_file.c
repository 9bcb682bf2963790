/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_file.h. */
#include "vmm/host/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define ERROR_BYTES 512

static int refuse(const char *path, int error)
{
    log_error("%s: cannot read the snapshot: %s", path, strerror(error));
    return -error;
}

/* What the head is to hold is known after its first bytes. */
static int read_head(struct snapshot_file *file, uint64_t file_bytes, struct text *error)
{
    uint8_t first[ELF_CORE_HEADERS_BYTES];
    ssize_t count = file_read_at(file->fd, first, sizeof first, 0);

    if (count < 0)
        return (int)count;
    file->head_bytes = elf_core_head_bytes(first, (size_t)count, file_bytes, error);
    if (file->head_bytes == 0)
        return -EINVAL;
    file->head = malloc(file->head_bytes);
    if (file->head == NULL)
        return -ENOMEM;
    count = file_read_at(file->fd, file->head, file->head_bytes, 0);
    if (count < 0)
        return (int)count;
    if ((size_t)count < file->head_bytes) {
        text_add(error, "cut off while it was read");
        return -EINVAL;
    }
    if (!elf_core_decode(file->head, file->head_bytes, file_bytes, &file->core, error))
        return -EINVAL;
    return 0;
}

/* Not every file system has locks, and a snapshot can be read without. */
static void ask_not_to_write(int fd)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

    fcntl(fd, F_OFD_SETLK, &whole);
}

int snapshot_file_open(struct snapshot_file *file, const char *path)
{
    char bytes[ERROR_BYTES];
    const char *wrong;
    uint64_t file_bytes;
    struct text error;
    int result;

    *file = (struct snapshot_file){.path = path, .fd = -1};
    text_init(&error, bytes, sizeof bytes);
    file->fd = file_open(path, SNAPSHOT_FILE_PIPE_MAX_BYTES, &file_bytes, &wrong);
    if (file->fd < 0) {
        log_error("%s: cannot read the snapshot: %s", path, wrong);
        return file->fd;
    }
    ask_not_to_write(file->fd);
    result = read_head(file, file_bytes, &error);
    if (result == 0)
        return 0;
    if (error.length_bytes > 0)
        log_error("%s: the file is %s", path, bytes);
    else
        refuse(path, -result);
    snapshot_file_close(file);
    return result;
}

void snapshot_file_close(struct snapshot_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->head);
    file->fd = -1;
    file->head = NULL;
}

const void *snapshot_file_notes(const struct snapshot_file *file)
{
    return file->head + file->core.notes_offset;
}

/* A file system that knows no holes says that all is data. */
static bool is_hole_at(int fd, uint64_t offset, uint64_t size_bytes)
{
    off_t data = lseek(fd, (off_t)offset, SEEK_DATA);

    return data < 0 ? errno == ENXIO : (uint64_t)data >= offset + size_bytes;
}

int64_t snapshot_file_read_chunk(const struct snapshot_file *file, unsigned region,
                                 uint64_t chunk_in_region, uint8_t *buffer, bool *is_hole)
{
    const struct elf_core_region *of = &file->core.regions[region];
    uint64_t begin = chunk_in_region * ELF_CORE_CHUNK_BYTES;
    uint64_t size_bytes;
    ssize_t count;

    if (begin >= of->size_bytes)
        return 0;
    size_bytes = elf_core_chunk_bytes(of->size_bytes - begin);
    *is_hole = is_hole_at(file->fd, of->file_offset + begin, size_bytes);
    if (*is_hole)
        return (int64_t)size_bytes;
    count = file_read_at(file->fd, buffer, size_bytes, of->file_offset + begin);
    if (count < 0)
        return refuse(file->path, (int)-count);
    if ((uint64_t)count == size_bytes)
        return count;
    log_error("%s: the file was cut off while it was read", file->path);
    return -EINVAL;
}

struct verify {
    const struct snapshot_file *file;
    uint8_t *buffer;
    uint64_t zeros_checksum;
    /* Of all regions. */
    uint64_t chunk;
};

static uint64_t checksum_of_chunk(const struct verify *verify, uint64_t size_bytes, bool is_hole)
{
    if (!is_hole)
        return checksum_of(verify->buffer, size_bytes);
    return size_bytes == ELF_CORE_CHUNK_BYTES ? verify->zeros_checksum
                                              : checksum_of_zeros(size_bytes);
}

static int verify_region(struct verify *verify, unsigned region)
{
    const struct snapshot_file *file = verify->file;

    for (uint64_t i = 0;; i++) {
        uint64_t gpa = file->core.regions[region].base_gpa + i * ELF_CORE_CHUNK_BYTES;
        bool is_hole;
        int64_t size_bytes = snapshot_file_read_chunk(file, region, i, verify->buffer, &is_hole);

        if (size_bytes <= 0)
            return (int)size_bytes;
        if (checksum_of_chunk(verify, (uint64_t)size_bytes, is_hole) !=
            elf_core_chunk_checksum(&file->core, file->head, verify->chunk++)) {
            log_error("%s: the file is damaged: its memory from 0x%" PRIx64 " to 0x%" PRIx64
                      " has another checksum than when it was saved",
                      file->path, gpa, gpa + (uint64_t)size_bytes - 1);
            return -EINVAL;
        }
    }
}

int snapshot_file_verify(const struct snapshot_file *file)
{
    struct verify verify = {
        .file = file,
        .buffer = malloc(ELF_CORE_CHUNK_BYTES),
        .zeros_checksum = checksum_of_zeros(ELF_CORE_CHUNK_BYTES),
    };
    int result = verify.buffer != NULL ? 0 : refuse(file->path, ENOMEM);

    for (unsigned i = 0; result == 0 && i < file->core.region_count; i++)
        result = verify_region(&verify, i);
    free(verify.buffer);
    return result;
}
