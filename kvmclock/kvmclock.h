/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm-clock, published from user space: what the guest's writes to the kvm-clock MSRs do.
 *
 * Source: Linux Documentation/virt/kvm/x86/msr.rst. Each vCPU names a page with MSR_KVM_SYSTEM_TIME
 * (bit 0 enables); MSR_KVM_WALL_CLOCK names one for the machine, filled at each write. The older
 * numbers 0x11 and 0x12 mean the same.
 *
 * Why replacing the rate never steps the guest's clock back, on any vCPU. While the vCPUs have one
 * TSC, all pages are one function F of it, and of the host's. To go from F to G, kvmclock_set_scale
 *   1. makes the version of every page odd,
 *   2. reads the TSC, not ahead of that: T0, and takes G with G(T0) = F(T0) and G not falling,
 *   3. writes G into every page and makes the versions even.
 * A reader that returns a value of F saw an even version after it had read its TSC value T, so it
 * read T before step 1 and T <= T0: its value is at most F(T0). One that returns a value of G read
 * an even version before its T, so T >= T0 and its value is at least G(T0). Every value of F is
 * thus at most every value of G, whichever vCPUs read them; a reader between 1 and 3 waits. The
 * vCPUs need not be stopped. Example: F runs at 1.000010 of G's rate and the writer is suspended
 * for 10 ms inside step 3; without step 1, a vCPU that still reads F would be 100 ns ahead of one
 * that reads G. tests/model/pvclock.pml goes through all of this, and through writers that lack a
 * step.
 *
 * Several TSCs. A vCPU's own offset only moves tsc_timestamp: its page is the same function of host
 * time still, because the hardware adds the offset after it has rounded. A rate of its own makes
 * another function: it counts other cycles than the timebase, with another multiplier. d ns after a
 * publication, page and timebase differ by less than
 *     2 ns + one cycle of either TSC + d * 2^-31
 * of which 1 ns and d * 2^-32 are what any page may be off by its own arithmetic. So L, the latest
 * that a page has shown up to T0, may be later than guest time, with which G begins. Therefore step
 * 3 waits, before the versions are even, until every page of G has come to L; this takes no longer
 * than that difference, and with one TSC, where L is F(T0), no time at all. The argument then holds
 * with L in place of F(T0), and the difference does not grow from publication to publication. vCPUs
 * of several TSCs have no TSC_STABLE, so a guest does not take one's reading for another's.
 *
 * Pages that are wrong on purpose (page_fault.h) have a function of their own each, and neither
 * wait for another page nor are waited for. What such a page has shown up to T0 is the least that
 * its next function begins with, so rounding takes no clock back: only a fault does. That function
 * is slower by as much in a second, so what rounding adds does not grow.
 */
#ifndef KVMCLOCK_KVMCLOCK_H
#define KVMCLOCK_KVMCLOCK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/guest_tsc.h"
#include "kvmclock/page_fault.h"
#include "kvmclock/pvclock.h"
#include "kvmclock/timebase.h"

#define KVMCLOCK_MAX_VCPUS 255

#define MSR_WALL_CLOCK_OLD  0x11
#define MSR_SYSTEM_TIME_OLD 0x12
#define MSR_WALL_CLOCK      0x4b564d00
#define MSR_SYSTEM_TIME     0x4b564d01

struct kvmclock_wiring {
    /* Host pointer to length_bytes of guest RAM at gpa, or NULL if they are not all RAM. */
    void *(*memory_at)(void *ctx, uint64_t gpa, uint64_t length_bytes);
    /*
     * The host's TSC now: sampled between making the pages odd and filling them. The CPU is not to
     * read it ahead of the fence that is there: RDTSC alone may be, and so needs an LFENCE.
     */
    uint64_t (*host_tsc)(void *ctx);
    void *ctx;
    /* Guest time; once pages are published, its owner changes it only through the calls below. */
    struct timebase *timebase;
    /* Wall time at guest time 0, nanoseconds since the epoch, UTC. */
    uint64_t wall_zero_ns;
};

/* What a page says: its guest can write to it, so this is what was published. */
struct kvmclock_shown {
    uint64_t tsc_timestamp;
    uint64_t system_time_ns;
    struct pvclock_scale scale;
};

/* Of the guest alone, and fixed in size: what a snapshot keeps of kvm-clock. */
struct kvmclock_state {
    uint64_t wall_clock_msr;
    /* All enabled vCPUs have one TSC, and it is constant: the pages may say so. */
    uint8_t tsc_stable;
    uint8_t pad[7];
    /* Those of vCPUs that are not there are 0. */
    uint64_t system_time_msrs[KVMCLOCK_MAX_VCPUS];
};
static_assert(sizeof(struct kvmclock_state) == 16 + 8 * KVMCLOCK_MAX_VCPUS,
              "the state is the snapshot");

/* Follows from the state, the vCPU's TSC and guest time. */
struct kvmclock_vcpu {
    /* NULL while disabled. */
    struct pvclock_page *page;
    /* While enabled. By a fault the vCPU's TSC may be ahead of this, by so many cycles. */
    struct guest_tsc tsc;
    int64_t stale_cycles;
    struct kvmclock_shown shown;
};

