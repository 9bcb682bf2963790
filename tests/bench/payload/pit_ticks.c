/* SPDX-License-Identifier: BSD-2-Clause */
/* 1000 Hz of the 8254, as near as its clock of 105/88 MHz comes: mode 2 with a count of 1193. */
#include <stddef.h>

#include "guest-images/payloads/lib/cpu.h"
#include "tests/bench/payload/lib/ticks.h"

#define COUNTER0     0x40
#define CONTROL      0x43
#define BOTH_MODE2   0x34
#define COUNT        1193
#define COUNT_OF_10S 10000

void payload_main(void);

static void start(void)
{
    out8(CONTROL, BOTH_MODE2);
    out8(COUNTER0, COUNT & 0xff);
    out8(COUNTER0, COUNT >> 8);
}

void payload_main(void)
{
    static const struct tick_source pit = {COUNT * 88000, 105, COUNT_OF_10S, 0, start, NULL};

    ticks_run(&pit);
}
