/* SPDX-License-Identifier: BSD-2-Clause */
/* Other CPUs: started by the local APIC, brought from real mode to 64-bit mode, on stacks of
 * theirs. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_SMP_H
#define GUEST_IMAGES_PAYLOADS_LIB_SMP_H

#define SMP_MAX_CPUS 64

#ifndef __ASSEMBLER__

#include <stdint.h>

/*
 * Puts the way from real mode to smp_main into low memory, and returns its address: for whoever
 * comes there by other means than a start of this file.
 */
uint32_t smp_put_trampoline(void);

/* Starts all other CPUs, each of which calls smp_main once and then halts. */
void smp_start(void);

/* The same for CPUs 1 to cpus - 1, each by its APIC's id. */
void smp_start_each(uint32_t cpus);

/* index is 1 and up, in the order in which they come. By the payload that calls smp_start. */
void smp_main(unsigned index);

#endif

#endif
