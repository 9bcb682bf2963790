/* SPDX-License-Identifier: BSD-2-Clause */
/* See archive.h. */
#include "vmm/initramfs/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/cpio.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define COPY_BYTES       65536
#define PERMISSIONS      07777
#define FOLDER_MODE      0755
#define CONSOLE_MODE     0600
#define CONSOLE_MAJOR    5
#define CONSOLE_MINOR    1
#define LINK_PERMISSIONS 0777

static int compare_names(const void *one, const void *other)
{
    return strcmp(one, other);
}

int archive_open(struct archive *archive, uint64_t limit_bytes)
{
    *archive = (struct archive){.limit_bytes = limit_bytes};
    archive->fd = memfd_create("initramfs", MFD_CLOEXEC);
    if (archive->fd >= 0)
        return 0;
    log_error("memfd_create: %s", strerror(errno));
    return -errno;
}

void archive_close(struct archive *archive)
{
    tdestroy(archive->names, free);
    archive->names = NULL;
    if (archive->fd >= 0)
        close(archive->fd);
    archive->fd = -1;
}

bool archive_has(const struct archive *archive, const char *path)
{
    return tfind(path, &archive->names, compare_names) != NULL;
}

/* 1: it is new; 0: it was there. */
static int add_name(struct archive *archive, const char *path)
{
    char *copy;

    if (archive_has(archive, path))
        return 0;
    copy = strdup(path);
    if (copy != NULL && tsearch(copy, &archive->names, compare_names) != NULL)
        return 1;
    free(copy);
    log_error("out of memory");
    return -ENOMEM;
}

static int write_bytes(struct archive *archive, const void *bytes, size_t size_bytes)
{
    size_t done_bytes;
    int result;

    if (size_bytes > archive->limit_bytes - archive->size_bytes) {
        log_error("what is taken along does not fit in the guest's memory of %" PRIu64
                  " MiB; take less, or use a larger --memory",
                  archive->limit_bytes >> 20);
        return -EFBIG;
    }
    result = file_write_all(archive->fd, bytes, size_bytes, &done_bytes);
    archive->size_bytes += done_bytes;
    if (result < 0)
        log_error("the initramfs: %s", strerror(-result));
    return result;
}

static int write_padding(struct archive *archive)
{
    static const uint8_t zeros[CPIO_ALIGN_BYTES];

    return write_bytes(archive, zeros, cpio_padding_bytes(archive->size_bytes));
}

/* The name, unless it is there, and its head. 1: its data come next; 0: it was there. */
static int begin_entry(struct archive *archive, const char *path, struct cpio_entry entry)
{
    uint8_t head[CPIO_HEAD_MAX_BYTES];
    size_t length;
    int result;

    entry.name = path + strspn(path, "/");
    length = cpio_put_head(&entry, head);
    if (length == 0) {
        log_error("%s: cannot be taken along: %s", path,
                  entry.size_bytes > CPIO_FILE_MAX_BYTES ? "it has 4 GiB or more"
                                                         : "its name is empty or too long");
        return -EINVAL;
    }
    result = add_name(archive, path);
    if (result <= 0)
        return result;
    result = write_bytes(archive, head, length);
    return result < 0 ? result : 1;
}

static int add_entry(struct archive *archive, const char *path, struct cpio_entry entry,
                     const void *data)
{
    int result = begin_entry(archive, path, entry);

    if (result > 0)
        result = write_bytes(archive, data, entry.size_bytes);
    return result < 0 ? result : write_padding(archive);
}

int archive_add_folder(struct archive *archive, const char *path, mode_t permissions)
{
    return add_entry(archive, path, (struct cpio_entry){.mode = S_IFDIR | permissions}, NULL);
}

int archive_add_folders(struct archive *archive, const char *path, bool itself)
{
    char part[PATH_MAX];
    int result = 0;

    for (size_t i = 1; result == 0 && i < sizeof part && path[i - 1] != '\0'; i++) {
        if (path[i] != '/' && (path[i] != '\0' || !itself || path[i - 1] == '/'))
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        result = archive_add_folder(archive, part, FOLDER_MODE);
    }
    return result;
}

int archive_add_link(struct archive *archive, const char *path, const char *target)
{
    const struct cpio_entry entry = {.mode = S_IFLNK | LINK_PERMISSIONS,
                                     .size_bytes = strlen(target)};

    return add_entry(archive, path, entry, target);
}

int archive_add_console(struct archive *archive, const char *path)
{
    const struct cpio_entry entry = {
        .mode = S_IFCHR | CONSOLE_MODE, .major = CONSOLE_MAJOR, .minor = CONSOLE_MINOR};

    return add_entry(archive, path, entry, NULL);
}

int archive_add_bytes(struct archive *archive, const char *path, mode_t permissions,
                      const void *bytes, size_t size_bytes)
{
    const struct cpio_entry entry = {.mode = S_IFREG | permissions, .size_bytes = size_bytes};

    return add_entry(archive, path, entry, bytes);
}

/* All of the open file, which has so many bytes. */
static int copy_file(struct archive *archive, const char *from, int fd, uint64_t size_bytes)
{
    static uint8_t bytes[COPY_BYTES];
    int result = 0;

    while (result == 0 && size_bytes > 0) {
        ssize_t count = read(fd, bytes, size_bytes < sizeof bytes ? size_bytes : sizeof bytes);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            log_error("%s: %s", from, count < 0 ? strerror(errno) : "it became shorter while read");
            return -EIO;
        }
        size_bytes -= (uint64_t)count;
        result = write_bytes(archive, bytes, (size_t)count);
    }
    return result < 0 ? result : write_padding(archive);
}

static int open_file(const struct archive *archive, const char *path, uint64_t *size_bytes)
{
    const char *error;
    int fd = file_open(path, archive->limit_bytes, size_bytes, &error);

    if (fd < 0)
        log_error("%s: %s", path, error);
    return fd;
}

int archive_add_archive(struct archive *archive, const char *path)
{
    uint64_t size_bytes;
    int fd = open_file(archive, path, &size_bytes);
    int result;

    if (fd < 0)
        return fd;
    result = copy_file(archive, path, fd, size_bytes);
    close(fd);
    return result;
}

int archive_add_file(struct archive *archive, const char *path, const char *from)
{
    struct cpio_entry entry = {0};
    struct stat status;
    int fd = open_file(archive, from, &entry.size_bytes);
    int result;

    if (fd < 0)
        return fd;
    if (fstat(fd, &status) == 0)
        entry.mode = S_IFREG | (status.st_mode & PERMISSIONS);
    result = begin_entry(archive, path, entry);
    if (result > 0)
        result = copy_file(archive, from, fd, entry.size_bytes);
    close(fd);
    return result;
}

int archive_end(struct archive *archive)
{
    uint8_t head[CPIO_HEAD_MAX_BYTES];

    return write_bytes(archive, head, cpio_put_end(head));
}
