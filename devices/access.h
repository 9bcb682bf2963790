/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One access of a guest to a device: all that the device can know of it but the time.
 */
#ifndef DEVICES_ACCESS_H
#define DEVICES_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

enum access_space {
    ACCESS_PORT,
    ACCESS_MEMORY,
    ACCESS_MSR,
    ACCESS_SPACES,
};

struct access {
    enum access_space space;
    bool is_write;
    /* 1, 2, 4 or 8; 8 for an MSR. A guest's access to memory may have others: see device.h. */
    unsigned size_bytes;
    /* Index of the vCPU that makes it. */
    unsigned vcpu;
    /* Port, guest-physical address, or number of the MSR. */
    uint64_t addr;
    /* What is written, or what was read; the low size_bytes bytes count. */
    uint64_t value;
};

/* MSRs whose writes come to a device, and their reads too if it wants them. */
struct msr_range {
    uint32_t first_msr;
    uint32_t count;
    bool reads;
};

#endif
