/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a kernel's or an initrd's bytes come from: an open file, or memory. They are read straight
 * into guest memory, so nothing is copied twice.
 *
 * They are not mapped. Until a page of a private mapping is written to, it shows what somebody
 * writes to the file, and is gone where the file has become shorter. A save of the machine would
 * miss it too: it looks at pages that the process has touched.
 */
#ifndef BOOT_SOURCE_H
#define BOOT_SOURCE_H

#include <stdint.h>

struct boot_source {
    /* For messages. */
    const char *name;
    /* A regular file, open for reading; -1 if the bytes are in memory. */
    int fd;
    const uint8_t *bytes;
    uint64_t size_bytes;
};

/* An initrd; for a kernel that is not Linux, a module. */
struct boot_module {
    struct boot_source source;
    /* As the user named it: a file, and behind a space what the module is told, if anything. */
    const char *text;
    /* What it is told; "" for nothing. */
    const char *words;
};

#define BOOT_MAX_MODULES 32

/*
 * Reads exactly length_bytes at offset_bytes. 0; -ENODATA if the source ends before; else -errno of
 * the failed read.
 */
int boot_source_read(const struct boot_source *source, uint64_t offset_bytes, void *to,
                     uint64_t length_bytes);

#endif
