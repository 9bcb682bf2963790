/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one exit costs: for each of five accesses, the TSC cycles of one round trip to the program
 * that runs the guest, as "NAME CYCLES" lines on COM1, one for each batch. Ends through the debug
 * exit port with status 1.
 *
 * A batch is unrolled, so that it has not one instruction beside the accesses. The five take turns,
 * so that whatever else the host does hits all of them.
 */
#include <stdint.h>

#include "guest-images/payloads/lib/cpu.h"
#include "tests/bench/payload/lib/print.h"

#define BATCH_ACCESSES 16
#define BATCHES        25

#define RTC_INDEX 0x70

#define TEXT_OF(value)        #value
#define TEXT(value)           TEXT_OF(value)
#define REPEATED(instruction) ".rept " TEXT(BATCH_ACCESSES) "\n\t" instruction "\n\t.endr"

void payload_main(void);

static void write_post(void)
{
    __asm__ volatile(REPEATED("outb %%al, $0x80") : : "a"(0) : "memory");
}

static void read_pm_timer(void)
{
    __asm__ volatile(REPEATED("inl %%dx, %%eax") : : "d"(0x608) : "eax", "memory");
}

static void read_pit(void)
{
    __asm__ volatile(REPEATED("inb $0x40, %%al") : : : "eax", "memory");
}

static void read_cmos(void)
{
    __asm__ volatile(REPEATED("inb $0x71, %%al") : : : "eax", "memory");
}

static void read_hpet(void)
{
    __asm__ volatile(REPEATED("movl 0xfed000f0, %%eax") : : : "eax", "memory");
}

static const struct {
    const char *name;
    void (*batch)(void);
} accesses[] = {
    {"port80-write", write_post}, {"pmtimer-read", read_pm_timer}, {"pit-read", read_pit},
    {"cmos-read", read_cmos},     {"hpet-read", read_hpet},
};

/* A batch takes well under 2^32 cycles. */
static uint32_t cycles_of_one(void (*batch)(void))
{
    uint64_t start_tsc = tsc_read();

    batch();
    return (uint32_t)(tsc_read() - start_tsc) / BATCH_ACCESSES;
}

void payload_main(void)
{
    out8(RTC_INDEX, 0);
    for (unsigned round = 0; round < BATCHES; round++)
        for (unsigned i = 0; i < sizeof accesses / sizeof accesses[0]; i++) {
            uint32_t cycles = cycles_of_one(accesses[i].batch);

            print(accesses[i].name);
            print(" ");
            print_number(cycles, "\n");
        }
    end(0);
}
