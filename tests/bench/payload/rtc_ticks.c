/* SPDX-License-Identifier: BSD-2-Clause */
/* The periodic interrupt of the RTC at 1024 Hz. */
#include "guest-images/payloads/lib/rtc.h"
#include "tests/bench/payload/lib/ticks.h"

#define A            10
#define B            11
#define C            12
#define A_1024HZ     0x26
#define B_24H_PIE    0x42
#define COUNT_OF_10S 10240

void payload_main(void);

static void acknowledge(void)
{
    rtc_read(C);
}

static void start(void)
{
    rtc_write(A, A_1024HZ);
    rtc_write(B, B_24H_PIE);
    acknowledge();
}

void payload_main(void)
{
    static const struct tick_source rtc = {1953125, 2, COUNT_OF_10S, 8, start, acknowledge};

    ticks_run(&rtc);
}
