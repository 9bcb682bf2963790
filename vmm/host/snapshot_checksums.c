/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_checksums.h. */
#include "vmm/host/snapshot_checksums.h"

#include <errno.h>
#include <stdlib.h>

#include "base/checksum.h"
#include "vmm/host/file.h"

static int take_one(int fd, uint64_t offset, uint64_t size_bytes, uint8_t *buffer,
                    uint64_t *checksum)
{
    ssize_t count = file_read_at(fd, buffer, size_bytes, offset);

    if (count < 0)
        return (int)-count;
    if ((uint64_t)count < size_bytes)
        return EIO;
    *checksum = checksum_of(buffer, size_bytes);
    return 0;
}

static int take_all(const struct snapshot_checksums *of, uint8_t *buffer, uint64_t *checksums)
{
    const uint64_t of_zeros = checksum_of_zeros(ELF_CORE_CHUNK_BYTES);
    const bool *is_written = of->is_written;
    int error = 0;

    for (unsigned i = 0; i < of->core->region_count; i++) {
        const struct elf_core_region *region = &of->core->regions[i];

        for (uint64_t at = 0; error == 0 && at < region->size_bytes; at += ELF_CORE_CHUNK_BYTES) {
            uint64_t size_bytes = elf_core_chunk_bytes(region->size_bytes - at);

            if (of->is_cut_short != NULL && of->is_cut_short(of->ctx))
                error = ECANCELED;
            else if (*is_written)
                error = take_one(of->fd, region->file_offset + at, size_bytes, buffer, checksums);
            else
                *checksums =
                    size_bytes == ELF_CORE_CHUNK_BYTES ? of_zeros : checksum_of_zeros(size_bytes);
            is_written++;
            checksums++;
        }
    }
    return error;
}

int snapshot_checksums_take(const struct snapshot_checksums *of, uint64_t *checksums)
{
    uint8_t *buffer = malloc(ELF_CORE_CHUNK_BYTES);
    int error = buffer != NULL ? take_all(of, buffer, checksums) : ENOMEM;

    free(buffer);
    return error;
}
