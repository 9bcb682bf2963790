/* SPDX-License-Identifier: BSD-2-Clause */
/* See nvram_file.h. */
#include "vmm/host/nvram_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define VERSION         1
#define CRC_POLYNOMIAL  0xedb88320u
#define NAME            "--rtc nvram=%s: "
#define TEMPORARY_BYTES (PATH_MAX + sizeof NVRAM_FILE_SAVING_SUFFIX)

static const char magic[8] = {'M', 'I', 'N', 'I', 'V', 'N', 'V', 'R'};

/* The file as it is; the compiler puts no gaps into it. */
struct file_layout {
    char magic[sizeof magic];
    uint32_t version;
    uint32_t size_bytes;
    uint64_t rtc_offset_ns;
    uint8_t bytes[RTC_NVRAM_BYTES];
    uint8_t zero[2];
    uint32_t crc;
};
static_assert(sizeof(struct file_layout) == NVRAM_FILE_BYTES, "as the header says");

static uint32_t crc_of(const struct file_layout *file)
{
    const uint8_t *bytes = (const uint8_t *)file;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < offsetof(struct file_layout, crc); i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? CRC_POLYNOMIAL : 0);
    }
    return ~crc;
}

void nvram_file_encode(const struct nvram_image *image, uint8_t file[NVRAM_FILE_BYTES])
{
    struct file_layout layout = {
        .version = htole32(VERSION),
        .size_bytes = htole32(NVRAM_FILE_BYTES),
        .rtc_offset_ns = htole64((uint64_t)image->rtc_offset_ns),
    };

    memcpy(layout.magic, magic, sizeof magic);
    memcpy(layout.bytes, image->bytes, sizeof layout.bytes);
    layout.crc = htole32(crc_of(&layout));
    memcpy(file, &layout, sizeof layout);
}

const char *nvram_file_decode(const uint8_t *file, size_t size_bytes, struct nvram_image *image)
{
    struct file_layout layout = {0};

    memcpy(&layout, file, size_bytes < sizeof layout ? size_bytes : sizeof layout);
    if (memcmp(layout.magic, magic, sizeof magic) != 0)
        return "not an NVRAM file of minivmm";
    if (layout.version != htole32(VERSION))
        return "of another version of minivmm";
    if (size_bytes != sizeof layout || layout.size_bytes != htole32(NVRAM_FILE_BYTES))
        return "damaged: its size is wrong";
    if (layout.crc != htole32(crc_of(&layout)) || layout.zero[0] != 0 || layout.zero[1] != 0)
        return "damaged: its checksum is wrong";
    image->rtc_offset_ns = (int64_t)le64toh(layout.rtc_offset_ns);
    memcpy(image->bytes, layout.bytes, sizeof layout.bytes);
    return NULL;
}

static int refuse(const char *path, int error)
{
    log_error(NAME "%s", path, strerror(error));
    return -error;
}

/* A FIFO would make open wait; O_NONBLOCK changes nothing for a regular file. */
static int open_regular(const char *path)
{
    struct stat status = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
}

/* Reads one byte more than a file may have, so that a longer one is noticed. */
static int read_image(const char *path, int fd, struct nvram_image *image)
{
    uint8_t file[NVRAM_FILE_BYTES + 1];
    ssize_t size_bytes = read(fd, file, sizeof file);
    const char *wrong;

    if (size_bytes < 0)
        return refuse(path, errno);
    wrong = nvram_file_decode(file, (size_t)size_bytes, image);
    if (wrong == NULL)
        return 0;
    log_error(NAME "the file is %s; give another, or remove it to begin anew", path, wrong);
    return -EINVAL;
}

/* Where the file itself is, if path is a link to it: the link is to stay. */
static void resolve(const char *path, char file[PATH_MAX])
{
    if (realpath(path, file) == NULL)
        snprintf(file, PATH_MAX, "%s", path);
}

static int check_folder(const char *path, const char *file)
{
    char folder[PATH_MAX];

    file_folder_of(file, folder);
    if (access(folder, W_OK | X_OK) == 0)
        return 0;
    log_error(NAME "cannot write to the folder %s: %s", path, folder, strerror(errno));
    return -errno;
}

/* How long a name may be is the file system's business, so that is asked. */
static int check_length(const char *path, const char *file)
{
    char temporary[TEMPORARY_BYTES];
    struct stat status;

    snprintf(temporary, sizeof temporary, "%s" NVRAM_FILE_SAVING_SUFFIX, file);
    if (lstat(temporary, &status) == 0 || errno != ENAMETOOLONG)
        return 0;
    log_error(NAME "the name is too long: while the file is written it has %zu characters more; "
                   "give a shorter one",
              path, sizeof NVRAM_FILE_SAVING_SUFFIX - 1);
    return -ENAMETOOLONG;
}

/* Whether nvram_file_save can do its work: at the end of the run it would be too late to say no. */
static int check_save(const char *path)
{
    char file[PATH_MAX];
    int result;

    resolve(path, file);
    result = check_folder(path, file);
    return result < 0 ? result : check_length(path, file);
}

