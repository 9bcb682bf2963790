/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work whose result does not depend on time, for a machine that is saved and restored while it is
 * under way: see tests/guest/move.sh. What is printed is the same in every run.
 *
 *   rounds=N   of integers, memory, port copies, REP INSB and reads of a device's memory
 *   fpu=1      x87 and SSE2 arithmetic as well, with all of it in registers; a KVM that interprets
 *              kernel-mode code cannot do it. Without it XMM registers hold constants.
 *   timer=X    deadline, oneshot or periodic: N/8 interrupts, each waited for in HLT
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define POST_PORT     0x80
#define HPET_GPA      0xfed00000
#define HPET_TIMER_1  0x128
#define TIMER_VECTOR  0x30
#define WORDS         512
#define STRING_BYTES  48
#define PERIOD        20000
#define DEADLINE_TSC  2000000
#define CR4_OSFXSR    (1u << 9)
#define CR4_EXCEPTION (1u << 10)
#define CR0_EM        (1u << 2)
#define CR0_MP        (1u << 1)

static uint64_t memory[WORDS];
static uint64_t vectors[4];
static volatile uint32_t timer_irqs;
static volatile uint64_t timer_irq_tsc;

static void on_timer(void)
{
    timer_irq_tsc = tsc_read();
    timer_irqs++;
    apic_acknowledge();
}

static uint64_t mix(uint64_t value)
{
    return value * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

static void fpu_enable(void)
{
    uint64_t cr0, cr4;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr0" : : "r"((cr0 & ~(uint64_t)CR0_EM) | CR0_MP));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSFXSR | CR4_EXCEPTION));
}

/* 1 and 1.0000001 in both halves. */
static const uint64_t ones[2]
    __attribute__((aligned(16))) = {0x3ff0000000000000, 0x3ff0000000000000};
static const uint64_t factors[2]
    __attribute__((aligned(16))) = {0x3ff000001ad7f29b, 0x3ff000001ad7f29b};

static void fpu_begin(void)
{
    __asm__ volatile("fninit; fld1; fldpi" : : : "memory");
    __asm__ volatile("movdqa %0, %%xmm3; movdqa %1, %%xmm4" : : "m"(ones), "m"(factors));
}

/* st0 = sqrt(st0) + st1; xmm3 = xmm3 * xmm4 + 1. */
static void fpu_round(void)
{
    __asm__ volatile("fsqrt; fadd %%st(1), %%st" : : : "memory");
    __asm__ volatile("mulpd %%xmm4, %%xmm3; addpd %0, %%xmm3" : : "m"(ones));
}

static void fpu_end(void)
{
    uint64_t st0;

    __asm__ volatile("fstpl %0" : "=m"(st0));
    __asm__ volatile("movdqu %%xmm3, %0" : "=m"(vectors));
    print("# st0 ");
    print_hex(st0);
    print("\n# xmm3 ");
    print_hex(vectors[0]);
    print("\n");
}

static void registers_begin(void)
{
    for (unsigned i = 0; i < 4; i++)
        vectors[i] = mix(i + 1);
    __asm__ volatile("movdqu (%0), %%xmm5; movdqu 16(%0), %%xmm15" : : "r"(vectors) : "memory");
}

static void registers_end(void)
{
    uint64_t kept[4] = {0};

    __asm__ volatile("movdqu %%xmm5, (%0); movdqu %%xmm15, 16(%0)" : : "r"(kept) : "memory");
    check("XMM registers hold what was put there",
          kept[0] == mix(1) && kept[1] == mix(2) && kept[2] == mix(3) && kept[3] == mix(4));
}

static uint64_t hash_memory(uint64_t hash)
{
    for (unsigned i = 0; i < WORDS; i++) {
        memory[i] = mix(memory[i] ^ hash);
        hash = mix(hash ^ memory[i]);
    }
    return hash;
}

/* One byte through a port, back by single reads and by a string. */
static bool copy_ports(uint8_t value)
{
    uint8_t bytes[STRING_BYTES];
    bool same;

    out8(POST_PORT, value);
    same = in8(POST_PORT) == value;
    in8_string(POST_PORT, bytes, sizeof bytes);
    for (unsigned i = 0; i < sizeof bytes; i++)
        same = same && bytes[i] == value;
    return same;
}

static bool copy_device_memory(uint32_t value)
{
    volatile uint32_t *comparator = (volatile uint32_t *)(uintptr_t)(HPET_GPA + HPET_TIMER_1);

    *comparator = value;
    return *comparator == value;
}

static uint64_t work(uint32_t rounds, bool fpu)
{
    uint64_t hash = 1;
    bool same = true;

    for (uint32_t i = 0; i < rounds; i++) {
        if (fpu)
            for (unsigned j = 0; j < 1000; j++)
                fpu_round();
        hash = hash_memory(hash);
        same = copy_ports((uint8_t)hash) && same;
        same = copy_device_memory((uint32_t)hash) && same;
        print(".");
    }
    print("\n");
    check("ports and device memory give back what was written", same);
    return hash;
}

/* The kind of timer by its first letter; returns the TSC before which it cannot run out. */
static uint64_t start_timer(char kind, uint32_t done)
{
    uint64_t now = tsc_read();

    if (kind == 'd')
        apic_timer_start_deadline(now + DEADLINE_TSC, TIMER_VECTOR, on_timer);
    else if (kind == 'o' || done == 0)
        apic_timer_start_mode(PERIOD, kind == 'p', TIMER_VECTOR, on_timer);
    return kind == 'd' ? now + DEADLINE_TSC : now;
}

static void run_timer(char kind, uint32_t count)
{
    bool early = false, fell = false;
    uint64_t last = tsc_read();

    apic_enable();
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = timer_irqs;
        uint64_t least = start_timer(kind, i);

        while (timer_irqs == before)
            interrupts_wait();
        early = early || (kind == 'd' && timer_irq_tsc < least);
        fell = fell || timer_irq_tsc < last;
        last = timer_irq_tsc;
        print(".");
    }
    apic_timer_start_mode(0, false, TIMER_VECTOR, on_timer);
    print("\n");
    check("no interrupt came before its deadline", !early);
    check("the TSC never fell", !fell);
}

void payload_main(const uint8_t *zero_page)
{
    const char *line = payload_command_line(zero_page);
    const char *timer = text_find_value(line, "timer");
    uint32_t rounds = text_number_for(line, "rounds", 0);
    bool fpu = text_find_value(line, "fpu") != NULL;
    uint64_t hash;

    fpu_enable();
    registers_begin();
    if (fpu)
        fpu_begin();
    hash = work(rounds, fpu);
    if (fpu)
        fpu_end();
    print("# memory ");
    print_hex(hash);
    print("\n");
    if (timer != NULL)
        run_timer(timer[0], rounds / 8);
    registers_end();
    check_done();
}
