/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pause and resume of the whole machine, as the user asks for them.
 *
 * A pause holds every vCPU outside the guest (quiesce.h) and takes a time cut (machine_cut.h). From
 * then on guest time stands still. The timer thread sleeps. Console, signals and --timeout go on;
 * what comes from the console happens at the guest time of the pause. A resume lets guest time go
 * on from the cut, and the vCPUs run. --on-resume says how much of the pause is part of guest time.
 *
 * freeze: nothing of it. This is the default where the guest cannot see the host's time go on
 * meanwhile (hypercall.h). A guest that did not run has no time to account for: none of its
 * timeouts expires, no watchdog wakes. Every clock of the guest stands still together: PIT, RTC,
 * HPET, PM timer and kvm-clock, the TSC of each vCPU, and the local APIC timers. With --rtc
 * clock=host the RTC, and the wall time that kvm-clock tells from then on, are the host's again
 * after the resume.
 *
 * advance: all of it, and every clock of the guest goes on by it. Device timers that came due run
 * at the resume, late. A periodic interrupt then comes once, whatever --lost-ticks says: the guest
 * is told of the pause, and a storm of the ticks of a pause helps nobody (board_end_stop).
 *
 * More than MACHINE_PAUSE_STEP_NS of advance is made in steps. Linux before 6.10 adds up the time
 * since its last timer tick with 64-bit arithmetic that holds for at least 600 s: after a longer
 * jump it reads wrong times and reports soft lockups. A step is followed by
 * MACHINE_PAUSE_BETWEEN_NS in which the guest runs and has ticks; then the vCPUs are held, a new
 * cut is taken, and guest time goes on from that one by the next step. Between two steps TSC and
 * kvm-clock are behind the host together, and after the last one every TSC offset is what it was
 * before the pause. With --kvmclock kernel guest time then stays behind by some microseconds: KVM's
 * clock is set at each step, which takes that long, and what the last one takes is not made up. A
 * pause while guest time is still behind adds to what is left. It takes nothing from the run
 * between two steps: if the guest has not had all of it, the resume lets guest time go on from the
 * cut, and the next step comes when the rest of the run is over.
 *
 * Either way PVCLOCK_GUEST_STOPPED is set in the kvm-clock pages at the resume and at each step, by
 * which Linux's watchdogs for soft lockups, stalls and hung tasks start afresh.
 *
 * On a KVM that ignores TSC offsets the TSC cannot stand still. With freeze it goes on, and
 * kvm-clock pages are written for the TSC as it is. Advance then has one step, however long. The
 * line at the resume says so.
 *
 * SIGSTOP and SIGTSTP are no pause: the process is stopped, time goes on, and nobody tells the
 * guest.
 */
#ifndef VMM_MACHINE_MACHINE_PAUSE_H
#define VMM_MACHINE_MACHINE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/machine/machine_state.h"

/* Less than the 600 s that a guest can bear, as it may have had no tick for a while before. */
#define MACHINE_PAUSE_STEP_NS    UINT64_C(500000000000)
#define MACHINE_PAUSE_BETWEEN_NS UINT64_C(100000000)

struct machine;

/* All of these are for the main thread, without the lock. */

/* Who pauses and resumes, as the lines name it: a signal, or a command. */
struct pause_names {
    const char *pause;
    const char *resume;
};

/*
 * Each prints one line on what was done, and posts its event. False, without a line, if there is
 * nothing to do, if the machine is ending, or if the pause is a migration's (migration_source.h).
 */
bool machine_pause(struct machine *machine, const struct pause_names *names);
bool machine_resume(struct machine *machine);

/*
 * machine_pause and machine_resume without a line, for a snapshot. False: there is a pause already,
 * or the machine is ending.
 */
bool machine_pause_quietly(struct machine *machine);
void machine_resume_quietly(struct machine *machine);

/*
 * A pause that would end by itself stays until a resume; machine_pause does this as well. False: no
 * pause would end by itself.
 */
bool machine_pause_stay(struct machine *machine);

/*
 * Under the lock, with every vCPU held, which stay so: a pause that ends by itself after so long by
 * CLOCK_MONOTONIC, or earlier by a resume, and says nothing. It has a policy of its own: marker is
 * freeze, and the dates that the guest is told of, kvm-clock's wall time, that of a vmclock that
 * shows the guest's, and the RTC, are later by the pause afterwards.
 */
void machine_pause_for(struct machine *machine, uint64_t length_ns, enum pause_policy policy);

/* Whether steps of an advance are still to come; also while a pause is between them. */
bool machine_pause_is_behind(const struct machine *machine);

/* When machine_pause_step is to be called, by CLOCK_MONOTONIC; TIME_NEVER_NS: not now. */
uint64_t machine_pause_due_monotonic_ns(const struct machine *machine);

/* The next step, or the end of a pause that ends by itself, if it is due. */
void machine_pause_step(struct machine *machine);

/*
 * A machine that is restored stands in a pause: guest time goes on, before the vCPUs start. By
 * freeze it goes on from the cut; otherwise it is later by as much as the host has gone on since
 * the cut and by pause.behind_cycles, all of it or the first step. False if a TSC does not follow.
 */
bool machine_pause_end_restored(struct machine *machine, bool freeze);

#endif
