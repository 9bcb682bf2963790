/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main counter of the HPET as a function of guest time, and which accesses read it.
 *
 * Source: IA-PC HPET specification 1.0a, 2.3.7. The counter is apart from the chip, so that a read
 * of it can use a copy and needs no lock.
 */
#ifndef DEVICES_PC_HPET_COUNTER_H
#define DEVICES_PC_HPET_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time_math.h"

#define HPET_PERIOD_FS   UINT64_C(10000000)
#define RATE_HPET        ((struct rate){100000000, 1})
#define HPET_REG_COUNTER 0x0f0

struct hpet_counter {
    /* The counter at start_ns if it runs; else the counter. */
    uint64_t counter;
    /* Guest time at which the counter last started. */
    uint64_t start_ns;
    /* 0 or 1. */
    uint64_t runs;
};

/* Ticks from the start to now_ns, which is not before start_ns; 0 while the counter stands. */
uint64_t hpet_counter_ticks(const struct hpet_counter *counter, uint64_t now_ns);

/* What the COUNTER register reads as at now_ns. */
uint64_t hpet_counter_at(const struct hpet_counter *counter, uint64_t now_ns);

/* Whether the chip decodes an access: it has 4 or 8 bytes and is aligned to its size. */
bool hpet_decodes(uint32_t reg, unsigned size_bytes);

/* Whether an access reads the counter or a half of it. */
bool hpet_reads_counter(uint32_t reg, unsigned size_bytes);

#endif
