/* SPDX-License-Identifier: BSD-2-Clause */
/* See source.h. */
#include "boot/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int read_file(int fd, uint64_t offset_bytes, uint8_t *to, uint64_t length_bytes)
{
    while (length_bytes > 0) {
        ssize_t count = pread(fd, to, length_bytes, (off_t)offset_bytes);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : -ENODATA;
        to += count;
        offset_bytes += (uint64_t)count;
        length_bytes -= (uint64_t)count;
    }
    return 0;
}

int boot_source_read(const struct boot_source *source, uint64_t offset_bytes, void *to,
                     uint64_t length_bytes)
{
    if (offset_bytes > source->size_bytes || length_bytes > source->size_bytes - offset_bytes)
        return -ENODATA;
    if (source->fd >= 0)
        return read_file(source->fd, offset_bytes, to, length_bytes);
    memcpy(to, source->bytes + offset_bytes, length_bytes);
    return 0;
}
