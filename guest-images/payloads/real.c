/* SPDX-License-Identifier: BSD-2-Clause */
/* 16-bit code: real mode, its segments, its vector table, interrupts of software and of the PIT. */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload16.h"

#define SOFTWARE_VECTOR 0x60
#define PIC             0x20
#define PIC_VECTOR      0x20
#define PIC_MASK        0x21
#define EOI             0x20
#define PIT_COUNTER0    0x40
#define PIT_CONTROL     0x43
#define PIT_MODE2       0x34
#define PM_TIMER        0x608
#define TICKS_100HZ     11932
#define PM_PER_TICK     3
#define INTERRUPTS      5
#define PM_LIMIT        (2 * 3579545)
#define PM_MASK         0xffffff
#define TEXT            "# a string, by one instruction\n"

static volatile uint32_t software_count;
static volatile uint32_t timer_count;
static volatile bool is_last;

void on_interrupt_a(void)
{
    software_count++;
}

void on_interrupt_b(void)
{
    timer_count++;
    if (is_last)
        out8(PIC_MASK, 0xff);
    out8(PIC, EOI);
}

static void set_vector(unsigned vector, const char *entry)
{
    volatile uint16_t *table;

    /* Address 0 is where the table is, whatever C thinks of it. */
    __asm__("" : "=r"(table) : "0"(0));
    table[2 * vector] = (uint16_t)(uintptr_t)entry;
    table[2 * vector + 1] = 0;
}

static void check_mode(void)
{
    static volatile uint8_t byte = 0x5a;
    uint32_t address = (uint32_t)(uintptr_t)&byte;
    uint32_t cr0;
    uint16_t cs;

    __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movw %%cs, %0" : "=r"(cs));
    check_equal("protected mode is off", cr0 & 1, 0);
    check_equal("CS is 0", cs, 0);
    check_equal("a segment is 16 bytes times its number",
                read_far((uint16_t)(address >> 4), (uint16_t)(address & 0xf)), 0x5a);
    check_equal("FFFFh:10h is 1 MiB, where an image begins with CLI", read_far(0xffff, 0x10), 0xfa);
}

static void check_string(void)
{
    const char *text = TEXT;
    uint32_t count = sizeof TEXT - 1;

    __asm__ volatile("cld; rep outsb" : "+S"(text), "+c"(count) : "d"(0x3f8) : "memory", "cc");
    check_equal("REP OUTSB counts CX down", count, 0);
}

static void check_software_interrupt(void)
{
    set_vector(SOFTWARE_VECTOR, interrupt_entry_a);
    __asm__ volatile("int %0" : : "i"(SOFTWARE_VECTOR) : "memory");
    __asm__ volatile("int %0" : : "i"(SOFTWARE_VECTOR) : "memory");
    check_equal("INT calls by the vector table", software_count, 2);
}

static void start_timer(void)
{
    out8(PIC, 0x11);
    out8(PIC_MASK, PIC_VECTOR);
    out8(PIC_MASK, 4);
    out8(PIC_MASK, 1);
    out8(PIC_MASK, 0xfe);
    out8(PIT_CONTROL, PIT_MODE2);
    out8(PIT_COUNTER0, (uint8_t)TICKS_100HZ);
    out8(PIT_COUNTER0, TICKS_100HZ >> 8);
}

static void check_timer(void)
{
    uint32_t start, elapsed = 0;

    set_vector(PIC_VECTOR, interrupt_entry_b);
    start = in32(PM_TIMER);
    start_timer();
    interrupts_on();
    while (timer_count < INTERRUPTS && elapsed < PM_LIMIT)
        elapsed = (in32(PM_TIMER) - start) & PM_MASK;
    interrupts_off();
    elapsed = (in32(PM_TIMER) - start) & PM_MASK;
    check_range("the PIT interrupts", timer_count, INTERRUPTS, UINT32_MAX);
    check_range("after five periods, by the PM timer", elapsed,
                (INTERRUPTS * TICKS_100HZ - 1) * PM_PER_TICK, PM_MASK);
    timer_count = 0;
    is_last = true;
    interrupts_wait();
    check_equal("HLT ends with the next one", timer_count, 1);
}

void payload_main(void)
{
    check_mode();
    check_string();
    check_software_interrupt();
    check_timer();
    check_done();
}
