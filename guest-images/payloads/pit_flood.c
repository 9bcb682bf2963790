/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that asks the 8254 for the most interrupts that there are, 596 591 Hz of mode 2 with a
 * count of 2, gets no more than the host's rests leave (TIMER_REST_NS of
 * vmm/machine/timer_rest.h).
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/pvclock.h"

#define COUNTER0   0x40
#define CONTROL    0x43
#define BOTH_MODE2 0x34
#define IRQ        0
#define COUNT      2
#define RUN_NS     NS_PER_SEC
#define REST_NS    50000
/* A tick that is due, and one that is owed. */
#define PER_WAKE_UP 2

static struct pvclock_page page;
static volatile uint32_t irq_count;
static uint64_t end_ns;

/* A CPU that is slower than the interrupts comes to nothing else: so the end is found here, too. */
static void on_irq(void)
{
    irq_count++;
    if (pvclock_read_ns(&page) >= end_ns)
        pic_disable(IRQ);
    pic_acknowledge(IRQ);
}

void payload_main(const uint8_t *zero_page)
{
    uint64_t start_ns;

    (void)zero_page;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    pic_init();
    start_ns = pvclock_read_ns(&page);
    end_ns = start_ns + RUN_NS;
    pic_enable(IRQ, on_irq);
    out8(CONTROL, BOTH_MODE2);
    out8(COUNTER0, COUNT);
    out8(COUNTER0, 0);
    /* No exit to the host's program is made meanwhile, which would run the PIT as well. */
    interrupts_on();
    while (pvclock_read_ns(&page) < end_ns)
        cpu_pause();
    interrupts_off();
    check_range("interrupts are at most two for each rest of the host", irq_count, 1,
                ((pvclock_read_ns(&page) - start_ns) / REST_NS + 2) * PER_WAKE_UP);
    check_done();
}
