/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a vCPU is idle: it waits for a time that is known, or for somebody outside. Pure: what it
 * is told was read while the vCPU was out of the guest (skip_idle.h).
 *
 * KVM says that a vCPU is halted, and that is not enough. An interrupt can come to a vCPU that has
 * been taken out of the guest, and then it is not halted, although KVM says so until it runs again:
 *
 *   a. The interrupt waits in the local APIC's IRR, or in what KVM is about to inject.
 *   b. A timer that counts has run out, and its interrupt is not in IRR yet. Nothing shows that:
 * KVM counts the expiry when the host's timer comes (lapic_timer.pending), and puts it into IRR in
 *      the next KVM_RUN, before the vCPU halts again. A one-shot then has a count of 0, as one
 * whose interrupt was taken long ago. So it is known to be such a one if the vCPU was seen so
 * before, was let run, has executed no HLT since, and the host's timer would have come by now
 *      (IDLE_SETTLE_NS). A periodic one counts its next period once the expiry is counted: that is
 *      in IRR if the vCPU was let run, has executed no HLT since, and the timer cannot have run out
 *      since. A timer in TSC-deadline mode has no such doubt: the MSR keeps its value until the
 *      interrupt is in IRR.
 *   c. The timer goes on while the vCPU is out. So IRR and the count have to be of one
 *      KVM_GET_LAPIC, which makes the view here, and the cut (machine_cut.h) has the same count.
 *
 * All of it only holds if every vCPU is out before the first one is viewed: one that still runs can
 * send an interrupt to one that was viewed already.
 *
 * A timer whose interrupt is masked wakes nobody. A vCPU that waits to be started by an INIT or a
 * SIPI waits for another vCPU.
 *
 * Source: Linux arch/x86/kvm/lapic.c (apic_timer_expired, kvm_inject_apic_timer_irqs) and x86.c
 * (vcpu_run, vcpu_block).
 */
#ifndef VMM_MACHINE_IDLE_VCPU_H
#define VMM_MACHINE_IDLE_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvmclock/time_cut.h"

/* By so much of the host's time is a host's timer late at most. */
#define IDLE_SETTLE_NS 50000000

/* A vCPU that is out of the guest. */
struct idle_view {
    /* KVM_MP_STATE_HALTED and others. */
    uint32_t mp_state;
    struct kvm_vcpu_events events;
    struct kvm_lapic_state lapic;
    /* HLTs that it has executed. */
    uint64_t halt_count;
    /* Its timer and its TSC at guest_ns, by the same local APIC. */
    struct time_cut_vcpu time;
    uint64_t guest_ns;
    /* Guest time by the host's. */
    struct dilation dilation;
};

/* What is kept of a vCPU from one view to the next; zeroes: nothing. */
struct idle_memory {
    bool is_set;
    uint64_t halt_count;
    /* Of a one-shot that has run out: when it was first seen so, since the latest HLT. */
    uint64_t since_ns;
    /* Of a periodic timer: from that view on it runs out at this guest time, or later. */
    uint64_t quiet_until_ns;
};

/*
 * Whether it is idle. Then *wakes_ns is the guest time at which its timer wakes it; TIME_NEVER_NS:
 * it does not. Between two calls the vCPU was let run, and was seen to sleep in KVM_RUN.
 */
bool idle_vcpu_judge(struct idle_memory *memory, const struct idle_view *view, uint64_t *wakes_ns);

#endif
