/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of the dates that the guest is told: see machine_fault_doers.h.
 *
 * A leap second is announced by vmclock's leap indicator, from the fault on. An inserted one begins
 * as on a Linux host: UTC goes back by a second, TAI - UTC is more by one, and TAI goes on; the
 * indicator says for a second that it is the leap second, and then that there was one. A deleted
 * one is the other way round and takes no time. RTC and kvm-clock know nothing of it.
 */
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/machine_vmclock.h"

/* Its place among the timers of faults. */
#define LEAP_TIMER 4

static bool is_of_vmclock(const struct fault *fault)
{
    return (fault_rows[fault->kind].needs & FAULT_NEEDS_VMCLOCK) != 0;
}

static struct date_fault *date_of(struct machine *machine, const struct fault *fault)
{
    return is_of_vmclock(fault) ? &machine->dates.vmclock : &machine->dates.ptp;
}

/* ptp_kvm is asked each time. */
static void show(struct machine *machine, const struct fault *fault, unsigned occasion)
{
    if (is_of_vmclock(fault))
        machine_vmclock_show_fault(machine, VMCLOCK_FAULT | occasion);
}

static bool set_rate(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    date_fault_set_rate(date_of(machine, fault), machine_now(machine), fault->values[0]);
    show(machine, fault, 0);
    return true;
}

static bool stick(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    date_fault_stick(date_of(machine, fault), machine_now(machine), !fault->is_end);
    show(machine, fault, 0);
    return true;
}

/* Only vmclock.step has a marker. */
static bool step(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct date_fault *date = date_of(machine, fault);
    uint64_t date_ns =
        is_of_vmclock(fault) ? machine_vmclock_date_ns(machine) : hypercall_wall_ns(machine);

    if (!date_fault_may_step(date, machine_now(machine), date_ns, fault->values[0])) {
        text_add(why, "%s: dates are those from 1970 to 2261", fault_rows[fault->kind].name);
        return false;
    }
    date_fault_step(date, fault->values[0]);
    show(machine, fault, fault->values[1] == FAULT_MARKER_STALE ? VMCLOCK_FAULT_IS_QUIET : 0);
    return true;
}

static bool set_marker(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    show(machine, fault, VMCLOCK_DISRUPTED);
    return true;
}

static bool set_status(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vmclock_lie *lie = &machine->board.vmclock.lie;

    (void)why;
    lie->has_status = !fault->is_end;
    lie->status = (enum vmclock_status)fault->values[0];
    show(machine, fault, 0);
    return true;
}

static bool set_error(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vmclock_lie *lie = &machine->board.vmclock.lie;

    (void)why;
    lie->has_error = !fault->is_end;
    lie->error_ns = (uint64_t)fault->values[0];
    show(machine, fault, 0);
    return true;
}

static bool may_step_wall(const struct machine *machine, const struct fault *fault,
                          struct text *why)
{
    (void)fault;
    if (machine_time_follows_date(machine))
        text_add(why, "wall.step: --kvmclock-follow realtime keeps guest time at the host's date");
    else if (machine->config->kvmclock == KVMCLOCK_KERNEL)
        text_add(why, "wall.step: with --kvmclock kernel KVM tells the date");
    else if (machine->config->rtc_follows_host)
        text_add(why, "wall.step: --rtc clock=host keeps the RTC at the host's date");
    return why->length_bytes == 0;
}

/* An RTC that shows no date stays as it is. */
static bool step_rtc(struct machine *machine, uint64_t now_ns, int64_t by_ns)
{
    struct board *board = &machine->board;
    int64_t unused;

    return board_step_clock(board, now_ns, BOARD_RTC, by_ns) ||
           !rtc_wall_ns(&board->rtc, board_clock_ns(board, BOARD_RTC, now_ns), &unused);
}

/* The host's own dates are told with what is added here; the guest's move as kvm-clock's does. */
static void step_others(struct machine *machine, int64_t by_ns)
{
    bool is_guests = machine->board.vmclock.state.shows_guest_date;

    if (machine->config->ptp_kvm == PTP_KVM_HOST)
        date_fault_step(&machine->dates.ptp, by_ns);
    if (machine->config->vmclock == VMCLOCK_OFF)
        return;
    if (!is_guests)
        date_fault_step(&machine->dates.vmclock, by_ns);
    machine_vmclock_show_fault(machine, VMCLOCK_FAULT | (is_guests ? VMCLOCK_DISRUPTED : 0));
}

