/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of system management mode, which a CPU enters by an SMI: nothing but RSM, which leaves
 * it. The only SMIs are those that a guest sends by its local APICs; on a PC the firmware takes
 * them, and the CPU goes on as if nothing had happened.
 *
 * In this mode a CPU of KVM's is in an address space of its own, which has this memory alone. So
 * the guest cannot see it, and has its own memory at the same addresses. A CPU saves its state at
 * SMBASE + FE00h and begins at SMBASE + 8000h. CPU 0 has the SMBASE of a reset, 30000h, and each
 * other one its own, so that no CPU writes over what another has saved.
 *
 * Source: AMD64 Architecture Programmer's Manual, volume 2, chapter 10.
 */
#ifndef BOOT_SMRAM_H
#define BOOT_SMRAM_H

#include <stdint.h>

/* Where it is in its address space. */
#define SMRAM_GPA 0x38000

/* The MSR by which KVM is told the SMBASE of a CPU. */
#define SMRAM_MSR_SMBASE 0x9e

/* How much memory it takes for so many CPUs: a number of whole pages. */
uint64_t smram_size_bytes(unsigned cpu_count);

/* Fills memory, which is zeroed, with what the CPUs find. */
void smram_fill(uint8_t *memory, unsigned cpu_count);

/* The SMBASE of a CPU; that of CPU 0 it has already. */
uint32_t smram_base(unsigned cpu);

#endif
