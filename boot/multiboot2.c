/* SPDX-License-Identifier: BSD-2-Clause */
/* See multiboot2.h. */
#include "boot/multiboot2.h"

#include <errno.h>
#include <string.h>

#include "boot/place.h"

#define MAGIC              0xe85250d6
#define ARCHITECTURE_I386  0
#define SEARCH_BYTES       32768
#define HEADER_ALIGN_BYTES 8

struct header {
    uint32_t magic;
    uint32_t architecture;
    uint32_t header_length;
    uint32_t checksum;
};

int multiboot2_refuse(const struct boot_source *kernel, struct boot_error *error)
{
    uint8_t head[SEARCH_BYTES];
    uint64_t size_bytes = kernel->size_bytes < sizeof head ? kernel->size_bytes : sizeof head;
    struct header header;
    int result = place_read(kernel, 0, head, size_bytes, error);

    for (uint64_t i = 0; result == 0 && i + sizeof header <= size_bytes; i += HEADER_ALIGN_BYTES) {
        memcpy(&header, head + i, sizeof header);
        if (header.magic == MAGIC && header.architecture == ARCHITECTURE_I386 &&
            header.magic + header.architecture + header.header_length + header.checksum == 0)
            return boot_fail(error, ENOEXEC,
                             "%s: a Multiboot 2 image; build it with a Multiboot 1 header or a PVH "
                             "note",
                             kernel->name);
    }
    return result;
}
