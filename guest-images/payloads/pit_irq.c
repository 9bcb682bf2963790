/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQ 0 of the 8254 through the PIC: never early, not at half the rate, and
 * none where there should be none.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"

#define COUNTER0    0x40
#define CONTROL     0x43
#define BOTH        0x30
#define MODE(n)     ((n) << 1)
#define IRQ         0
#define TICKS_100HZ 11932
#define PERIODS     10
#define ATTEMPTS    20

static volatile uint32_t irq_count;
/* Guest time at which the handler ran for the nth interrupt, counted from 0. */
static volatile uint64_t irq_ns[PERIODS];

static void on_irq(void)
{
    if (irq_count < PERIODS)
        irq_ns[irq_count] = guest_ns();
    irq_count++;
    pic_acknowledge(IRQ);
}

static void start_counter(uint8_t mode, uint16_t count)
{
    irq_count = 0;
    out8(CONTROL, BOTH | MODE(mode));
    out8(COUNTER0, (uint8_t)count);
    out8(COUNTER0, (uint8_t)(count >> 8));
}

static void expect_silence(const char *name, uint64_t wait_ns)
{
    uint32_t count = irq_count;

    wait_for_count(&irq_count, count + 1, wait_ns);
    check_equal(name, irq_count, count);
}

/*
 * By a control word of mode 2, which takes OUT high: that of mode 0 would take it low, and the next
 * one raise an interrupt. One that the PIC holds already is let through.
 */
static void stop_counter(void)
{
    out8(CONTROL, BOTH | MODE(2));
    wait_for_count(&irq_count, UINT32_MAX, NS_PER_MS);
}

static bool none_early(uint64_t start_ns, uint32_t count)
{
    for (unsigned i = 0; i < count && i < PERIODS; i++)
        if (irq_ns[i] < start_ns + ticks_to_ns(PIT_PER_NS, (i + 1) * TICKS_100HZ))
            return false;
    return true;
}

/*
 * A late host merges interrupts, so how long ten of them take has no upper limit. But sooner or
 * later two come one period apart.
 */
static void check_periodic(uint8_t mode, const char *not_early, const char *not_missing)
{
    const uint64_t period_ns = ticks_to_ns(PIT_PER_NS, TICKS_100HZ);
    bool early = false, close = false;

    for (unsigned i = 0; i < ATTEMPTS && !close && !early; i++) {
        uint64_t start_ns = guest_ns();

        start_counter(mode, TICKS_100HZ);
        wait_for_count(&irq_count, PERIODS, NS_PER_SEC);
        early = !none_early(start_ns, irq_count);
        close = irq_count >= PERIODS && shortest_gap_ns(irq_ns, PERIODS) < period_ns * 3 / 2;
        stop_counter();
    }
    check(not_early, !early);
    check(not_missing, close);
}

static void check_one_shot(const char *name, uint8_t mode)
{
    uint64_t start_ns = guest_ns();

    start_counter(mode, TICKS_100HZ);
    check(name, wait_for_count(&irq_count, 1, NS_PER_SEC));
    check("after its count", irq_ns[0] >= start_ns + ticks_to_ns(PIT_PER_NS, TICKS_100HZ));
    expect_silence("and no second time", 30 * NS_PER_MS);
    stop_counter();
}

/*
 * One that HLT waits for; the judge's timeout is what fails. A CPU that was late takes those that
 * have come due meanwhile at once. Where HLT stays in the guest (--halt-in-guest), an exit that the
 * host needs ends it on AMD's CPUs, which have no state to go back to.
 */
static void check_halt(void)
{
    const uint64_t period_ns = ticks_to_ns(PIT_PER_NS, TICKS_100HZ);
    uint64_t start_ns = guest_ns();
    unsigned count;

    start_counter(2, TICKS_100HZ);
    do
        interrupts_wait();
    while (irq_count == 0);
    count = irq_count;
    check_range("HLT ends with the interrupt", count, 1, (guest_ns() - start_ns) / period_ns);
}

static void check_masked(void)
{
    pic_disable(IRQ);
    irq_count = 0;
    expect_silence("the PIC's mask holds it back", 30 * NS_PER_MS);
    pic_enable(IRQ, on_irq);
    check("the one that waited comes with the mask gone",
          wait_for_count(&irq_count, 1, NS_PER_SEC));
    stop_counter();
    expect_silence("a control word stops the counter", 30 * NS_PER_MS);
}

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    pic_init();
    pic_enable(IRQ, on_irq);
    check_periodic(2, "no interrupt of mode 2 comes before its time",
                   "and they come in each period");
    check_periodic(3, "no interrupt of mode 3 comes before its time",
                   "and they come in each period, too");
    check_one_shot("mode 0 interrupts once", 0);
    check_one_shot("mode 4 interrupts once", 4);
    check_halt();
    check_masked();
    check_done();
}
