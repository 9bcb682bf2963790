/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What code in real mode finds of a BIOS: vectors, the BIOS data area, and the functions of INT 10h
 * to 1Ah. The machine has 64 MiB. It types a "k" when the payload says that it is ready.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload16.h"
#include "guest-images/payloads/lib/rtc.h"

#define BIOS_SEGMENT 0xf000
#define BIOS_START   0x2000
#define VECTORS      256
#define TICKS        0x46c
#define DAY_TICKS    0x1800b0

#define CARRY (1u << 0)
#define ZERO  (1u << 6)

#define SMAP      0x534d4150
#define RAM       1
#define MIB       (1u << 20)
#define MAP_LIMIT 16

#define COM1_DATA   0x3f8
#define COM1_MCR    0x3fc
#define COM1_LSR    0x3fd
#define LOOPBACK    0x10
#define DATA_READY  0x01
#define PIC         0x20
#define PIC2        0xa0
#define READ_IRR    0x0a
#define READ_ISR    0x0b
#define PIT_COUNTER 0x40
#define PIT_CONTROL 0x43
#define PIT_MODE2   0x34
#define TICKS_1KHZ  1193
#define RTC_RATE_8  0x26
#define RTC_PIE     0x42

/* What a function is called with, and what it leaves. */
struct regs {
    uint32_t eax, ebx, ecx, edx, edi;
    uint32_t flags;
};

struct map_entry {
    uint32_t base, base_high, size, size_high, type;
};

/* An address is where it is, whatever C thinks of it. */
static volatile uint16_t *low_word(uint32_t gpa)
{
    volatile uint16_t *word;

    __asm__("" : "=r"(word) : "0"(gpa));
    return word;
}

void on_interrupt_a(void)
{
}

void on_interrupt_b(void)
{
}

/* INT number, with CF as it is in regs->flags. */
__attribute__((always_inline)) static inline void call_bios(const uint8_t number, struct regs *regs)
{
    uint32_t flags = regs->flags;

    __asm__ volatile("btl $0, %[flags]\n\t"
                     "int %[number]\n\t"
                     "pushfl\n\t"
                     "popl %[flags]"
                     : "+a"(regs->eax), "+b"(regs->ebx), "+c"(regs->ecx), "+d"(regs->edx),
                       "+D"(regs->edi), [flags] "+S"(flags)
                     : [number] "i"(number)
                     : "memory", "cc");
    regs->flags = flags;
}

static void check_vectors(void)
{
    struct regs regs = {0x1234, 2, 3, 4, 5, 0};
    unsigned elsewhere = 0;

    for (unsigned i = 0; i < VECTORS; i++)
        if (*low_word(4 * i + 2) != BIOS_SEGMENT || *low_word(4 * i) < BIOS_START)
            elsewhere++;
    check_equal("every vector leads to the BIOS", elsewhere, 0);
    call_bios(0x60, &regs);
    check_equal("a function that is not there sets CF", regs.flags & CARRY, CARRY);
    check("and leaves the registers alone",
          regs.eax == 0x1234 && regs.ebx == 2 && regs.ecx == 3 && regs.edx == 4 && regs.edi == 5);
}

static void check_data_area(void)
{
    struct regs regs = {0};

    check_equal("40:00 is the port of COM1", *low_word(0x400), 0x3f8);
    check_equal("40:02 is the port of COM2", *low_word(0x402), 0x2f8);
    check_equal("40:0E is the segment of the EBDA", *low_word(0x40e), 0x9fc0);
    check_equal("the EBDA says that it has 1 KiB", read_far(0x9fc0, 0), 1);
    call_bios(0x12, &regs);
    check_equal("INT 12h: 639 KiB of conventional memory", regs.eax & 0xffff, 639);
    call_bios(0x11, &regs);
    check_equal("INT 11h: two serial ports, a coprocessor", regs.eax & 0xffff, 0x0402);
}

static void check_disk(void)
{
    struct regs regs = {.eax = 0x0800, .edx = 0x80};

    call_bios(0x13, &regs);
    check_equal("INT 13h fails", regs.flags & CARRY, CARRY);
    check_equal("with status 1", regs.eax >> 8 & 0xff, 1);
}

