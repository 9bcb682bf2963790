/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reference device: the host's clocks and the guest's at one instant, for measurement.
 *
 * It lets a probe inside the guest say how far the guest's clocks are off. It is the exception to
 * "no device can reach a host clock": the machine gives it a function that samples the host's
 * clocks. Nothing in the guest's timekeeping uses it.
 *
 * One register of 4 bytes at offset 0:
 * - A read of 4 bytes gives the next dword of the record below, little endian, and after the 14th
 *   the first again. Reads of other sizes are not decoded.
 * - The read of the first dword takes the sample.
 * - A write of any size and value goes back to the first dword.
 *
 * `rep insl` with ECX = 14 is one exit. So nothing of the guest runs between the sample and the end
 * of the record.
 *
 *   dword  0     magic "MVMR"
 *          1     size of the record in bytes, 56
 *          2..3  host TSC
 *          4..5  TSC cycles that the sample took: the instant is known to half of that
 *          6..7  host CLOCK_MONOTONIC_RAW in ns
 *          8..9  host CLOCK_MONOTONIC in ns
 *         10..11 host CLOCK_REALTIME in ns since 1970
 *         12..13 guest time in ns, the time argument of every device
 *
 * Every call is under the machine's lock, on any thread, and so is the call of `sample`.
 */
#ifndef DEVICES_PC_REFERENCE_H
#define DEVICES_PC_REFERENCE_H

#include <assert.h>
#include <stdint.h>

#include "devices/device.h"

#define REFERENCE_LENGTH_BYTES 4
#define REFERENCE_MAGIC        0x524d564du
#define REFERENCE_DWORDS       14

/* What the machine's sample function fills in. */
struct reference_sample {
    uint64_t host_tsc;
    /* TSC cycles that the sample took. */
    uint64_t host_tsc_width;
    uint64_t host_monotonic_raw_ns;
    uint64_t host_monotonic_ns;
    uint64_t host_realtime_ns;
};

/* The record as the guest reads it. */
struct reference_record {
    uint32_t magic;
    uint32_t size_bytes;
    struct reference_sample sample;
    uint64_t guest_ns;
};
static_assert(sizeof(struct reference_record) == 4 * REFERENCE_DWORDS, "the guest reads it");

struct reference_state {
    struct reference_record record;
    /* Index of the dword that the next read gives. */
    uint32_t next_dword;
    uint32_t pad;
};
static_assert(sizeof(struct reference_state) == 64, "the state is the snapshot");

struct reference_wiring {
    /* Samples the host's clocks, as nearly at one instant as it can, and fills in every field. */
    void (*sample)(void *ctx, struct reference_sample *sample);
    void *ctx;
};

struct reference {
    struct device dev;
    struct reference_state state;
    struct reference_wiring wiring;
};

/* A reference device whose next read takes a sample. Copies the wiring. */
void reference_init(struct reference *reference, const struct reference_wiring *wiring,
                    uint64_t now_ns);

#endif
