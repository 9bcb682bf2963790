/* SPDX-License-Identifier: BSD-2-Clause */
/* See hpet_counter.h. */
#include "devices/pc/hpet_counter.h"

uint64_t hpet_counter_ticks(const struct hpet_counter *counter, uint64_t now_ns)
{
    return counter->runs != 0 ? ticks_from_ns(now_ns - counter->start_ns, RATE_HPET) : 0;
}

uint64_t hpet_counter_at(const struct hpet_counter *counter, uint64_t now_ns)
{
    return counter->counter + hpet_counter_ticks(counter, now_ns);
}

bool hpet_decodes(uint32_t reg, unsigned size_bytes)
{
    return (size_bytes == 4 || size_bytes == 8) && reg % size_bytes == 0;
}

bool hpet_reads_counter(uint32_t reg, unsigned size_bytes)
{
    return hpet_decodes(reg, size_bytes) && (reg & ~7u) == HPET_REG_COUNTER;
}