static void check_memory_map(void)
{
    static struct map_entry entry;
    struct regs regs = {.flags = CARRY};
    uint32_t ram = 0, end = 0, first = 0;
    unsigned count = 0;

    do {
        regs.eax = 0xe820;
        regs.edx = SMAP;
        regs.ecx = sizeof entry;
        regs.edi = (uint32_t)(uintptr_t)&entry;
        call_bios(0x15, &regs);
        if ((regs.flags & CARRY) != 0 || regs.eax != SMAP || regs.ecx != sizeof entry)
            break;
        first = count == 0 ? entry.size : first;
        ram += entry.type == RAM ? entry.size : 0;
        end = entry.base + entry.size;
    } while (++count < MAP_LIMIT && regs.ebx != 0);
    check("INT 15h E820 goes to the end of the map", count > 2 && regs.ebx == 0);
    check_equal("it begins with conventional memory", first, 0x9fc00);
    check_equal("all of its RAM", ram, 63 * MIB + 0x9fc00);
    check_equal("ends at 64 MiB", end, 64 * MIB);
    regs = (struct regs){.eax = 0xe820, .edx = SMAP, .ecx = sizeof entry, .ebx = count};
    call_bios(0x15, &regs);
    check_equal("behind the end is an error", regs.flags & CARRY, CARRY);
    regs = (struct regs){.eax = 0xe820, .edx = SMAP, .ecx = sizeof entry - 1};
    call_bios(0x15, &regs);
    check_equal("and so is too little room", regs.flags & CARRY, CARRY);
}

static void check_memory_sizes(void)
{
    struct regs regs = {.eax = 0xe801, .flags = CARRY};

    call_bios(0x15, &regs);
    check_equal("INT 15h E801 works", regs.flags & CARRY, 0);
    check_equal("15 MiB from 1 MiB on", regs.eax & 0xffff, 15 * 1024);
    check_equal("also in CX", regs.ecx & 0xffff, 15 * 1024);
    check_equal("48 MiB from 16 MiB on", regs.ebx & 0xffff, 48 * 16);
    check_equal("also in DX", regs.edx & 0xffff, 48 * 16);
    regs = (struct regs){.eax = 0x8800, .flags = CARRY};
    call_bios(0x15, &regs);
    check_equal("INT 15h AH=88h works", regs.flags & CARRY, 0);
    check_equal("63 MiB from 1 MiB on", regs.eax & 0xffff, 63 * 1024);
    regs = (struct regs){.eax = 0xc000};
    call_bios(0x15, &regs);
    check_equal("INT 15h fails for what it has not", regs.flags & CARRY, CARRY);
    check_equal("with status 86h", regs.eax >> 8 & 0xff, 0x86);
    regs = (struct regs){.eax = 0x2401, .flags = CARRY};
    call_bios(0x15, &regs);
    check_equal("INT 15h 2401: A20 is on", regs.flags & CARRY, 0);
}

static void check_teletype(void)
{
    struct regs regs = {.eax = 0x0e00 | 'x', .ebx = 7};
    uint8_t status, byte;

    out8(COM1_MCR, LOOPBACK);
    call_bios(0x10, &regs);
    status = in8(COM1_LSR);
    byte = in8(COM1_DATA);
    out8(COM1_MCR, 0);
    check_equal("INT 10h AH=0Eh sends on COM1", status & DATA_READY, DATA_READY);
    check_equal("the character", byte, 'x');
    check_equal("and leaves AX alone", regs.eax, 0x0e00 | 'x');
    regs.eax = 0x0f00;
    call_bios(0x10, &regs);
    check_equal("INT 10h AH=0Fh: 80 columns", regs.eax >> 8 & 0xff, 80);
}

static void init_pics(void)
{
    static const uint8_t first[] = {0x08, 4, 1}, second[] = {0x70, 2, 1};

    out8(PIC, 0x11);
    out8(PIC2, 0x11);
    for (unsigned i = 0; i < sizeof first; i++) {
        out8(PIC + 1, first[i]);
        out8(PIC2 + 1, second[i]);
    }
    out8(PIC + 1, 0xfa);
    out8(PIC2 + 1, 0xff);
}

static void start_ticks(void)
{
    init_pics();
    out8(PIT_CONTROL, PIT_MODE2);
    out8(PIT_COUNTER, (uint8_t)TICKS_1KHZ);
    out8(PIT_COUNTER, TICKS_1KHZ >> 8);
}

/* Until the PIT has asked for an interrupt, which is off. */
static void wait_for_tick(void)
{
    out8(PIC, READ_IRR);
    while ((in8(PIC) & 1) == 0)
        continue;
}

static void check_keyboard(void)
{
    struct regs regs = {.eax = 0x0100};
    uint16_t before;

    call_bios(0x16, &regs);
    check_equal("INT 16h AH=1: no key", regs.flags & ZERO, ZERO);
    start_ticks();
    wait_for_tick();
    before = *low_word(TICKS);
    print("# ready\n");
    regs.eax = 0;
    call_bios(0x16, &regs);
    out8(PIC + 1, 0xff);
    check_equal("INT 16h AH=0 waits for a key", regs.eax & 0xff, 'k');
    check("and lets interrupts come", *low_word(TICKS) != before);
    out8(COM1_MCR, LOOPBACK);
    out8(COM1_DATA, 'a');
    regs.eax = 0x1100;
    call_bios(0x16, &regs);
    out8(COM1_MCR, 0);
    check_equal("INT 16h AH=11h sees a key", regs.flags & ZERO, 0);
    check_equal("which is this one", regs.eax & 0xff, 'a');
    regs.eax = 0x1000;
    call_bios(0x16, &regs);
    check_equal("and stays for AH=10h", regs.eax & 0xff, 'a');
    regs.eax = 0x0100;
    call_bios(0x16, &regs);
    check_equal("which takes it", regs.flags & ZERO, ZERO);
}

