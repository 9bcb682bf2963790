/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMCOREINFO: a note that Linux keeps in its own memory for those who look at a dump of it. It says
 * which kernel that is, where it lies and how it is laid out; drgn and crash need it. No register
 * says where it is, but its page begins with it (kernel/vmcore_info.c: whole pages are allocated
 * for it). A guest may write anything there; what looks like the note is copied and not read.
 */
#ifndef SNAPSHOT_VMCOREINFO_H
#define SNAPSHOT_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot/note.h"

#define VMCOREINFO_NAME "VMCOREINFO"
/* Linux gives the contents one page, which may begin 24 bytes into the first one. */
#define VMCOREINFO_MAX_BYTES 4096

/* Whether the memory of size_bytes from the beginning of a page on begins with the note. */
bool vmcoreinfo_is_at(const void *page, size_t size_bytes, struct note *note);

#endif