/* Where there is no file, a link can only be one that leads to none. */
static int check_no_link(const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode))
        return 0;
    log_error(NAME "a symbolic link to a file that does not exist; give that file, or remove the "
                   "link",
              path);
    return -ENOENT;
}

int nvram_file_load(const char *path, struct nvram_image *image, bool *found)
{
    int fd = open_regular(path);
    int result = 0;

    *image = (struct nvram_image){0};
    *found = fd >= 0;
    if (fd == -EINVAL) {
        log_error(NAME "Not a regular file", path);
        return fd;
    }
    if (fd < 0 && fd != -ENOENT)
        return refuse(path, -fd);
    if (fd >= 0) {
        result = read_image(path, fd, image);
        close(fd);
    } else {
        result = check_no_link(path);
    }
    return result < 0 ? result : check_save(path);
}

static bool is_at(const char *path, int fd)
{
    struct stat opened, named;

    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

/*
 * Whoever releases a lock removes its file first. One that was opened before that and locked after
 * it protects nothing: -ESTALE, to be tried again.
 */
static int try_lock(struct nvram_lock *lock)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open(lock->path, flags, 0600);
    int result = 0;

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0)
        result = -errno;
    else if (!is_at(lock->path, fd))
        result = -ESTALE;
    if (result == 0)
        lock->fd = fd;
    else
        close(fd);
    return result;
}

int nvram_file_lock(const char *path, struct nvram_lock *lock)
{
    char file[PATH_MAX], temporary[TEMPORARY_BYTES];
    int result;

    lock->fd = -1;
    resolve(path, file);
    snprintf(lock->path, sizeof lock->path, "%s" NVRAM_FILE_LOCK_SUFFIX, file);
    do
        result = try_lock(lock);
    while (result == -ESTALE);
    if (result == -EAGAIN)
        log_error(NAME "another run is using the file; end that one, or give another file", path);
    else if (result < 0)
        log_error(NAME "cannot lock %s: %s; remove it if no run uses it", path, lock->path,
                  strerror(-result));
    if (result < 0)
        return result;
    snprintf(temporary, sizeof temporary, "%s" NVRAM_FILE_SAVING_SUFFIX, file);
    unlink(temporary);
    return 0;
}

void nvram_file_unlock(struct nvram_lock *lock)
{
    if (lock->fd < 0)
        return;
    unlink(lock->path);
    close(lock->fd);
    lock->fd = -1;
}

/* Says how much of it was written, if some of it was. */
static int write_all(const char *path, int fd, const uint8_t *bytes, size_t size_bytes)
{
    size_t done_bytes;
    int result = file_write_all(fd, bytes, size_bytes, &done_bytes);

    if (result == 0)
        return 0;
    if (done_bytes == 0)
        return refuse(path, -result);
    log_error(NAME "%zu of %zu bytes were written: %s", path, done_bytes, size_bytes,
              strerror(-result));
    return result;
}

/* Only root can give a file away. What the RTC has is worth more than who owns it. */
static void keep_owner(const char *path, int fd, const struct stat *old)
{
    struct stat made;

    if (fstat(fd, &made) == 0 && made.st_uid == old->st_uid && made.st_gid == old->st_gid)
        return;
    if (fchown(fd, old->st_uid, old->st_gid) != 0)
        log_note(NAME "the file's owner, user %u and group %u, cannot be kept: %s", path,
                 old->st_uid, old->st_gid, strerror(errno));
}

/* A change of owner takes bits of the mode away, so that comes first. Says what fails. */
static int write_new(const char *path, int fd, const char *old, const struct nvram_image *image)
{
    uint8_t bytes[NVRAM_FILE_BYTES];
    struct stat status;
    int result;

    nvram_file_encode(image, bytes);
    result = write_all(path, fd, bytes, sizeof bytes);
    if (result < 0)
        return result;
    if (stat(old, &status) == 0) {
        keep_owner(path, fd, &status);
        if (fchmod(fd, status.st_mode & 0777) != 0)
            return refuse(path, errno);
    }
    return fsync(fd) == 0 ? 0 : refuse(path, errno);
}

int nvram_file_save(const char *path, const struct nvram_image *image)
{
    char file[PATH_MAX], temporary[TEMPORARY_BYTES];
    int fd, result;

    resolve(path, file);
    snprintf(temporary, sizeof temporary, "%s" NVRAM_FILE_SAVING_SUFFIX, file);
    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(path, errno);
    result = write_new(path, fd, file, image);
    if (close(fd) != 0 && result == 0)
        result = refuse(path, errno);
    if (result == 0 && rename(temporary, file) != 0)
        result = refuse(path, errno);
    if (result < 0) {
        unlink(temporary);
        return result;
    }
    result = file_flush_folder(file);
    return result != 0 ? refuse(path, result) : 0;
}
