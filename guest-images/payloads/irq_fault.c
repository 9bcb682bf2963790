/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that are lost, and some that nobody has asked for, with --at 'TIME irq.drop device=pit
 * every=2 for=1s' and --at 'TIME irq.storm gsi=5 hz=1000 for=1s', both over by END_NS. Whatever
 * becomes of the lost ticks of a late host, it makes up for none of these.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"

#define PIT_IRQ   0
#define STORM_IRQ 5
#define PIT_100HZ 11932
#define PERIOD_NS 10000152
#define END_NS    (2 * NS_PER_SEC)
#define LIMIT_NS  (20 * NS_PER_SEC)
/* 50 and 1000 on a host that is never late. */
#define LOST_MIN  5
#define STORM_MAX 1001
#define STORM_MIN 5
/* That come without fewer being missing. */
#define QUIET_TICKS 50

static volatile uint32_t ticks, pulses;

static void on_pit(void)
{
    ticks++;
    pic_acknowledge(PIT_IRQ);
}

static void on_storm(void)
{
    pulses++;
    pic_acknowledge(STORM_IRQ);
}

/* Ticks that are due by now, less those that have come. */
static uint64_t missing(uint64_t start_ns)
{
    uint64_t come = ticks;

    return (guest_ns() - start_ns) / PERIOD_NS - come;
}

/* Until no fewer have been missing for a while: those that a late host owes have come. */
static uint64_t wait_until_all_have_come(uint64_t start_ns)
{
    uint64_t least = missing(start_ns), end_ns = guest_ns() + LIMIT_NS;
    uint32_t since = ticks;

    while (ticks - since < QUIET_TICKS && guest_ns() < end_ns) {
        uint64_t now = missing(start_ns);

        if ((int64_t)(now - least) < 0) {
            least = now;
            since = ticks;
        }
    }
    return least;
}

void payload_main(const uint8_t *zero_page)
{
    uint64_t start_ns;

    (void)zero_page;
    pic_init();
    pic_enable(PIT_IRQ, on_pit);
    pic_enable(STORM_IRQ, on_storm);
    out8(0x43, 0x34);
    out8(0x40, PIT_100HZ & 0xff);
    start_ns = guest_ns();
    out8(0x40, PIT_100HZ >> 8);
    interrupts_on();
    wait_until_ns(END_NS);
    check("ticks are lost, and are not made up for",
          wait_until_all_have_come(start_ns) >= LOST_MIN);
    check_range("a line that no device drives has interrupted", pulses, STORM_MIN, STORM_MAX);
    check_done();
}
