/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time cut of the machine: guest time stops at one instant for every clock that the guest has,
 * and goes on later from there. What is kept is in kvmclock/time_cut.h; here it is read from KVM
 * and given back to it.
 *
 * All functions are for a thread that holds the machine's lock while every vCPU is held
 * (quiesce.h). From machine_cut_take to machine_cut_continue guest time is that of the cut, for
 * everybody.
 *
 * What goes on by the host's TSC is set only if that is wrong. If guest time goes on by as much as
 * the host has, nothing is: offsets, KVM's own clock and the timers of the local APICs have gone on
 * by themselves. KVM then holds one expiry of each of these timers.
 */
#ifndef VMM_MACHINE_MACHINE_CUT_H
#define VMM_MACHINE_MACHINE_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

/* A hundred years: far from where nanoseconds, or cycles of a TSC of 5 GHz, fill 64 bits. No jump
 * goes further. */
#define MACHINE_CUT_LATEST_NS (UINT64_C(36500) * 86400 * UINT64_C(1000000000))

struct machine;

/* The result of machine_cut_continue. */
struct machine_cut_result {
    /*
     * How far guest time has fallen behind the host since before the cut, in cycles of the host's
     * TSC, modulo 2^64.
     */
    uint64_t behind_cycles;
    /* The TSC has gone on as far as guest time, on every vCPU. */
    bool tsc_follows;
};

/* Guest time stops now. */
void machine_cut_take(struct machine *machine);

/*
 * The same in parts, for a jump alone: the cut has neither IA32_TSC_ADJUST nor the host's clocks.
 * It begins; then what the vCPU has is added for each, and *state is its local APIC as the cut has
 * it. Of what follows a vCPU only has to be out of the guest and halted (quiesce_keep_out). 0 or
 * -errno after an error line.
 */
void machine_cut_begin(struct machine *machine);
int machine_cut_take_vcpu(struct machine *machine, unsigned index, struct kvm_lapic_state *state);

/* Guest time has not stopped after all: nothing was changed. */
void machine_cut_drop(struct machine *machine);

/*
 * Chooses this instant as the one at which guest time goes on; machine_cut_continue follows.
 * Returns for how many cycles of the host's TSC guest time has stood still. If the TSC has fallen
 * back meanwhile, that is the number without the fall.
 */
uint64_t machine_cut_end(struct machine *machine);

/*
 * Guest time goes on, later than the cut by so many cycles of the host's TSC. Every kvm-clock page
 * tells the guest that it was stopped. offsets_work is what machine_tsc_offsets_work says; without
 * them no TSC is set, and it has gone on with the host's.
 */
struct machine_cut_result machine_cut_continue(struct machine *machine, uint64_t host_cycles,
                                               bool offsets_work);

/*
 * Guest time goes on from the cut as if nothing had been, and later by ns nanoseconds, or at most a
 * cycle of vCPU 0's TSC more. No page says that the guest was stopped. False if a TSC does not
 * follow.
 */
bool machine_cut_jump(struct machine *machine, uint64_t ns);

#endif
