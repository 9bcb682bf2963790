/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_fault.h. */
#include "vmm/machine/machine_fault.h"

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

/* A hundred years: far from where nanoseconds, or cycles of a TSC of 5 GHz, fill 64 bits. */
#define LATEST_NS (UINT64_C(36500) * 86400 * NS_PER_SEC)

static bool jump(struct machine *machine, const struct fault *fault, struct text *why)
{
    uint64_t by_ns = (uint64_t)fault->values[0];

    if (by_ns > LATEST_NS || machine_now(machine) > LATEST_NS - by_ns) {
        text_add(why, "jump: guest time ends at 36500d");
        return false;
    }
    machine_cut_take(machine);
    if (!machine_cut_jump(machine, by_ns))
        text_add(why, "jump: this KVM has moved guest time, and not every TSC");
    board_end_stop(&machine->board, machine_now(machine));
    return why->length_bytes == 0;
}

/* Until the machine is unlocked nobody reads the HPET without the lock. */
static uint64_t begin_hpet_change(struct machine *machine)
{
    uint64_t now_ns = machine_now_to_change(machine);

    machine_run_timers(machine, now_ns);
    return now_ns;
}

static bool set_hpet_rate(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_set_hpet_rate(&machine->board, begin_hpet_change(machine), fault->values[0]);
    return true;
}

static bool step_hpet(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_step_hpet(&machine->board, begin_hpet_change(machine), fault->values[0]);
    return true;
}

/* Under the lock, with every vCPU held. */
static bool (*const doers[FAULT_KINDS])(struct machine *machine, const struct fault *fault,
                                        struct text *why) = {
    [FAULT_JUMP] = jump,
    [FAULT_HPET_RATE] = set_hpet_rate,
    [FAULT_HPET_STEP] = step_hpet,
};

bool machine_fault_is_possible(const struct machine *machine, const struct fault *fault,
                               struct text *why)
{
    const struct fault_row *row = &fault_rows[fault->kind];

    if ((row->needs & FAULT_NEEDS_TSC_OFFSETS) != 0 && !machine_tsc_offsets_work(machine))
        text_add(why,
                 "%s needs TSC offsets that take effect, and this KVM ignores them; minivmm "
                 "doctor says more",
                 row->name);
    else if ((row->needs & FAULT_NEEDS_HPET) != 0 && machine->config->hpet_timers == 0)
        text_add(why, "%s: this machine has no HPET", row->name);
    else if (fault->kind == FAULT_JUMP && machine->config->rtc_follows_host)
        text_add(why, "jump: --rtc clock=host keeps the RTC at the host's date");
    return why->length_bytes == 0;
}

static void let_go(struct machine *machine)
{
    quiesce_let_go(machine);
    pthread_cond_signal(&machine->timer_changed);
}

/* Under the lock. */
static bool apply_held(struct machine *machine, const struct fault *fault, struct text *why)
{
    uint64_t now_ns = machine_now(machine);

    if (!machine_fault_is_possible(machine, fault, why) || !doers[fault->kind](machine, fault, why))
        return false;
    machine_event_post_fault(machine, fault, now_ns);
    return true;
}

bool machine_fault_apply(struct machine *machine, const struct fault *fault, struct text *why)
{
    bool done = false;

    machine_lock(machine);
    if (machine->pause.active) {
        text_add(why, "%s: the guest is paused; resume it first", fault_rows[fault->kind].name);
    } else if (quiesce_hold(machine)) {
        done = apply_held(machine, fault, why);
        let_go(machine);
    }
    machine_unlock(machine);
    return done;
}
