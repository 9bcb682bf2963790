/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state in which the first CPU enters the kernel, as data.
 */
#ifndef BOOT_CPU_STATE_H
#define BOOT_CPU_STATE_H

#include <stdint.h>

#include <linux/kvm.h>

#include "base/guest_mem.h"

enum boot_mode {
    /* 64-bit mode, the first 4 GiB identity mapped: Linux's 64-bit boot protocol. */
    BOOT_MODE_LONG,
    /* 32-bit protected mode, paging off: PVH, Multiboot and Linux's 32-bit boot protocol. */
    BOOT_MODE_PROTECTED,
};

struct boot_entry {
    enum boot_mode mode;
    uint64_t rip;
    uint64_t rax;
    uint64_t rbx;
    uint64_t rsi;
};

/*
 * Turns sregs as KVM gave them, and regs, into the entry state: flat segments, interrupts off,
 * stack at LAYOUT_STACK_GPA. Writes the GDT and, for long mode, the page tables into guest memory.
 * 0, or -ENOSPC if guest memory does not reach as far as they do.
 */
int cpu_state_fill(const struct boot_entry *entry, const struct guest_mem *mem,
                   struct kvm_regs *regs, struct kvm_sregs *sregs);

#endif
