/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel knows of the pages of this process: to look at one that was never touched would
 * map it, and take its time. Source: Linux Documentation/admin-guide/mm/pagemap.rst.
 */
#ifndef VMM_HOST_PAGEMAP_H
#define VMM_HOST_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGEMAP_PAGE_BYTES 4096
/* Bits of an entry: in memory, or swapped out; and of a file, so not a private copy. */
#define PAGEMAP_PRESENT (UINT64_C(3) << 62)
#define PAGEMAP_FILE    (UINT64_C(1) << 61)

/* A descriptor for pagemap_read, the caller's; -1: this host does not tell. */
int pagemap_open(void);

/* An entry for each page from `host` on. False if the kernel does not say. */
bool pagemap_read(int fd, const void *host, size_t page_count, uint64_t *entries);

#endif
