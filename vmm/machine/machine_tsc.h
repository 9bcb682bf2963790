/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSCs of the machine's vCPUs: what --tsc asks for, and what the guest writes.
 *
 * --tsc sets the TSC of every vCPU. They start together at 0 when the machine is made, but for the
 * offsets that are asked for; if one is negative, all start later by as much, so that no TSC begins
 * just below 2^64. A rate is set before the vCPU first runs, by KVM_SET_TSC_KHZ; an offset by
 * KVM_VCPU_TSC_OFFSET. Neither's return code is believed. The settings are first made on a vCPU of
 * a VM of its own and measured there (tsc_measure.h); vCPUs that are asked for the same share one
 * measurement. The verdict is
 *
 *   effective   the guest's TSC is what was asked for, and KVM reads it back so
 *   ignored     KVM takes it, and the guest's TSC is something else
 *   refused     KVM says so
 *
 * A request that is not effective is an error, and the machine is not made. With --tsc-best-effort
 * it is a warning. If both a rate and an offset were asked for, the offset is then tried alone.
 * What is still not effective is not set at all. So on each vCPU that runs, the TSC is what KVM
 * says of it, and kvm-clock's pages and guest time follow from that. Without --tsc nothing is set.
 * Everything that the guest can ask for its TSC's rate agrees, because only one thing tells it:
 * kvm-clock's page. CPUID leaves 0x15, 0x16 and 0x40000010 do not exist (boot/cpuid_policy.c).
 */
#ifndef VMM_MACHINE_MACHINE_TSC_H
#define VMM_MACHINE_MACHINE_TSC_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/guest_tsc.h"

struct machine;
struct vcpu;

/*
 * Sets the TSCs as the options ask; the vCPUs are there and have not run. 0, or a negative errno
 * after one error line: what is asked for is not effective.
 */
int machine_tsc_prepare(struct machine *machine);

/*
 * The same at a restore on another boot or host: vCPU i keeps a TSC of khz[i], or of the host's
 * rate if that is 0, is as good as the host's (TSC_TOLERANCE_PPM), or has no effect, of which
 * nothing is said.
 */
int machine_tsc_keep_rates(struct machine *machine, const uint32_t khz[]);

/*
 * Under the lock, or before the vCPUs run: the vCPU's TSC as it is now, its ratio and KVM's offset,
 * which KVM is asked for and which is kept. 0 or -errno after an error line.
 */
int machine_tsc_get(struct vcpu *vcpu, struct guest_tsc *tsc);

/*
 * The same from what is kept, without a call of KVM. An offset changes where this program sets it,
 * which is in machine_tsc_set_offset alone, and then what was kept is forgotten. KVM itself moves
 * offsets in three cases. With --kvmclock kernel it answers the guest's writes, and on a host whose
 * TSC is not constant it moves them whenever it likes (kvm_arch_vcpu_load): there it is asked each
 * time. On a host that was suspended it moves them once; the next update of guest time asks for
 * all, and writes the pages of kvm-clock anew (machine_time.h).
 */
int machine_tsc_recall(struct vcpu *vcpu, struct guest_tsc *tsc);

/* Whether it makes no call of KVM: the offset is kept, and stays until it is set. */
bool machine_tsc_is_kept(const struct vcpu *vcpu);

/* Locked as machine_tsc_get. What KVM returns, without a line. */
int machine_tsc_set_offset(struct vcpu *vcpu, uint64_t offset);

/* Whether all vCPUs have one TSC. */
bool machine_tsc_is_one(const struct machine *machine);

/*
 * Finds out whether a guest's TSC follows its offset. In vCPU 0's thread, before it runs the guest:
 * the other vCPUs wait for it, and a KVM before 6.13 waits for milliseconds (synchronize_rcu) when
 * a vCPU that another thread has run comes to its own.
 */
void machine_tsc_find_out(struct machine *machine);

/*
 * The same on a VM of its own, for a vCPU that does not stand at a kernel's entry. It takes as long
 * as tsc_measure.h says. 0, or a negative errno after an error line.
 */
int machine_tsc_find_out_apart(struct machine *machine);

/* What was found out. Valid once vCPU 0 runs the guest or is held. */
bool machine_tsc_offsets_work(const struct machine *machine);

/* The board's hook, under the lock: a vCPU's TSC. */
bool machine_tsc_tell(void *ctx, unsigned vcpu, struct guest_tsc *tsc);

#endif
