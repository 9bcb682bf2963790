/* SPDX-License-Identifier: BSD-2-Clause */
/* See file.h. */
#include "vmm/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The descriptor does not block, and the main loop has all signals blocked. */
static void wait_for_bytes(int pipe_fd, const struct timespec *patience)
{
    struct pollfd poll_fd = {.fd = pipe_fd, .events = POLLIN};
    sigset_t none;

    sigemptyset(&none);
    ppoll(&poll_fd, 1, patience, &none);
}

/*
 * Moves all that comes out of the pipe to the file. A named pipe has ended as long as nobody writes
 * to it: the first wait is for those who begin only now.
 */
static int drain_pipe(int pipe_fd, int to_fd, uint64_t max_bytes, uint64_t *size_bytes)
{
    const struct timespec one_second = {.tv_sec = 1};

    *size_bytes = 0;
    wait_for_bytes(pipe_fd, &one_second);
    while (*size_bytes <= max_bytes) {
        ssize_t count = splice(pipe_fd, NULL, to_fd, NULL, 1 << 20, 0);

        if (count == 0)
            return *size_bytes > 0 ? 0 : ENODATA;
        if (count > 0)
            *size_bytes += (uint64_t)count;
        else if (errno == EAGAIN)
            wait_for_bytes(pipe_fd, NULL);
        else if (errno != EINTR)
            return errno;
    }
    return EFBIG;
}

/* In the place of the pipe, which is closed, *fd becomes a file in memory with what it had. */
static int replace_pipe(int *fd, uint64_t max_bytes, uint64_t *size_bytes)
{
    int pipe_fd = *fd;
    int number;

    *fd = memfd_create("pipe", MFD_CLOEXEC);
    number = *fd < 0 ? errno : drain_pipe(pipe_fd, *fd, max_bytes, size_bytes);
    close(pipe_fd);
    return number;
}

static const char *error_text(int number)
{
    switch (number) {
    case EINVAL:
        return "Neither a regular file nor a pipe";
    case ENODATA:
        return "Nothing came out of this pipe";
    case EFBIG:
        return "Too much came out of this pipe";
    default:
        return strerror(number);
    }
}

int file_open(const char *path, uint64_t pipe_max_bytes, uint64_t *size_bytes, const char **error)
{
    struct stat status = {0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int number = 0;

    if (fd < 0 || fstat(fd, &status) != 0)
        number = errno;
    else if (S_ISDIR(status.st_mode))
        number = EISDIR;
    else if (S_ISFIFO(status.st_mode))
        number = replace_pipe(&fd, pipe_max_bytes, size_bytes);
    else if (S_ISREG(status.st_mode))
        *size_bytes = (uint64_t)status.st_size;
    else
        number = EINVAL;
    if (number == 0)
        return fd;
    *error = error_text(number);
    if (fd >= 0)
        close(fd);
    return -number;
}

void file_folder_of(const char *path, char folder[PATH_MAX])
{
    char copy[PATH_MAX];

    snprintf(copy, sizeof copy, "%s", path);
    snprintf(folder, PATH_MAX, "%s", dirname(copy));
}

int file_flush_folder(const char *path)
{
    char folder[PATH_MAX];
    int fd, error;

    file_folder_of(path, folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno;
    error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error;
}

bool file_is_pipe(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

char *file_name_of(const char *text)
{
    char *name = strdup(text);
    char *space = name;

    while (space != NULL && access(name, F_OK) != 0) {
        space = strrchr(name, ' ');
        if (space != NULL)
            *space = '\0';
    }
    if (name != NULL && space == NULL)
        strcpy(name, text);
    return name;
}

char *file_read_all(int fd, uint64_t size_bytes, uint64_t max_bytes, size_t *got_bytes,
                    const char **error)
{
    char *bytes;
    ssize_t got;

    if (size_bytes > max_bytes) {
        *error = strerror(EFBIG);
        return NULL;
    }
    bytes = calloc(1, (size_t)size_bytes + 1);
    got = bytes != NULL ? pread(fd, bytes, (size_t)size_bytes, 0) : -1;
    if (got < 0) {
        *error = strerror(errno);
        free(bytes);
        return NULL;
    }
    *got_bytes = (size_t)got;
    return bytes;
}

/* A file system may take a part, and say why no more only when it is asked again. */
int file_write_all(int fd, const void *bytes, size_t size_bytes, size_t *done_bytes)
{
    const uint8_t *from = bytes;

    *done_bytes = 0;
    while (*done_bytes < size_bytes) {
        ssize_t written = write(fd, from + *done_bytes, size_bytes - *done_bytes);
        int error = written < 0 ? errno : EIO;

        if (written > 0)
            *done_bytes += (size_t)written;
        else if (error != EINTR)
            return -error;
    }
    return 0;
}

ssize_t file_read_at(int fd, void *bytes, size_t size_bytes, uint64_t offset)
{
    size_t done_bytes = 0;

    while (done_bytes < size_bytes) {
        ssize_t count = pread(fd, (char *)bytes + done_bytes, size_bytes - done_bytes,
                              (off_t)(offset + done_bytes));

        if (count == 0)
            break;
        if (count > 0)
            done_bytes += (size_t)count;
        else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)done_bytes;
}

static int write_to(const char *path, int flag, const char *bytes, size_t size_bytes)
{
    int fd = open(path, O_WRONLY | flag | O_CREAT | O_CLOEXEC, 0666);
    size_t done_bytes;
    int result;

    if (fd < 0)
        return -errno;
    result = file_write_all(fd, bytes, size_bytes, &done_bytes);
    if (close(fd) != 0 && result == 0)
        result = -errno;
    return result;
}

int file_append(const char *path, const char *bytes, size_t size_bytes)
{
    return write_to(path, O_APPEND, bytes, size_bytes);
}

int file_put(const char *path, const char *bytes, size_t size_bytes)
{
    return write_to(path, O_TRUNC, bytes, size_bytes);
}
