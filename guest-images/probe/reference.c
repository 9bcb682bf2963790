/* SPDX-License-Identifier: BSD-2-Clause */
/* See reference.h. */
#include "guest-images/probe/reference.h"

#include <sys/io.h>

#include "base/time_math.h"
#include "guest-images/probe/clocks.h"

#define REFERENCE_PORT 0x5c0

/* The record as the port gives it. Aligned so that it lies in one page: then it is one exit. */
union record_dwords {
    _Alignas(64) uint32_t dwords[REFERENCE_DWORDS];
    struct reference_record record;
};

static struct {
    uint64_t num;
    uint64_t den;
} rate = {1, 1};

static struct reference_record reference_sample(void)
{
    union record_dwords answer;
    uint64_t *raw_ns = &answer.record.sample.host_monotonic_raw_ns;

    insl(REFERENCE_PORT, answer.dwords, REFERENCE_DWORDS);
    /* The C library's insl does not tell the compiler that it has written there. */
    __asm__ volatile("" : "=m"(answer));
    *raw_ns = mul_div_floor(*raw_ns, rate.num, rate.den);
    return answer.record;
}

bool reference_open(uint64_t rate_num, uint64_t rate_den)
{
    struct reference_record record;

    rate.num = rate_num;
    rate.den = rate_den;
    if (ioperm(REFERENCE_PORT, 4, 1) != 0)
        return false;
    outl(0, REFERENCE_PORT);
    record = reference_sample();
    return record.magic == REFERENCE_MAGIC && record.size_bytes == sizeof(record);
}

struct reference_best reference_take(clockid_t clock, unsigned tries)
{
    struct reference_best best = {.bracket.after_ns = UINT64_MAX,
                                  .host_pair.host_tsc_width = UINT64_MAX};

    for (unsigned i = 0; i < tries; i++) {
        struct bracket bracket;

        bracket.before_ns = clock_read_ns(clock);
        bracket.before_tsc = tsc_read();
        bracket.host = reference_sample();
        bracket.after_tsc = tsc_read();
        bracket.after_ns = clock_read_ns(clock);
        if (bracket_width_ns(&bracket) < bracket_width_ns(&best.bracket))
            best.bracket = bracket;
        if (bracket.host.sample.host_tsc_width < best.host_pair.host_tsc_width)
            best.host_pair = bracket.host.sample;
    }
    return best;
}
