/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_pause.h. */
#include "vmm/machine/machine_pause.h"

#include <stdio.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_vmclock.h"
#include "vmm/machine/quiesce.h"

#define NOTE_BYTES 160

/* Not so that the guest could see the host's time go on. */
static bool pauses_freeze(const struct machine *machine)
{
    if (machine->pause.policy != PAUSE_AS_CONFIGURED)
        return machine->pause.policy != PAUSE_ADVANCE;
    return machine->config->on_resume != ON_RESUME_ADVANCE && !hypercall_reaches_host(machine);
}

/* What guest time does in a pause. */
static const char *course_of_time(const struct machine *machine)
{
    if (pauses_freeze(machine))
        return "stands still";
    return machine->pause.policy == PAUSE_ADVANCE || machine->config->on_resume == ON_RESUME_ADVANCE
               ? "goes on"
               : "goes on, as this KVM cannot intercept hypercalls, by which a guest sees the "
                 "host's; --on-resume freeze hides KVM from it";
}

/* At a pause: of the run that follows a step. A guest that has not left the hold has had none. */
static uint64_t run_left_ns(const struct machine *machine)
{
    uint64_t now_ns = host_monotonic_ns();
    uint64_t next_ns = machine->pause.next_step_ns;

    if (!machine_pause_is_behind(machine))
        return 0;
    if (!quiesce_all_have_left(machine))
        return MACHINE_PAUSE_BETWEEN_NS;
    return next_ns > now_ns ? next_ns - now_ns : 0;
}

/* Every vCPU is held. */
static void begin(struct machine *machine, uint64_t run_left_ns)
{
    machine->pause.active = true;
    machine->pause.run_left_ns = run_left_ns;
    machine->pause.begun_ns = host_monotonic_ns();
    machine->pause.ends_ns = 0;
    machine->pause.policy = PAUSE_AS_CONFIGURED;
    machine_sleep_enter(machine);
    machine_cut_take(machine);
    machine_event_post(machine, MACHINE_STOPPED, false, 0);
}

bool machine_pause_quietly(struct machine *machine)
{
    uint64_t left_ns;
    bool held;

    machine_lock(machine);
    left_ns = run_left_ns(machine);
    held = !machine->pause.active && quiesce_hold(machine);
    if (held)
        begin(machine, left_ns);
    machine_unlock(machine);
    return held;
}

/* The vCPUs were just held for it: a guest that is behind runs for all of its time first. */
void machine_pause_for(struct machine *machine, uint64_t length_ns, enum pause_policy policy)
{
    begin(machine, machine_pause_is_behind(machine) ? MACHINE_PAUSE_BETWEEN_NS : 0);
    machine->pause.ends_ns = machine->pause.begun_ns + length_ns;
    machine->pause.policy = policy;
}

bool machine_pause_stay(struct machine *machine)
{
    bool would_end = machine->pause.active && machine->pause.ends_ns != 0;

    machine_lock(machine);
    machine->pause.ends_ns = 0;
    machine_unlock(machine);
    return would_end;
}

bool machine_pause(struct machine *machine, const struct pause_names *names)
{
    bool held = machine_pause_quietly(machine) || machine_pause_stay(machine);

    if (held)
        log_note("paused by %s, %s resumes; guest time %s%s", names->pause, names->resume,
                 course_of_time(machine),
                 machine->host->timeout_ns > 0 ? ", the time of --timeout goes on" : "");
    return held;
}

/* Of a guest that is behind, from a pause that goes on from the cut. */
static void go_on_running(struct machine_pause *pause, uint64_t run_ns)
{
    pause->next_step_ns = host_monotonic_ns() + run_ns;
}

/* kvm-clock's, and that of a vmclock that tells it. */
static void move_date(struct machine *machine, uint64_t ns)
{
    machine->board.kvmclock.clock.wiring.wall_zero_ns += ns;
    machine_vmclock_date_moved(machine);
}

/* The dates that the guest is told of, after a pause in which guest time fell behind. */
static void follow_dates(struct machine *machine, uint64_t behind_cycles)
{
    uint64_t ns = pvclock_scale_ns(machine->timebase.scale, behind_cycles);
    bool is_marker = machine->pause.policy == PAUSE_MARKER;

    if (machine_time_follows_date(machine))
        return;
    if (machine->config->rtc_follows_host || is_marker)
        move_date(machine, ns);
    if (!machine->config->rtc_follows_host && is_marker)
        machine_rtc_forward(machine, ns);
}

/*
 * Guest time goes on from where it was. The note is what is to be said of it. False if a TSC does
 * not stand still.
 */
static bool thaw(struct machine *machine, char note[NOTE_BYTES])
{
    bool offsets_work = machine_tsc_offsets_work(machine);
    struct machine_cut_result result;

    machine_cut_end(machine);
    result = machine_cut_continue(machine, 0, offsets_work);
    go_on_running(&machine->pause, machine->pause.run_left_ns);
    follow_dates(machine, result.behind_cycles);
    if (!result.tsc_follows)
        snprintf(note, NOTE_BYTES, "; the TSC went on, as this KVM ignores TSC offsets");
    return result.tsc_follows;
}

