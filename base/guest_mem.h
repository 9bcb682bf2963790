/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory, seen from the host: the only way from a guest-physical address to a pointer.
 *
 * RAM begins at 0 and ends at 3 GiB at the latest. From there to 4 GiB is the hole, in which the
 * devices are. What does not fit below the hole is a second range from 4 GiB on.
 *
 * The struct does not change after the memory is mapped, so every thread may use it without a lock.
 */
#ifndef BASE_GUEST_MEM_H
#define BASE_GUEST_MEM_H

#include <stdint.h>

#define GUEST_MEM_HOLE_GPA UINT64_C(0xc0000000)
#define GUEST_MEM_HIGH_GPA UINT64_C(0x100000000)

struct guest_mem_region {
    uint64_t base_gpa;
    uint64_t size_bytes;
    uint8_t *host;
};

struct guest_mem {
    struct guest_mem_region regions[2];
    unsigned region_count;
};

/*
 * Memory that is a private mapping of a file, which has what the guest has not written since. The
 * file does not change.
 */
struct guest_mem_file {
    /* -1: there is none. */
    int fd;
    /* Of each region, in their order; a multiple of a page. */
    uint64_t offsets[2];
};

/*
 * The regions of a guest with size_bytes of RAM, a multiple of the page size and not 0. The caller
 * maps them and fills in their host pointers.
 */
void guest_mem_layout(struct guest_mem *mem, uint64_t size_bytes);

/*
 * The host pointer to size_bytes bytes at gpa; NULL unless all of them are in one region. gpa and
 * size_bytes may be any values, as a guest gives them.
 */
void *guest_mem_at(const struct guest_mem *mem, uint64_t gpa, uint64_t size_bytes);

/* The end of the RAM that begins at 0: not above GUEST_MEM_HOLE_GPA. */
uint64_t guest_mem_low_end_gpa(const struct guest_mem *mem);

#endif
