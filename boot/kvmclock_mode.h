/* SPDX-License-Identifier: BSD-2-Clause */
/* Who publishes kvm-clock: an option of the program, and what CPUID says of it follows. */
#ifndef BOOT_KVMCLOCK_MODE_H
#define BOOT_KVMCLOCK_MODE_H

enum kvmclock_mode {
    KVMCLOCK_USER,   /* published by this program */
    KVMCLOCK_KERNEL, /* left to KVM */
    KVMCLOCK_OFF,    /* hidden in CPUID */
};

#endif
