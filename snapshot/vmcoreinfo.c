/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmcoreinfo.h. */
#include "snapshot/vmcoreinfo.h"

#include <string.h>

#define BEGIN "OSRELEASE="

bool vmcoreinfo_is_at(const void *page, size_t size_bytes, struct note *note)
{
    struct note_reader reader;

    note_reader_init(&reader, page, size_bytes);
    return note_next(&reader, note) && note->type == 0 && note_has_name(note, VMCOREINFO_NAME) &&
           note->size_bytes <= VMCOREINFO_MAX_BYTES && note->size_bytes >= sizeof BEGIN - 1 &&
           memcmp(note->bytes, BEGIN, sizeof BEGIN - 1) == 0;
}