static uint32_t binary(uint32_t bcd)
{
    return (bcd >> 4 & 0xf) * 10 + (bcd & 0xf);
}

static void check_clock(void)
{
    struct regs date = {.eax = 0x0400, .flags = CARRY};
    struct regs time = {.eax = 0x0200, .flags = CARRY};
    struct regs ticks = {.eax = 0x0000};
    uint32_t seconds, count;

    call_bios(0x1a, &date);
    check_equal("INT 1Ah AH=4 works", date.flags & CARRY, 0);
    check_equal("the year", date.ecx & 0xffff, 0x2031);
    check_equal("month and day", date.edx & 0xffff, 0x0704);
    call_bios(0x1a, &time);
    check_equal("INT 1Ah AH=2 works", time.flags & CARRY, 0);
    check_equal("the hour", time.ecx >> 8 & 0xff, 0x12);
    seconds = (12 * 60 + binary(time.ecx)) * 60 + binary(time.edx >> 8);
    call_bios(0x1a, &ticks);
    count = (ticks.ecx & 0xffff) << 16 | (ticks.edx & 0xffff);
    check_range("INT 1Ah AH=0: 18.2065 ticks for each second of the day", count,
                seconds * 18 + seconds / 5, (seconds + 30) * 18 + (seconds + 30) / 4);
}

/* INT 1Ah AH=0: the count; AL, which says whether it was midnight, goes to *midnight. */
static uint32_t read_ticks(uint32_t *midnight)
{
    struct regs regs = {.eax = 0x00ff};

    call_bios(0x1a, &regs);
    *midnight = regs.eax & 0xff;
    return (regs.ecx & 0xffff) << 16 | (regs.edx & 0xffff);
}

/* INT 8 is called as the PIT's interrupt does, which is off. */
static void count_ticks(unsigned count)
{
    struct regs regs = {0};

    for (unsigned i = 0; i < count; i++)
        call_bios(0x08, &regs);
}

/* More than a second's ticks, so that the RTC is behind. */
static void check_ticks_beside_irq0(void)
{
    const uint32_t ahead = 40;
    uint32_t midnight, count, before = read_ticks(&midnight);

    count_ticks(ahead);
    count = read_ticks(&midnight);
    check_range("INT 1Ah AH=0 keeps what INT 8 has counted", count, before + ahead,
                before + ahead + 30 * 19);
    check_equal("which is no midnight", midnight, 0);
    rtc_write(RTC_HOURS, 0);
    count = read_ticks(&midnight);
    check_equal("the RTC's midnight is one", midnight, 1);
    check_range("from which the count begins", count, 34 * 60 * 18, 36 * 60 * 19);
    *low_word(TICKS) = (uint16_t)(DAY_TICKS - 1);
    *low_word(TICKS + 2) = DAY_TICKS >> 16;
    count_ticks(1);
    check_equal("INT 8 begins again at midnight", read_ticks(&midnight), 0);
    check_equal("which AH=0 says", midnight, 1);
    check_equal("and goes on, whatever the RTC says", read_ticks(&midnight), 0);
    check_equal("with no other midnight", midnight, 0);
}

static uint8_t in_service(uint16_t pic)
{
    out8(pic, READ_ISR);
    return in8(pic);
}

/* HLT ends by an interrupt only if the ones before were acknowledged. */
static void check_hardware(void)
{
    uint16_t before;

    start_ticks();
    before = *low_word(TICKS);
    for (unsigned i = 0; i < 3; i++)
        interrupts_wait();
    out8(PIC + 1, 0xfb);
    check_range("INT 8 counts the PIT's interrupts", (uint16_t)(*low_word(TICKS) - before), 3,
                1000);
    check_equal("and acknowledges them", in_service(PIC), 0);
    rtc_write(0x0a, RTC_RATE_8);
    rtc_write(0x0b, RTC_PIE);
    out8(PIC2 + 1, 0xfe);
    for (unsigned i = 0; i < 3; i++)
        interrupts_wait();
    out8(PIC2 + 1, 0xff);
    check("INT 70h lets the RTC interrupt again", true);
    check_equal("and acknowledges at both PICs", in_service(PIC) | in_service(PIC2), 0);
}

void payload_main(void)
{
    check_vectors();
    check_data_area();
    check_disk();
    check_memory_map();
    check_memory_sizes();
    check_teletype();
    check_keyboard();
    check_clock();
    check_ticks_beside_irq0();
    check_hardware();
    check_done();
}
