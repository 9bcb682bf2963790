/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages through which a guest reads kvm-clock, and their arithmetic.
 *
 * Source: Linux Documentation/virt/kvm/x86/msr.rst and arch/x86/include/asm/pvclock-abi.h.
 *
 * A guest computes, with the TSC read between two reads of the version:
 *
 *     delta   = tsc - tsc_timestamp
 *     scaled  = shift >= 0 ? delta << shift : delta >> -shift
 *     time_ns = system_time + ((scaled * mul) >> 32)            the product wider than 64 bits
 *
 * Worked example: a 2.5 GHz TSC is 0.4 ns a cycle = 0xcccccccd * 2^(-1 - 32). 2 500 000 000 cycles
 * are (1 250 000 000 * 0xcccccccd) >> 32 = 1 000 000 000 ns.
 */
#ifndef KVMCLOCK_PVCLOCK_H
#define KVMCLOCK_PVCLOCK_H

#include <assert.h>
#include <stdint.h>

/* Nanoseconds per TSC cycle as mul * 2^(shift - 32), mul at least 2^31. */
struct pvclock_scale {
    uint32_t mul;
    int8_t shift;
};

/* struct pvclock_vcpu_time_info of the ABI: one for each vCPU, at any 4-byte aligned address. */
struct pvclock_page {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time_ns;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad[2];
} __attribute__((packed, aligned(4)));
static_assert(sizeof(struct pvclock_page) == 32, "guest ABI");

/* All vCPUs' pages are one function of one TSC: the guest may compare readings between vCPUs. */
#define PVCLOCK_TSC_STABLE 1
/* The host has stopped the guest for a while: set by us, cleared by the guest. */
#define PVCLOCK_GUEST_STOPPED 2

/*
 * struct pvclock_wall_clock of the ABI: the wall time at kvm-clock zero, for which it has room up
 * to 2106-02-07T06:28:15. A guest adds kvm-clock to that, with as many bits as it likes.
 */
struct pvclock_wall_page {
    uint32_t version;
    uint32_t sec;
    uint32_t nsec;
};
static_assert(sizeof(struct pvclock_wall_page) == 12, "guest ABI");
#define PVCLOCK_WALL_MAX_SEC UINT32_MAX

/*
 * The scale nearest to delta_ns nanoseconds in delta_tsc cycles, both nonzero and below 2^63. The
 * rate is right to 2^-32 relative. Rates from 1 MHz to 10 GHz and far beyond fit; one that does not
 * fit the shift of an int8_t is a programming error.
 */
struct pvclock_scale pvclock_scale_from_ratio(uint64_t delta_ns, uint64_t delta_tsc);

/* What the guest's formula gives for delta_tsc cycles. */
uint64_t pvclock_scale_ns(struct pvclock_scale scale, uint64_t delta_tsc);

/* The least number of cycles for which it gives delta_ns or more; below 2^64 by the caller's word.
 */
uint64_t pvclock_scale_cycles(struct pvclock_scale scale, uint64_t delta_ns);

/*
 * Publication in two steps, so that a set of pages can be replaced as one: between begin and end
 * the version is odd and a reader waits. The fields are written between them.
 */
void pvclock_write_begin(struct pvclock_page *page);
void pvclock_write_end(struct pvclock_page *page);

/*
 * Writes the wall-clock page under its version protocol; wall_ns counts from the epoch, UTC. Beyond
 * PVCLOCK_WALL_MAX_SEC the seconds wrap: the guest reads a time that is 2^32 s earlier.
 */
void pvclock_write_wall(struct pvclock_wall_page *page, uint64_t wall_ns);

/*
 * A guest's reader: time at TSC value tsc, from one consistent state of the page. Spins while the
 * version is odd. For the tests; a guest has its own.
 */
uint64_t pvclock_read_ns(const struct pvclock_page *page, uint64_t tsc);

#endif
