/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock_reading.h. */
#include "vmm/machine/clock_reading.h"

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/skip_idle.h"

/* The host's TSC at which the clocks are read. */
static uint64_t read_tsc(const struct clock_reading *reading, const struct machine *machine)
{
    return reading->is_stopped ? machine->cut.taken.host_tsc : reading->host.tsc;
}

/* KVM's own clock is read a little later, and taken back to the instant. */
static int take_kvm_clock(struct clock_reading *reading, const struct machine *machine)
{
    struct kvm_clock_reading kvm = {0};
    int result = 0;

    reading->has_kvm_clock = machine->config->kvmclock != KVMCLOCK_OFF;
    reading->kvm_clock_ns =
        page_fault_ns(&machine->board.kvmclock.clock.faults[0], reading->guest_ns);
    if (machine->config->kvmclock != KVMCLOCK_KERNEL)
        return 0;
    if (reading->is_stopped && machine->cut.taken.has_kvm_clock) {
        reading->kvm_clock_ns = machine->cut.taken.kvm_clock_ns;
        return 0;
    }
    result = kvm_get_clock(&machine->kvm, &kvm);
    reading->kvm_clock_ns = kvm.clock_ns;
    if (kvm.has_host_tsc)
        reading->kvm_clock_ns -=
            pvclock_scale_ns(machine->timebase.scale, kvm.host_tsc - read_tsc(reading, machine));
    return result;
}

static int take_vcpus(struct clock_reading *reading, const struct machine *machine)
{
    int result = 0;

    for (unsigned i = 0; result == 0 && i < reading->vcpu_count; i++) {
        struct vcpu_clock *vcpu = &reading->vcpus[i];

        result = machine_tsc_get(&machine->vcpus[i], &vcpu->function);
        vcpu->tsc = guest_tsc_at(&vcpu->function, read_tsc(reading, machine));
    }
    return result;
}

static void take_chips(struct clock_reading *reading, const struct machine *machine)
{
    const struct board *board = &machine->board;
    struct hpet_counter hpet = hpet_counter(&board->hpet);
    uint64_t now_ns = reading->guest_ns;

    reading->wall_ns = board->kvmclock.clock.wiring.wall_zero_ns + now_ns;
    reading->rtc_shows_date =
        rtc_wall_ns(&board->rtc, board_clock_ns(board, BOARD_RTC, now_ns), &reading->rtc_ns);
    reading->has_hpet = board->devices[BOARD_HPET] != NULL;
    if (reading->has_hpet)
        reading->hpet_ticks = hpet_counter_at(&hpet, board_clock_ns(board, BOARD_HPET, now_ns));
    reading->has_pm_timer = machine->config->pmtimer_bits != 0;
    if (reading->has_pm_timer)
        reading->pm_timer_ticks =
            acpi_pm_timer(&board->pm, board_clock_ns(board, BOARD_PM, now_ns));
    for (unsigned i = 0; i < PIT_COUNTERS; i++)
        reading->pit_counts[i] =
            pit_count(&board->pit, board_clock_ns(board, BOARD_PIT, now_ns), i);
}

static void take_skipped(struct clock_reading *reading, const struct machine *machine)
{
    reading->may_skip_idle = skip_idle_is_possible(machine);
    reading->skips_idle = machine->skip.on;
    reading->jump_count = machine->skip.jump_count;
    reading->skipped_ns = machine->skip.skipped_ns;
}

static int take(struct clock_reading *reading, struct machine *machine)
{
    int result;

    reading->is_stopped = machine->cut.active;
    host_clock_sample(&reading->host);
    reading->guest_ns = timebase_ns(&machine->timebase, read_tsc(reading, machine));
    reading->time_rate = machine->config->time_rate;
    reading->tsc_millihz = calibration_tsc_millihz(&machine->time.raw);
    reading->bound_ppt = calibration_bound_ppt(&machine->time.raw);
    reading->follows_date = machine_time_left_ns(machine, reading->host.realtime_ns,
                                                 reading->guest_ns, &reading->left_ns);
    result = take_kvm_clock(reading, machine);
    if (result == 0)
        result = take_vcpus(reading, machine);
    take_chips(reading, machine);
    take_skipped(reading, machine);
    return result;
}

int clock_reading_take(struct clock_reading *reading, struct machine *machine)
{
    bool was_kept_out;
    int result;

    machine_lock(machine);
    was_kept_out = quiesce_keep_out(machine);
    result = take(reading, machine);
    quiesce_let_in(machine, was_kept_out);
    machine_unlock(machine);
    return result;
}
