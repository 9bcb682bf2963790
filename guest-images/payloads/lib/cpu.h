/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions of the CPU that C has no words for. Nothing here needs a library, and all of it
 * compiles for 16, 32 and 64 bits.
 */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_CPU_H
#define GUEST_IMAGES_PAYLOADS_LIB_CPU_H

#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t in16(uint16_t port)
{
    uint16_t value;

    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

/* count bytes, and count dwords, from one port with one instruction. */
static inline void in8_string(uint16_t port, void *bytes, uint32_t count)
{
    __asm__ volatile("cld; rep insb" : "+D"(bytes), "+c"(count) : "d"(port) : "memory", "cc");
}

static inline void in32_string(uint16_t port, uint32_t *dwords, uint32_t count)
{
    __asm__ volatile("cld; rep insl" : "+D"(dwords), "+c"(count) : "d"(port) : "memory", "cc");
}

static inline uint64_t tsc_read(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid_read(uint32_t leaf)
{
    struct cpuid regs = {.eax = leaf};

    __asm__ volatile("cpuid" : "+a"(regs.eax), "=b"(regs.ebx), "+c"(regs.ecx), "=d"(regs.edx));
    return regs;
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/* Waits for one interrupt, which cannot slip in between. */
static inline void interrupts_wait(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

#endif