static uint64_t longest_step_cycles(const struct machine *machine)
{
    return pvclock_scale_cycles(machine->timebase.scale, MACHINE_PAUSE_STEP_NS);
}

/*
 * From the cut guest time goes on by all that it is behind, or by a step: how many cycles. With
 * run_ns by nothing: the guest has to run for so long before. After all of it nothing is left,
 * also where setting KVM's clock took a while: that would take as long the next time.
 */
static uint64_t advance(struct machine *machine, uint64_t run_ns)
{
    struct machine_pause *pause = &machine->pause;
    bool offsets_work = machine_tsc_offsets_work(machine);
    uint64_t all_cycles = pause->behind_cycles + machine_cut_end(machine);
    uint64_t cycles = all_cycles;
    uint64_t left_cycles;

    if (cycles > longest_step_cycles(machine) && offsets_work)
        cycles = longest_step_cycles(machine);
    if (run_ns > 0)
        cycles = 0;
    left_cycles =
        pause->behind_cycles + machine_cut_continue(machine, cycles, offsets_work).behind_cycles;
    pause->behind_cycles = cycles < all_cycles ? left_cycles : 0;
    go_on_running(pause, run_ns > 0 ? run_ns : MACHINE_PAUSE_BETWEEN_NS);
    board_end_stop(&machine->board, machine_now(machine));
    return cycles;
}

static void catch_up(struct machine *machine, char note[NOTE_BYTES])
{
    uint64_t cycles = advance(machine, machine->pause.run_left_ns);

    if (machine->pause.run_left_ns > 0)
        snprintf(note, NOTE_BYTES, ", in steps as the pause before");
    else if (machine_pause_is_behind(machine))
        snprintf(note, NOTE_BYTES, ", %u s of it by now and the rest in such steps at once",
                 (unsigned)(MACHINE_PAUSE_STEP_NS / NS_PER_SEC));
    else if (cycles > longest_step_cycles(machine))
        snprintf(note, NOTE_BYTES,
                 " in one step, as this KVM ignores TSC offsets: Linux before 6.10 may read wrong "
                 "times");
}

static void let_go(struct machine *machine)
{
    quiesce_let_go(machine);
    pthread_cond_signal(&machine->timer_changed);
}

/* The note is what is to be said of it. */
static void resume(struct machine *machine, char note[NOTE_BYTES])
{
    machine_lock(machine);
    if (pauses_freeze(machine))
        thaw(machine, note);
    else
        catch_up(machine, note);
    machine->pause.active = false;
    machine_event_post(machine, MACHINE_RESUMED, false, 0);
    let_go(machine);
    machine_unlock(machine);
}

void machine_resume_quietly(struct machine *machine)
{
    char note[NOTE_BYTES] = "";

    if (machine->pause.active)
        resume(machine, note);
}

bool machine_resume(struct machine *machine)
{
    char note[NOTE_BYTES] = "";
    uint64_t length_ns;

    if (!machine->pause.active || machine->pause.is_moving)
        return false;
    resume(machine, note);
    length_ns = host_monotonic_ns() - machine->pause.begun_ns;
    log_note("resumed after %.3f s, in which guest time %s%s", (double)length_ns / NS_PER_SEC,
             pauses_freeze(machine) ? "stood still" : "went on", note);
    return true;
}

bool machine_pause_is_behind(const struct machine *machine)
{
    return machine->pause.behind_cycles > 0;
}

uint64_t machine_pause_due_monotonic_ns(const struct machine *machine)
{
    const struct machine_pause *pause = &machine->pause;

    if (pause->active)
        return pause->ends_ns != 0 && !pause->is_moving ? pause->ends_ns : TIME_NEVER_NS;
    return machine_pause_is_behind(machine) ? pause->next_step_ns : TIME_NEVER_NS;
}

/* A guest that has not run since the last step, on a busy host, runs first. */
void machine_pause_step(struct machine *machine)
{
    if (host_monotonic_ns() < machine_pause_due_monotonic_ns(machine))
        return;
    if (machine->pause.active) {
        machine_resume_quietly(machine);
        return;
    }
    machine_lock(machine);
    if (!quiesce_all_have_left(machine)) {
        machine->pause.next_step_ns = host_monotonic_ns() + MACHINE_PAUSE_BETWEEN_NS;
    } else if (quiesce_hold(machine)) {
        machine_sleep_enter(machine);
        machine_cut_take(machine);
        advance(machine, 0);
        let_go(machine);
    }
    machine_unlock(machine);
}

bool machine_pause_end_restored(struct machine *machine, bool freeze)
{
    char note[NOTE_BYTES] = "";
    bool follows = true;

    machine_lock(machine);
    if (freeze)
        follows = thaw(machine, note);
    else
        advance(machine, machine->pause.run_left_ns);
    machine->pause.active = false;
    machine_unlock(machine);
    return follows;
}
