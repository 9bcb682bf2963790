/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of a cpio archive in the format newc, as Linux takes one for its initramfs.
 *
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. An entry is a head of
 * 110 characters, the name with its NUL, the data; name and data are each padded to a multiple of 4
 * bytes. Archives may follow each other, packed or not, with zeros between them; each begins at a
 * multiple of 4. Of two entries with one name the later one counts.
 *
 * Everything belongs to root, and has no date. Pure.
 */
#ifndef BOOT_CPIO_H
#define BOOT_CPIO_H

#include <stddef.h>
#include <stdint.h>

#define CPIO_NAME_MAX_BYTES 4095
#define CPIO_HEAD_MAX_BYTES (110 + CPIO_NAME_MAX_BYTES + 1 + 3)
#define CPIO_ALIGN_BYTES    4
/* The size of a file has 32 bits. */
#define CPIO_FILE_MAX_BYTES UINT32_MAX

struct cpio_entry {
    /* Without a slash in front. */
    const char *name;
    /* Kind and permissions, as in st_mode. */
    uint32_t mode;
    /* Of a device. */
    uint32_t major;
    uint32_t minor;
    /* Of a file; of a symbolic link, the length of its target. */
    uint64_t size_bytes;
};

/*
 * Writes what comes before the entry's data. Returns its length, a multiple of 4; 0 if the name is
 * empty or too long, or the file too large.
 */
size_t cpio_put_head(const struct cpio_entry *entry, uint8_t head[CPIO_HEAD_MAX_BYTES]);

/* Writes the entry that ends an archive. Returns its length. */
size_t cpio_put_end(uint8_t head[CPIO_HEAD_MAX_BYTES]);

/* Zeros to come behind so many bytes. */
unsigned cpio_padding_bytes(uint64_t size_bytes);

#endif