struct kvmclock {
    struct kvmclock_wiring wiring;
    struct kvmclock_state state;
    /* Of the host: without it no page says TSC_STABLE, and none does again. */
    bool tsc_is_constant;
    unsigned vcpu_count;
    /* How often pages were written, for who wants to know of it. */
    uint64_t publications;
    struct kvmclock_vcpu vcpus[KVMCLOCK_MAX_VCPUS];
    /* What each vCPU's page says that is wrong, whether or not it is enabled. */
    struct page_fault faults[KVMCLOCK_MAX_VCPUS];
};

/* No page enabled; tsc_stable says whether the host's TSC is constant and the same on every CPU. */
void kvmclock_init(struct kvmclock *clock, const struct kvmclock_wiring *wiring,
                   unsigned vcpu_count, bool tsc_stable);

/* Every MSR 0 again: no page enabled. */
void kvmclock_reset(struct kvmclock *clock);

/* Whether a clock with these vCPUs and this memory can be in that state: all of it is looked at. */
bool kvmclock_state_is_valid(const struct kvmclock *clock, const struct kvmclock_state *state);

/*
 * Once a state has been put in place: pages are found again, and written for guest time and the
 * TSCs as they are now. tscs has one for each vCPU that is enabled. TSC_STABLE ends if they differ,
 * or if this host's TSC is not constant.
 */
void kvmclock_rearm(struct kvmclock *clock,
                    bool (*get_tsc)(void *ctx, unsigned vcpu, struct guest_tsc *tsc), void *ctx);

/* True for the four MSRs above. */
bool kvmclock_owns_msr(uint32_t msr);

/* Guest's read: what it last wrote, 0 at first. msr is one of ours. */
uint64_t kvmclock_read_msr(const struct kvmclock *clock, unsigned vcpu, uint32_t msr);

/*
 * Guest's write; msr is one of ours and tsc is the vCPU's TSC. False if the value is refused and
 * the guest is to get #GP: an address that is not 4-byte aligned or not in RAM. Nothing has changed
 * then. Two enabled vCPUs with different TSCs end TSC_STABLE, in every page and for good: guests
 * take its return as a promise for all of the past.
 */
bool kvmclock_write_msr(struct kvmclock *clock, unsigned vcpu, uint32_t msr, uint64_t value,
                        const struct guest_tsc *tsc);

/*
 * The TSC of a vCPU, which is not in the guest, has been set: its page follows, without a step of
 * its time. TSC_STABLE ends as above.
 */
void kvmclock_set_tsc(struct kvmclock *clock, unsigned vcpu, const struct guest_tsc *tsc);

/*
 * A fault: the TSC of a vCPU, which is not in the guest, has been set ahead by so many cycles, or
 * back, and its page does not follow. It goes on as the same function of the TSC, so it shows a
 * time that is as wrong as the TSC, and no page loses TSC_STABLE. That ends with kvmclock_set_tsc,
 * and when the guest writes the vCPU's MSR.
 */
void kvmclock_miss_tsc(struct kvmclock *clock, unsigned vcpu, int64_t cycles);

/*
 * Guest time runs at scale, nanoseconds per cycle of the host's TSC, from now on, in the timebase
 * and in every page, without a step.
 */
void kvmclock_set_scale(struct kvmclock *clock, struct pvclock_scale scale);

/*
 * While no vCPU runs: a change of clock->faults. From kvmclock_begin_faults, which returns guest
 * time, to kvmclock_end_faults the pages are those of that time.
 */
uint64_t kvmclock_begin_faults(struct kvmclock *clock);
void kvmclock_end_faults(struct kvmclock *clock);

/* While no vCPU runs: flags of a vCPU's page, as the guest could have written them. */
void kvmclock_change_flags(struct kvmclock *clock, unsigned vcpu, uint8_t set, uint8_t cleared);

/* TSC_STABLE ends with the next publication, for good: the host's TSC is not what it seemed. */
void kvmclock_end_stable(struct kvmclock *clock);

/*
 * In a pause, after every vCPU's TSC has been held back by host_cycles of the host's from host_tsc
 * on (see guest_tsc_delayed): TSCs that were one function are one still. The pages follow with
 * kvmclock_resume; without this they go by the TSCs as they were.
 */
void kvmclock_delay_tscs(struct kvmclock *clock, uint64_t host_tsc, uint64_t host_cycles);

/*
 * The same after every vCPU's TSC has been set ahead by the cycles that ns nanoseconds of guest
 * time are on it, as time_cut_advance counts them.
 */
void kvmclock_advance_tscs(struct kvmclock *clock, uint64_t ns);

/*
 * After a pause, or after the host's TSC has fallen back: guest time goes on from guest_ns at
 * host_tsc, which is about now; it is not less than any vCPU has read. No vCPU runs meanwhile.
 * Every page says GUEST_STOPPED. The bit stays until the guest clears it, as with KVM's own pages.
 */
void kvmclock_resume(struct kvmclock *clock, uint64_t host_tsc, uint64_t guest_ns);

/* The same after a jump, in which the guest was not stopped: no page says so. */
void kvmclock_jump(struct kvmclock *clock, uint64_t host_tsc, uint64_t guest_ns);

#endif
