/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time cut: what a guest can read of time at one instant, and what it waits for.
 *
 * The instant is one value of the host's TSC, the same for all vCPUs. What is in the cut is in the
 * guest's own units, so it means the same at any later time, and on another host. A cut is taken
 * while no vCPU runs; then guest time goes on from it, at once or later, here or elsewhere. What
 * has passed meanwhile is for the caller to say, and nothing else tells the cases apart:
 *
 *   freeze              nothing has passed: the cut as it is
 *   advance             as much as on the host: time_cut_elapse with the host's cycles since
 *   advance in steps    the same in parts, with a run of the guest and a new cut between them
 *   jump, other host    d nanoseconds: time_cut_advance
 *
 * Formulas. H is the host's TSC, p at the cut, r where guest time goes on; G is the guest's TSC as
 * in guest_tsc.h; F(G) is guest time, the function that a kvm-clock page holds.
 *
 *   take       G_p = ((H_p * mul) >> frac) + offset;  guest_ns = F(G_p)
 *   elapse c   G += (((H_p + c) * mul) >> frac) - ((H_p * mul) >> frac);  guest_ns by F
 *   advance d  G += the least n with F(G + n) - F(G) >= d;  guest_ns by F
 *   go on      offset' = G - ((H_r * mul) >> frac)
 *
 * So after a freeze the guest reads at H_r what it would have read at H_p, to the cycle. After
 * elapse with c = H_r - H_p the offset is what it was, to the cycle: no clock and no rate was used.
 * After advance guest time is later by d and at most one cycle's nanoseconds more, and TSC and
 * kvm-clock are the same function of each other as before. Offsets of vCPUs with one ratio keep
 * their distances to the cycle in each case.
 *
 * A TSC deadline is a value of the guest's TSC, so it is the same whatever passes. A count of the
 * local APIC's timer loses what passes: one that counts once and would have run out has one unit
 * left, so that it runs out at once; one that counts again and again keeps its phase.
 *
 * Worked example: host and guest at 2.5 GHz, H_p = 1000, offset 200, H_r = 5000. G_p is 1200.
 * Freeze: offset' = 1200 - 5000 = -3800. Elapse 4000: G = 5200, offset' = 200. Elapse 1500: G =
 * 2700, offset' = -2300, and the guest is 2500 cycles, a microsecond, behind the host.
 */
#ifndef KVMCLOCK_TIME_CUT_H
#define KVMCLOCK_TIME_CUT_H

#include <stdint.h>

#include "kvmclock/dilation.h"
#include "kvmclock/guest_tsc.h"
#include "kvmclock/pvclock.h"
#include "kvmclock/timebase.h"

/* The timer of a local APIC that counts; one that waits for a TSC value has none of this. */
struct time_cut_count {
    /* Units left; 0: it does not run, or it has run out. */
    uint32_t left;
    /* Units from one expiry to the next; 0: it counts once. */
    uint32_t period;
    /* Ticks of the bus in a unit: 2^unit_shift. */
    unsigned unit_shift;
    /* Guest time in ticks of the bus, as its host_ns. Zeros: a tick is a nanosecond. */
    struct dilation bus;
};

/* Guest time until it runs out, rounded down. */
uint64_t time_cut_count_ns(const struct time_cut_count *count);

struct time_cut_vcpu {
    uint64_t tsc;
    /* Nanoseconds of guest time per cycle of it. */
    struct pvclock_scale scale;
    /* To the host where it was taken; another host has its own, by the rate. */
    struct tsc_ratio ratio;
    uint64_t tsc_adjust;
    /* 0: the local APIC waits for no TSC value. */
    uint64_t tsc_deadline;
    struct time_cut_count count;
};

struct time_cut {
    uint64_t guest_ns;
    /* Wall time at guest time 0, nanoseconds since the epoch, UTC. */
    uint64_t wall_zero_ns;
    unsigned vcpu_count;
    /* The caller's, with room for vcpu_count of them. */
    struct time_cut_vcpu *vcpus;
};

/* A cut with vcpu_count vCPUs, of which nothing is known yet; cut->vcpus is set. */
void time_cut_begin(struct time_cut *cut, uint64_t guest_ns, uint64_t wall_zero_ns,
                    unsigned vcpu_count);

/*
 * A vCPU's TSC at host_tsc, which is the same in all calls for one cut. The timebase is that of
 * guest time. What else there is of the vCPU is 0, for the caller to fill in.
 */
void time_cut_take_tsc(struct time_cut *cut, unsigned vcpu, const struct timebase *timebase,
                       uint64_t host_tsc, const struct guest_tsc *tsc);

/*
 * The cut, taken at host_tsc on this host and this boot, becomes that of host_cycles later. The
 * timebase is the one that it was taken with.
 */
void time_cut_elapse(struct time_cut *cut, const struct timebase *timebase, uint64_t host_tsc,
                     uint64_t host_cycles);

/* The cut becomes that of ns nanoseconds later, or at most one cycle of vCPU 0's TSC more. */
void time_cut_advance(struct time_cut *cut, uint64_t ns);

/* The vCPU's TSC, of that ratio, so that the cut is its present at host_tsc. */
struct guest_tsc time_cut_tsc(const struct time_cut *cut, unsigned vcpu, struct tsc_ratio ratio,
                              uint64_t host_tsc);

#endif
