/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer of a local APIC that KVM emulates, over a time cut: what is left of its count.
 *
 * Pure: the registers are those of KVM_GET_LAPIC. In one-shot and periodic mode the timer counts
 * ticks of KVM's bus by the divider, down from TMICT. The bus has 1 GHz of the host's, unless KVM
 * was told otherwise (kvm_set_apic_bus). KVM works TMCCT out when it is asked (apic_get_tmcct). On
 * KVM_SET_LAPIC it starts the timer with the TMCCT that it is given (kvm_apic_set_state), and
 * forgets an expiry that it has not delivered. A one-shot that has run out would then expire a
 * second time, so that one is left alone. TSC-deadline mode has no count.
 *
 * What is exact: a count survives to one of its units. The registers are read a little after the
 * cut and set a little after guest time goes on; both are allowed for. A periodic tick that came
 * due while the vCPU was held already, and the cut had not been taken, is lost.
 *
 * Source: Linux arch/x86/kvm/lapic.c; Intel SDM volume 3A, 11.5.4.
 */
#ifndef VMM_KVM_LAPIC_TIMER_H
#define VMM_KVM_LAPIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "kvmclock/time_cut.h"

#define MSR_TSC_DEADLINE 0x6e0

/*
 * What the count was late_ticks before it was read, where the timer then ran. 0: there is nothing
 * to restore. One that ran out since is given as about to.
 */
uint32_t lapic_timer_left(const struct kvm_lapic_state *state, uint64_t late_ticks);

/* The same, with what time_cut.h has to know of the timer. */
struct time_cut_count lapic_timer_count(const struct kvm_lapic_state *state, uint64_t late_ticks);

/* Puts a count into state that had left units to go late_ticks ago; it is at least 1. */
void lapic_timer_put(struct kvm_lapic_state *state, uint32_t left, uint64_t late_ticks);

/*
 * For a local APIC of which all but the timer is to be in effect: without an initial count none
 * runs. And its end: the timer has the initial count, and had left units to go late_ticks ago. With
 * left 0 a one-shot has run out, and KVM lets it run out once more: that the guest has had the
 * interrupt cannot be told from outside, and two are better than none.
 */
void lapic_timer_stop(struct kvm_lapic_state *state);
void lapic_timer_start(struct kvm_lapic_state *state, uint32_t initial, uint32_t left,
                       uint64_t late_ticks);

/* The initial count of the timer; 0: it does not run. */
uint32_t lapic_timer_initial(const struct kvm_lapic_state *state);

/* Whether the timer interrupts at all: its entry in the local vector table is not masked. */
bool lapic_timer_interrupts(const struct kvm_lapic_state *state);

/* Whether an interrupt waits in IRR to be taken by the vCPU. */
bool lapic_has_request(const struct kvm_lapic_state *state);

/* Whether the timer waits for a TSC value, in MSR_TSC_DEADLINE. */
bool lapic_timer_is_deadline(const struct kvm_lapic_state *state);

#endif
