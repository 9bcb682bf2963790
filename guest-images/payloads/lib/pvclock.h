/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm-clock, the guest's side. Source: Linux Documentation/virt/kvm/x86/msr.rst. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_PVCLOCK_H
#define GUEST_IMAGES_PAYLOADS_LIB_PVCLOCK_H

#include <stdint.h>

#define MSR_WALL_CLOCK_OLD  0x11
#define MSR_SYSTEM_TIME_OLD 0x12
#define MSR_WALL_CLOCK      0x4b564d00
#define MSR_SYSTEM_TIME     0x4b564d01
#define PVCLOCK_ENABLE      1
#define PVCLOCK_TSC_STABLE  1
#define PVCLOCK_STOPPED     2

struct pvclock_page {
    volatile uint32_t version;
    uint32_t pad0;
    volatile uint64_t tsc_timestamp;
    volatile uint64_t system_time_ns;
    volatile uint32_t tsc_to_system_mul;
    volatile int8_t tsc_shift;
    volatile uint8_t flags;
    uint8_t pad[2];
};

struct pvclock_wall {
    volatile uint32_t version;
    volatile uint32_t sec;
    volatile uint32_t nsec;
};

/* The page as it was at one time. TSC values that are read after it are not before its timestamp.
 */
struct pvclock_page pvclock_copy(const struct pvclock_page *page);

/* The page's time at a TSC value; of a copy, or else between two reads of the version. */
uint64_t pvclock_ns_at(const struct pvclock_page *page, uint64_t tsc);

/* The page's time now, by the version protocol. */
uint64_t pvclock_read_ns(const struct pvclock_page *page);

/* What the TSC will show so many nanoseconds from now, up to some years, by the page's rate. */
uint64_t pvclock_tsc_after(const struct pvclock_page *page, uint64_t ns);

#endif
