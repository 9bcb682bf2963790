/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MP table: what a kernel without ACPI reads instead of the MADT (Linux with acpi=off). Processors,
 * the ISA bus, the I/O APIC, its ISA interrupts, and the local interrupts of the processors.
 *
 * Source: Intel MultiProcessor Specification 1.4, chapter 4.
 *
 * A processor's entry has no signature and no features: CPUID tells them, on any processor with a
 * local APIC.
 */
#ifndef BOOT_MP_TABLE_H
#define BOOT_MP_TABLE_H

#include <stdint.h>

/* A vCPU's local APIC id is its index, and 255 means all of them. */
#define MP_TABLE_MAX_CPUS 255

/*
 * Writes the floating pointer at the start of area and the configuration table behind it. The guest
 * sees area at area_gpa, a multiple of 16; it finds the pointer if that is in the last KiB of
 * conventional memory, in the first KiB of the EBDA or in F0000h to FFFFFh. Other bytes are left
 * alone.
 *
 * 0; -EINVAL for a cpu_count not in 1 to MP_TABLE_MAX_CPUS or an area that is not aligned or not
 * below 4 GiB; -ENOSPC if area_size bytes are too few. Nothing is written on an error.
 */
int mp_table_build(unsigned cpu_count, uint8_t *area, uint64_t area_gpa, uint64_t area_size);

#endif
