/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSC of a vCPU as a function of the host's, in the arithmetic of the hardware:
 *
 *     guest_tsc = ((host_tsc * ratio) >> frac_bits) + offset                  modulo 2^64
 *
 * the product 128 bits wide. A ratio has 48 bits behind the point with VMX and 32 with SVM.
 * Sources: Intel SDM volume 3, "Time-Stamp Counter Offset and Multiplier"; AMD APM volume 2, "TSC
 * Ratio MSR".
 *
 * KVM takes rates in whole kilohertz (KVM_SET_TSC_KHZ) and makes the ratio from what it takes for
 * the host's, floor((khz << frac_bits) / host_khz). So the ratio is known exactly here, and the
 * rate in hertz follows from the measured rate of the host: it is as far from khz * 1000 as the
 * host's is from host_khz * 1000. Within 250 parts per million of host_khz KVM does not scale at
 * all (its parameter tsc_tolerance_ppm), although it says that it has.
 *
 * Worked example: 2 GHz on a host of 3.5 GHz with VMX. ratio = floor((2000000 << 48) / 3500000) =
 * 0x924924924924, and 3 500 000 000 cycles of the host are 1 999 999 999 of the guest.
 */
#ifndef KVMCLOCK_GUEST_TSC_H
#define KVMCLOCK_GUEST_TSC_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/pvclock.h"

/* Each write moves the TSC, and the other register by as much: SDM volume 3, 18.17.3. */
#define MSR_TSC        0x10
#define MSR_TSC_ADJUST 0x3b

/* KVM's tsc_tolerance_ppm. */
#define TSC_TOLERANCE_PPM 250

#define TSC_RATIO_BITS_VMX 48
#define TSC_RATIO_BITS_SVM 32

/* Cycles of a guest's TSC for each one of the host's: mul * 2^-frac_bits, mul from 1 to 2^63 - 1.
 */
struct tsc_ratio {
    uint64_t mul;
    unsigned frac_bits;
};

/* The host's own rate. */
#define TSC_RATIO_ONE ((struct tsc_ratio){UINT64_C(1) << TSC_RATIO_BITS_VMX, TSC_RATIO_BITS_VMX})

struct guest_tsc {
    struct tsc_ratio ratio;
    uint64_t offset;
};

/* KVM's ratio, both rates not 0 and less than 2^14 apart. */
struct tsc_ratio tsc_ratio_from_khz(uint32_t khz, uint32_t host_khz, unsigned frac_bits);

/*
 * The other way, to the nearest: the guest's rate and the host's; 0 if it does not fit. With 32
 * bits it is the one that the ratio was made from if the host's is less than 100 times the guest's.
 */
uint32_t tsc_ratio_guest_khz(struct tsc_ratio ratio, uint32_t host_khz);
uint32_t tsc_ratio_host_khz(struct tsc_ratio ratio, uint32_t guest_khz);

/* Whether they are the same number, whatever its frac_bits. */
bool tsc_ratio_equal(struct tsc_ratio a, struct tsc_ratio b);

/* floor(host_tsc * ratio), modulo 2^64. */
uint64_t tsc_ratio_apply(struct tsc_ratio ratio, uint64_t host_tsc);

/*
 * Nanoseconds per cycle of the guest's TSC, from nanoseconds per cycle of the host's, to the
 * nearest that a pvclock page can hold: right to 2^-32 relative to what host_scale says.
 */
struct pvclock_scale tsc_ratio_scale(struct tsc_ratio ratio, struct pvclock_scale host_scale);

/* What RDTSC gives the guest at host_tsc. */
uint64_t guest_tsc_at(const struct guest_tsc *tsc, uint64_t host_tsc);

/*
 * The other way: the first host_tsc at which the guest reads that value, as long as neither counter
 * has wrapped.
 */
uint64_t guest_tsc_host_at(const struct guest_tsc *tsc, uint64_t guest_tsc);

/* The same ratio and an offset with which the guest reads tsc_value at host_tsc. */
struct guest_tsc guest_tsc_set(const struct guest_tsc *tsc, uint64_t host_tsc, uint64_t tsc_value);

/*
 * The same ratio and an offset with which the guest reads host_cycles after host_tsc what it would
 * have read at host_tsc. Functions of one ratio, delayed from one host_tsc, stay as far apart as
 * they are, to the cycle.
 */
struct guest_tsc guest_tsc_delayed(const struct guest_tsc *tsc, uint64_t host_tsc,
                                   uint64_t host_cycles);

/* Whether they are one function. */
bool guest_tsc_equal(const struct guest_tsc *a, const struct guest_tsc *b);

#endif
