/* SPDX-License-Identifier: BSD-2-Clause */
/* 1000 Hz of the HPET's timer 0, periodic, in place of the PIT: legacy replacement. */
#include <stddef.h>

#include "tests/bench/payload/lib/ticks.h"

#define HPET_GPA     0xfed00000u
#define CONFIG       0x010
#define COUNTER_LOW  0x0f0
#define COUNTER_HIGH 0x0f4
#define T0_CONFIG    0x100
#define T0_COMPARE   0x108
#define ENABLE       1
#define LEGACY       2
#define T_INT_ENABLE 0x004
#define T_PERIODIC   0x008
#define T_VAL_SET    0x040
#define T_32_BIT     0x100
/* Of minivmm's 10 ns. */
#define PERIOD_TICKS 100000
#define COUNT_OF_10S 10000

void payload_main(void);

static void write(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(HPET_GPA + offset) = value;
}

/* After VAL_SET the first value is that of the comparator and the second one the period. */
static void start(void)
{
    write(CONFIG, 0);
    write(COUNTER_LOW, 0);
    write(COUNTER_HIGH, 0);
    write(T0_CONFIG, T_INT_ENABLE | T_PERIODIC | T_VAL_SET | T_32_BIT);
    write(T0_COMPARE, PERIOD_TICKS);
    write(T0_COMPARE, PERIOD_TICKS);
    write(CONFIG, ENABLE | LEGACY);
}

void payload_main(void)
{
    static const struct tick_source hpet = {1000000, 1, COUNT_OF_10S, 0, start, NULL};

    ticks_run(&hpet);
}
