/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HPET runs fast by 2000 ppm from some time on, and is then an hour further at once, while the
 * PM timer and kvm-clock go by guest time: --at 'TIME hpet.rate ppb=2000000' and, at least 5 s
 * later, --at 'TIME hpet.step by=1h'.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"

#define LIMIT_NS     (30 * NS_PER_SEC)
#define HPET_GPA     0xfed00000
#define HPET_PIN     20
#define HPET_VECTOR  0x38
#define TICKS_IN_SEC UINT64_C(100000000)
/* HPET ticks in 10000 ns, 2000 ppm fast. */
#define FAST ((struct tick_rate){1002, 10000, 0})
/* A timer of 250 ms by the HPET, and guest time by then. */
#define TIMER_TICKS    UINT64_C(25000000)
#define TIMER_GUEST_NS UINT64_C(249500998)

static struct pvclock_page page;
static volatile uint32_t irqs;
static volatile uint64_t irq_ns;

static volatile uint64_t *hpet(uint32_t offset)
{
    return (volatile uint64_t *)(uintptr_t)(HPET_GPA + offset);
}

static uint64_t hpet_read(void)
{
    return *hpet(0xf0);
}

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

static void on_hpet(void)
{
    irq_ns = guest_ns();
    irqs++;
    apic_acknowledge();
}

/* Until the HPET is further ahead of where it was 100 ms ago than 1000 ppm. */
static bool wait_for_rate(uint64_t end_ns)
{
    while (guest_ns() < end_ns) {
        struct sample first = sample_take(hpet_read, guest_ns), last;

        wait_until_ns(guest_ns() + 100 * NS_PER_MS);
        last = sample_take(hpet_read, guest_ns);
        if (last.value - first.value > (last.after - first.before) / 10 * 1001 / 1000)
            return true;
    }
    return false;
}

/* Ticks that the counter has gone on by at once; 0: it has not. */
static uint64_t wait_for_step(uint64_t end_ns)
{
    uint64_t before = hpet_read(), now = before;

    while (now - before < TICKS_IN_SEC * 1800 && guest_ns() < end_ns) {
        before = now;
        now = hpet_read();
    }
    return now - before < TICKS_IN_SEC * 1800 ? 0 : now - before;
}

/* By the least that guest time can have been when the counter was read. */
static void check_timer(void)
{
    struct sample start;

    *hpet(0x100) = HPET_PIN << 9 | 0x4;
    ioapic_enable(HPET_PIN, false, HPET_VECTOR, on_hpet);
    start = sample_take(hpet_read, guest_ns);
    *hpet(0x108) = start.value + TIMER_TICKS;
    check("its timer interrupts", wait_for_count(&irqs, 1, LIMIT_NS));
    check("not before its own time has come", irq_ns + 20 >= start.before + TIMER_GUEST_NS);
}

void payload_main(const uint8_t *zero_page)
{
    struct sample hpet_first, pm_first, page_first;
    uint64_t step;

    (void)zero_page;
    apic_enable();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    *hpet(0x10) = 1;
    check("the HPET becomes fast", wait_for_rate(guest_ns() + LIMIT_NS));
    hpet_first = sample_take(hpet_read, guest_ns);
    pm_first = sample_take(pm_timer_read, guest_ns);
    page_first = sample_take(page_ns, guest_ns);
    wait_until_ns(guest_ns() + NS_PER_SEC);
    check_elapsed("by 2000 ppm", hpet_first, sample_take(hpet_read, guest_ns), FAST);
    check_elapsed("the PM timer is right", pm_first, sample_take(pm_timer_read, guest_ns),
                  PM_TIMER_PER_NS);
    check_elapsed("kvm-clock is right", page_first, sample_take(page_ns, guest_ns),
                  (struct tick_rate){1, 1, 0});
    check_timer();
    step = wait_for_step(guest_ns() + LIMIT_NS);
    check("the HPET makes a step of an hour",
          step >= 3600 * TICKS_IN_SEC && step < 3631 * TICKS_IN_SEC);
    check_elapsed("the PM timer makes none", pm_first, sample_take(pm_timer_read, guest_ns),
                  PM_TIMER_PER_NS);
    check_done();
}
