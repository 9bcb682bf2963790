/* SPDX-License-Identifier: BSD-2-Clause */
/* See file.h. */
#include "vmm/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, uint64_t *size_bytes, const char **error)
{
    struct stat status = {0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int number = 0;

    if (fd < 0 || fstat(fd, &status) != 0)
        number = errno;
    else if (S_ISDIR(status.st_mode))
        number = EISDIR;
    else if (!S_ISREG(status.st_mode))
        number = EINVAL;
    if (number == 0) {
        *size_bytes = (uint64_t)status.st_size;
        return fd;
    }
    *error = number == EINVAL ? "Not a regular file" : strerror(number);
    if (fd >= 0)
        close(fd);
    return -number;
}
