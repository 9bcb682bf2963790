/* SPDX-License-Identifier: BSD-2-Clause */
/* See ticks.h. */
#include "tests/bench/payload/lib/ticks.h"

#include <stddef.h>

#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "tests/bench/payload/lib/print.h"

static const struct tick_source *running;
static volatile uint32_t ticks_taken;
static uint64_t tick_tsc[TICKS_WARM_UP + TICKS_MAX];

static void on_tick(void)
{
    tick_tsc[ticks_taken] = tsc_read();
    ticks_taken++;
    if (running->acknowledge != NULL)
        running->acknowledge();
    pic_acknowledge(running->irq);
}

/* A gap that 32 bits do not hold, of a second or more, is said to be the longest that they do. */
static void print_ticks(uint32_t from, uint32_t to)
{
    for (uint32_t i = from + 1; i < to; i++) {
        uint64_t gap = tick_tsc[i] - tick_tsc[i - 1];

        print_number(gap > UINT32_MAX ? UINT32_MAX : (uint32_t)gap, "\n");
    }
}

void ticks_run(const struct tick_source *source)
{
    uint32_t all = TICKS_WARM_UP + source->count;

    running = source;
    vectors_load();
    pic_init();
    print("begin\n");
    source->start();
    pic_enable(source->irq, on_tick);
    while (ticks_taken < all)
        interrupts_wait();
    print("period ");
    print_number(source->period_ns_numerator, " ");
    print_number(source->period_ns_denominator, "\n");
    print_ticks(TICKS_WARM_UP, all);
    print("end\n");
    end(0);
}
