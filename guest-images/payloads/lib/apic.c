/* SPDX-License-Identifier: BSD-2-Clause */
/* See apic.h. Sources: Intel SDM volume 3A, chapter 11; 82093AA data sheet. */
#include "guest-images/payloads/lib/apic.h"

#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define LAPIC_GPA  0xfee00000
#define IOAPIC_GPA 0xfec00000

#define LAPIC_ID       0x20
#define LAPIC_EOI      0xb0
#define LAPIC_SVR      0xf0
#define LAPIC_ISR      0x100
#define LAPIC_ICR      0x300
#define LAPIC_ICR_HIGH 0x310
#define LAPIC_LVTT     0x320
#define LAPIC_LVT0     0x350
#define LAPIC_LVT1     0x360
#define LVT_MASKED     (1u << 16)
#define LVT_MODE       0x700
#define LVT_NMI        0x400
#define LVT_EXTINT     0x700
#define LAPIC_TMICT    0x380
#define LAPIC_TMCCT    0x390
#define LAPIC_TDCR     0x3e0
#define SVR_ENABLED    0x1ff
#define SVR_ENABLE     0x100
#define LVTT_PERIODIC  (1u << 17)
#define LVTT_DEADLINE  (2u << 17)
#define TDCR_BY_16     3
#define ICR_PENDING    (1u << 12)
#define ICR_ALL_OTHERS (3u << 18)

#define IOAPIC_SELECT         0x00
#define IOAPIC_WINDOW         0x10
#define IOAPIC_REDIRECTION(n) (0x10 + 2 * (n))
#define REDIRECTION_LEVEL     (1u << 15)
#define REDIRECTION_MASKED    (1u << 16)

#define MSR_TSC_DEADLINE 0x6e0

#define INIT_WAIT_NS    (10 * NS_PER_MS)
#define STARTUP_WAIT_NS (NS_PER_MS / 5)

static volatile uint32_t *lapic(unsigned offset)
{
    return (volatile uint32_t *)(uintptr_t)(LAPIC_GPA + offset);
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(IOAPIC_GPA + IOAPIC_SELECT) = reg;
    *(volatile uint32_t *)(uintptr_t)(IOAPIC_GPA + IOAPIC_WINDOW) = value;
}

void apic_enable(void)
{
    *lapic(LAPIC_SVR) = SVR_ENABLED;
}

bool apic_is_as_firmware_leaves_it(void)
{
    return (*lapic(LAPIC_SVR) & SVR_ENABLE) != 0 &&
           (*lapic(LAPIC_LVT0) & (LVT_MASKED | LVT_MODE)) == LVT_EXTINT &&
           (*lapic(LAPIC_LVT1) & (LVT_MASKED | LVT_MODE)) == LVT_NMI;
}

uint32_t apic_id(void)
{
    return *lapic(LAPIC_ID) >> 24;
}

void apic_acknowledge(void)
{
    *lapic(LAPIC_EOI) = 0;
}

bool apic_in_service(unsigned vector)
{
    return (*lapic(LAPIC_ISR + vector / 32 * 0x10) & 1u << vector % 32) != 0;
}

void apic_timer_start_mode(uint32_t count, bool periodic, unsigned vector, void (*handler)(void))
{
    vector_set(vector, handler);
    *lapic(LAPIC_LVTT) = vector | (periodic ? LVTT_PERIODIC : 0);
    *lapic(LAPIC_TDCR) = TDCR_BY_16;
    *lapic(LAPIC_TMICT) = count;
}

void apic_timer_start(uint32_t count, unsigned vector, void (*handler)(void))
{
    apic_timer_start_mode(count, false, vector, handler);
}

void apic_timer_start_deadline(uint64_t tsc, unsigned vector, void (*handler)(void))
{
    vector_set(vector, handler);
    *lapic(LAPIC_LVTT) = LVTT_DEADLINE | vector;
    __asm__ volatile("mfence" : : : "memory");
    msr_write(MSR_TSC_DEADLINE, tsc);
}

uint32_t apic_timer_left(void)
{
    return *lapic(LAPIC_TMCCT);
}

static void send(uint32_t command)
{
    *lapic(LAPIC_ICR) = command;
    while ((*lapic(LAPIC_ICR) & ICR_PENDING) != 0)
        ;
}

void apic_send(uint32_t id, uint32_t command)
{
    *lapic(LAPIC_ICR_HIGH) = id << 24;
    send(command);
}

void apic_start(uint32_t id, uint8_t page)
{
    apic_send(id, APIC_INIT);
    wait_until_ns(guest_ns() + INIT_WAIT_NS);
    for (unsigned i = 0; i < 2; i++) {
        apic_send(id, APIC_STARTUP | page);
        wait_until_ns(guest_ns() + STARTUP_WAIT_NS);
    }
}

static void send_to_others(uint32_t command, uint64_t wait_ns)
{
    send(ICR_ALL_OTHERS | command);
    wait_until_ns(guest_ns() + wait_ns);
}

void apic_start_others(uint8_t page)
{
    send_to_others(APIC_INIT, INIT_WAIT_NS);
    send_to_others(APIC_STARTUP | page, STARTUP_WAIT_NS);
    send_to_others(APIC_STARTUP | page, STARTUP_WAIT_NS);
}

void ioapic_enable(unsigned pin, bool level, unsigned vector, void (*handler)(void))
{
    vector_set(vector, handler);
    ioapic_write(IOAPIC_REDIRECTION(pin) + 1, 0);
    ioapic_write(IOAPIC_REDIRECTION(pin), vector | (level ? REDIRECTION_LEVEL : 0));
}

void ioapic_disable(unsigned pin)
{
    ioapic_write(IOAPIC_REDIRECTION(pin), REDIRECTION_MASKED);
}
