/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is at F000:FFF0, where a PC starts: a jump to code that resets the machine. There is no
 * BIOS to start again, and what jumps there wants just that: Linux with reboot=b.
 */
#ifndef BOOT_RESET_VECTOR_H
#define BOOT_RESET_VECTOR_H

#include "boot/layout.h"

/* area is guest memory, LAYOUT_RESET_VECTOR_BYTES at LAYOUT_RESET_VECTOR_GPA. */
void reset_vector_fill(unsigned char area[LAYOUT_RESET_VECTOR_BYTES]);

#endif
