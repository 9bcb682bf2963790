/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pause and resume of the whole machine: every vCPU leaves the guest, and no timer fires.
 *
 * The vCPUs are held as quiesce.h says: a running guest pays nothing for it. The timer thread
 * sleeps. Console, signals and --timeout go on; what comes from the console meanwhile happens at
 * the guest time of the pause.
 *
 * --on-resume freeze, the default where the guest cannot see the host's time go on meanwhile
 * (hypercall.h): guest time stands still. A guest that did not run has no time to account for: none
 * of its timeouts expires, no watchdog wakes. One delta, the host TSC's cycles in the pause, moves
 * everything: the timebase's origin, and with it PIT, RTC, HPET, PM timer and kvm-clock, which are
 * functions of guest time; every vCPU's TSC offset; and the local APIC timers (lapic_timer.h; in
 * TSC-deadline mode the deadline is written again under the new offset). With
 * --rtc clock=host the RTC, and the wall time that kvm-clock tells from then on, are the host's
 * again after the resume.
 *
 * --on-resume advance: guest time goes on, and with it every clock. Device timers that came due are
 * run at the resume, late: of a periodic interrupt one tick, whatever --lost-ticks says, as the
 * guest is told of the pause and a storm of what it has slept through helps nobody
 * (board_end_stop). KVM holds one expiry of each local APIC timer.
 *
 * Either way PVCLOCK_GUEST_STOPPED is set in the kvm-clock pages, by which Linux's watchdogs for
 * soft lockups, stalls and hung tasks start afresh.
 *
 * Some KVMs take a TSC offset, read it back and ignore it, so the first resume measures what an
 * offset does (machine_tsc_offsets_work). Where it does nothing, none is set and the line at the
 * resume says so: in truth all stood still but the TSC, and kvm-clock pages are written for the TSC
 * as it is.
 * With --kvmclock kernel KVM's own clock is read at the pause and set at the resume: to the
 * microseconds between the two ends and those calls.
 *
 * SIGSTOP and SIGTSTP are no pause: the process is stopped, time goes on, and nobody tells the
 * guest.
 */
#ifndef VMM_MACHINE_MACHINE_PAUSE_H
#define VMM_MACHINE_MACHINE_PAUSE_H

struct machine;

/* In the main thread, with one line each on what was done: harmless if there is nothing to do. */
void machine_pause(struct machine *machine);
void machine_resume(struct machine *machine);

#endif
