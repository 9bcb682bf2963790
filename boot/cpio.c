/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpio.h. */
#include "boot/cpio.h"

#include <stdio.h>
#include <string.h>

#define FIXED_BYTES 110
#define END_NAME    "TRAILER!!!"

unsigned cpio_padding_bytes(uint64_t size_bytes)
{
    return (unsigned)(-size_bytes % CPIO_ALIGN_BYTES);
}

size_t cpio_put_head(const struct cpio_entry *entry, uint8_t head[CPIO_HEAD_MAX_BYTES])
{
    size_t name_bytes = strlen(entry->name) + 1;
    size_t length_bytes = FIXED_BYTES + name_bytes;

    if (name_bytes == 1 || name_bytes > CPIO_NAME_MAX_BYTES + 1 ||
        entry->size_bytes > CPIO_FILE_MAX_BYTES)
        return 0;
    /* Inode, user, group, date and device are 0; there is one link. */
    snprintf((char *)head, FIXED_BYTES + 1,
             "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0u, entry->mode, 0u, 0u,
             1u, 0u, (unsigned)entry->size_bytes, 0u, 0u, entry->major, entry->minor,
             (unsigned)name_bytes, 0u);
    memcpy(head + FIXED_BYTES, entry->name, name_bytes);
    memset(head + length_bytes, 0, cpio_padding_bytes(length_bytes));
    return length_bytes + cpio_padding_bytes(length_bytes);
}

size_t cpio_put_end(uint8_t head[CPIO_HEAD_MAX_BYTES])
{
    return cpio_put_head(&(struct cpio_entry){.name = END_NAME}, head);
}
