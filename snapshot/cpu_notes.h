/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notes of a core for those that look into it from outside, made from the records of a vCPU. A
 * restore does not read them.
 *
 *   "CORE", NT_PRSTATUS   struct elf_prstatus of Linux on x86-64: general registers. gdb makes a
 *                         thread of each, crash wants one for each CPU
 *   "QEMU", 0             QEMUCPUState, version 1, 440 bytes: system registers too, for crash and
 *                         drgn. Source: its layout in QEMU's contrib/elf2dmp/qemu_elf.h
 */
#ifndef SNAPSHOT_CPU_NOTES_H
#define SNAPSHOT_CPU_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/note.h"

/* Adds both notes of each vCPU that has records of its registers; vCPUs are 0, 1 and so on. */
void cpu_notes_add(struct note_writer *writer, const void *records, size_t records_bytes);

#endif