static bool step_wall(struct machine *machine, const struct fault *fault, struct text *why)
{
    static const struct date_fault right;
    uint64_t *zero_ns = &machine->board.kvmclock.clock.wiring.wall_zero_ns;
    uint64_t now_ns = machine_now_to_change(machine);
    int64_t by_ns = fault->values[0];

    machine_run_timers(machine, now_ns);
    if (*zero_ns + (uint64_t)by_ns > LENS_LATEST_NS ||
        !date_fault_may_step(&right, now_ns, *zero_ns + now_ns, by_ns) ||
        !step_rtc(machine, now_ns, by_ns)) {
        text_add(why, "wall.step: dates are those from 1970 to 2199, also at guest time 0");
        return false;
    }
    *zero_ns += (uint64_t)by_ns;
    step_others(machine, by_ns);
    return true;
}

/* The leap second begins, by so much: UTC steps, and TAI does not. */
static void begin_leap(struct machine *machine, int16_t sec)
{
    machine->dates.leaps = (int16_t)(machine->dates.leaps + sec);
    date_fault_step(&machine->dates.vmclock, -sec * (int64_t)NS_PER_SEC);
    date_fault_step(&machine->dates.ptp, -sec * (int64_t)NS_PER_SEC);
}

/* From one state of the leap second to the next. The vCPUs run. */
static void on_leap(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;
    struct vmclock_lie *lie = &machine->board.vmclock.lie;

    switch (lie->leap) {
    case VMCLOCK_LEAP_PRE_POS:
        begin_leap(machine, 1);
        lie->leap = VMCLOCK_LEAP_POS;
        timerq_arm(&machine->board.timers, &machine->dates.leap_timer, deadline_ns + NS_PER_SEC);
        break;
    case VMCLOCK_LEAP_PRE_NEG:
        begin_leap(machine, -1);
        lie->leap = VMCLOCK_LEAP_POST_NEG;
        break;
    default:
        lie->leap = VMCLOCK_LEAP_POST_POS;
        break;
    }
    machine_vmclock_show_fault(machine, VMCLOCK_FAULT);
}

static bool may_leap(const struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)fault;
    if (machine->dates.leap_timer.armed)
        text_add(why, "leap: one is announced, and no other before that is over");
    return why->length_bytes == 0;
}

static bool announce_leap(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vmclock_lie *lie = &machine->board.vmclock.lie;

    (void)why;
    lie->has_leap = true;
    lie->leap = fault->values[0] == FAULT_LEAP_INSERT ? VMCLOCK_LEAP_PRE_POS : VMCLOCK_LEAP_PRE_NEG;
    timerq_arm(&machine->board.timers, &machine->dates.leap_timer,
               machine_now(machine) + (uint64_t)fault->values[1]);
    machine_vmclock_show_fault(machine, VMCLOCK_FAULT);
    return true;
}

void machine_fault_dates_attach(struct machine *machine)
{
    machine->dates = (struct machine_dates){0};
    timer_init(&machine->dates.leap_timer, timer_rank(BOARD_RANK_FAULTS, LEAP_TIMER), on_leap,
               machine);
}

static const struct fault_doer rows[] = {
    {FAULT_VMCLOCK_RATE, NULL, set_rate},
    {FAULT_VMCLOCK_STICK, NULL, stick},
    {FAULT_VMCLOCK_STEP, NULL, step},
    {FAULT_VMCLOCK_MARKER, NULL, set_marker},
    {FAULT_VMCLOCK_STATUS, NULL, set_status},
    {FAULT_VMCLOCK_ERROR, NULL, set_error},
    {FAULT_PTP_RATE, NULL, set_rate},
    {FAULT_PTP_STICK, NULL, stick},
    {FAULT_PTP_STEP, NULL, step},
    {FAULT_WALL_STEP, may_step_wall, step_wall},
    {FAULT_LEAP, may_leap, announce_leap},
};

const struct fault_doers machine_fault_dates = FAULT_DOERS(rows);

const char *machine_fault_dates_obstacle(const struct machine *machine)
{
    const struct vmclock_lie *lie = &machine->board.vmclock.lie;

    if (date_fault_is_wrong(&machine->dates.vmclock))
        return "vmclock tells a wrong time (vmclock)" FAULT_IN_NO_SNAPSHOT;
    if (lie->has_status || lie->has_error || lie->has_leap)
        return "vmclock says what is not so (vmclock.status, vmclock.error, "
               "leap)" FAULT_IN_NO_SNAPSHOT;
    if (date_fault_is_wrong(&machine->dates.ptp))
        return "ptp_kvm tells a wrong time (ptp)" FAULT_IN_NO_SNAPSHOT;
    return NULL;
}
