/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a BIOS leaves for code in real mode: the interrupt vectors at 0, the BIOS data area at 400h,
 * the EBDA, and in segment F000h the functions to which the vectors lead (bios.S, bios_clock.S):
 *
 *   INT 8h to Fh    acknowledge an interrupt of the first PIC; 8h also counts ticks and calls 1Ch
 *   INT 10h         AH=0Eh sends a character on COM1; 0Fh: text, 80 columns. There is no screen
 *   INT 11h, 12h    equipment, and KiB of conventional memory
 *   INT 13h         fails: there are no disks
 *   INT 15h         AX=E820h, AX=E801h, AH=88h: the memory map of e820.h; AX=2401h, 2402h: A20 is
 *                   on; AH=C1h: where the EBDA is
 *   INT 16h         AH=0, 1, 2, 10h, 11h, 12h: the keys are what COM1 receives, without scan codes
 *   INT 18h, 19h    reset the machine
 *   INT 1Ah         AH=0, 2, 4: ticks, time and date, of the RTC; ticks that 8h counts beyond stay
 *   INT 70h to 77h  acknowledge an interrupt of both PICs; 70h also reads C of the RTC
 *
 * All others, and all other functions of these, set CF and return.
 *
 * Nothing of it runs unless the guest calls it, and a guest may use the memory below 500h as it
 * likes. Neither PIC nor PIT are set up: a guest that wants ticks does that.
 *
 * Sources: IBM PC AT Technical Reference, section 5; Ralf Brown's Interrupt List; for E820h the
 * ACPI specification 6.5, section 15.1.
 */
#ifndef BOOT_BIOS_H
#define BOOT_BIOS_H

#include "base/guest_mem.h"

/* mem is mapped. 0, or -ENOSPC if it has no memory up to 1 MiB. */
int bios_build(const struct guest_mem *mem);

#endif
