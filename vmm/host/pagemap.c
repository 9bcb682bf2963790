/* SPDX-License-Identifier: BSD-2-Clause */
/* See pagemap.h. */
#include "vmm/host/pagemap.h"

#include <fcntl.h>
#include <unistd.h>

int pagemap_open(void)
{
    return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

bool pagemap_read(int fd, const void *host, size_t page_count, uint64_t *entries)
{
    size_t wanted = page_count * sizeof entries[0];
    off_t offset = (off_t)((uintptr_t)host / PAGEMAP_PAGE_BYTES * sizeof entries[0]);

    return fd >= 0 && pread(fd, entries, wanted, offset) == (ssize_t)wanted;
}
