/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of the dates that the guest is told, by vmclock and by ptp_kvm: see machine_fault_doers.h.
 */
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_vmclock.h"

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
};

const struct fault_doers machine_fault_dates = FAULT_DOERS(rows);

const char *machine_fault_dates_obstacle(const struct machine *machine)
{
    const struct vmclock_lie *lie = &machine->board.vmclock.lie;

    if (date_fault_is_wrong(&machine->dates.vmclock))
        return "vmclock tells a wrong time (vmclock)" FAULT_IN_NO_SNAPSHOT;
    if (lie->has_status || lie->has_error)
        return "vmclock says what is not so (vmclock.status, vmclock.error)" FAULT_IN_NO_SNAPSHOT;
    if (date_fault_is_wrong(&machine->dates.ptp))
        return "ptp_kvm tells a wrong time (ptp)" FAULT_IN_NO_SNAPSHOT;
    return NULL;
}
