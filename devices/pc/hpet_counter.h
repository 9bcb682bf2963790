/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main counter of the HPET as a function of guest time, and which accesses read it.
 *
 * Source: IA-PC HPET specification 1.0a, 2.3.7. It is apart from the chip so that it can be read
 * from a copy.
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
    /* The counter when it last started, or stands. */
    uint64_t counter;
    /* Guest time at which it started; runs is 0 or 1. */
    uint64_t start_ns;
    uint64_t runs;
};

/* Ticks since it started; 0 while it stands. now_ns is not before start_ns. */
uint64_t hpet_counter_ticks(const struct hpet_counter *counter, uint64_t now_ns);

/* What the register reads. */
uint64_t hpet_counter_at(const struct hpet_counter *counter, uint64_t now_ns);

/* Whether the chip decodes an access: 4 or 8 bytes, aligned to their size. */
bool hpet_decodes(uint32_t reg, unsigned size_bytes);

/* Whether an access reads the counter or a half of it. */
bool hpet_reads_counter(uint32_t reg, unsigned size_bytes);

#endif
