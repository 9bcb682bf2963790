/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_cut.h. */
#include "vmm/machine/machine_cut.h"

#include "kvmclock/tsc_order.h"
#include "vmm/host/host_clock.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_dilation.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_vmclock.h"

/*
 * KVM's clock and the host's TSC of one instant: two readings, one after the other, would differ by
 * what lies between them, and the guest's TSC and kvm-clock would stay apart by that. Where KVM
 * does not give the TSC with its clock there is no other way.
 */
static struct machine_instant sample(const struct machine *machine)
{
    struct kvm_clock_reading reading = {0};
    struct machine_instant instant = {0};

    if (machine->config->kvmclock == KVMCLOCK_KERNEL)
        instant.has_kvm_clock = kvm_get_clock(&machine->kvm, &reading) == 0;
    instant.kvm_clock_ns = reading.clock_ns;
    instant.host_tsc = reading.has_host_tsc ? reading.host_tsc : host_tsc();
    instant.host_monotonic_ns = host_monotonic_ns();
    return instant;
}

/* Ticks of the local APICs' bus since one of the cut's two ends. */
static uint64_t ticks_since(const struct machine *machine, const struct machine_instant *instant)
{
    uint64_t ns = pvclock_scale_ns(machine->timebase.scale, host_tsc() - instant->host_tsc);

    return dilation_host_ns(machine_dilation_of_bus(machine), ns);
}

/*
 * The MSRs are read before the local APIC. A deadline that runs out between the two is then in what
 * was read, and fires again when it is written: one interrupt, as the local APIC has it in IRR
 * already or not at all. The other way round it could be in neither.
 */
static int take_timer(struct machine *machine, unsigned index, struct kvm_lapic_state *state)
{
    const struct machine_cut *cut = &machine->cut;
    struct time_cut_vcpu *kept = &machine->cut.guest.vcpus[index];
    int fd = machine->vcpus[index].fd;
    int result;

    if (machine->kvm.tsc_deadline)
        kvm_vcpu_get_msr(fd, MSR_TSC_DEADLINE, &kept->tsc_deadline);
    result = kvm_vcpu_get_lapic(fd, state);
    if (result < 0)
        return result;
    kept->count = lapic_timer_count(state, ticks_since(machine, &cut->taken));
    kept->count.bus = machine_dilation_of_bus(machine);
    return 0;
}

static void take_tsc(struct machine *machine, unsigned index)
{
    const struct machine_cut *cut = &machine->cut;
    struct vcpu *vcpu = &machine->vcpus[index];
    struct guest_tsc tsc = {.ratio = vcpu->tsc.ratio};

    machine_tsc_get(vcpu, &tsc);
    time_cut_take_tsc(&machine->cut.guest, index, &machine->timebase, cut->taken.host_tsc, &tsc);
}

int machine_cut_take_vcpu(struct machine *machine, unsigned index, struct kvm_lapic_state *state)
{
    take_tsc(machine, index);
    return take_timer(machine, index, state);
}

void machine_cut_begin(struct machine *machine)
{
    struct machine_cut *cut = &machine->cut;

    machine_time_end_slew(machine);
    cut->taken = sample(machine);
    cut->active = true;
    time_cut_begin(&cut->guest, machine_now(machine),
                   machine->board.kvmclock.clock.wiring.wall_zero_ns, machine->config->cpu_count);
}

void machine_cut_take(struct machine *machine)
{
    struct machine_cut *cut = &machine->cut;
    struct kvm_lapic_state state;

    machine_cut_begin(machine);
    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        take_tsc(machine, i);
        kvm_vcpu_get_msr(machine->vcpus[i].fd, MSR_TSC_ADJUST, &cut->guest.vcpus[i].tsc_adjust);
        take_timer(machine, i, &state);
    }
    host_clock_record(&cut->clocks);
}

void machine_cut_drop(struct machine *machine)
{
    machine->cut.active = false;
}

/* From the cut to its end; by CLOCK_MONOTONIC if the host's TSC has fallen back meanwhile. */
static uint64_t passed_cycles(const struct machine *machine)
{
    const struct machine_instant *taken = &machine->cut.taken, *end = &machine->cut.end;

    if (!tsc_is_before(end->host_tsc, taken->host_tsc))
        return end->host_tsc - taken->host_tsc;
    return pvclock_scale_cycles(
        machine->timebase.scale,
        dilation_guest_ns(machine->config->time_rate,
                          end->host_monotonic_ns - taken->host_monotonic_ns));
}

uint64_t machine_cut_end(struct machine *machine)
{
    machine->cut.end = sample(machine);
    return passed_cycles(machine);
}

/*
 * KVM's clock shows now what it should have shown host_cycles after the cut, and jump_ns more.
 * Setting it takes time: it is read again, and that is where guest time goes on. Returns
 * host_cycles at that instant.
 */
static uint64_t set_kvm_clock(struct machine *machine, uint64_t host_cycles, uint64_t jump_ns)
{
    struct machine_cut *cut = &machine->cut;
    struct pvclock_scale scale = machine->timebase.scale;
    uint64_t wanted_ns = cut->taken.kvm_clock_ns + pvclock_scale_ns(scale, host_cycles) + jump_ns;

    if (!cut->taken.has_kvm_clock || kvm_set_clock(&machine->kvm, wanted_ns) < 0)
        return host_cycles;
    cut->end = sample(machine);
    if (cut->end.kvm_clock_ns <= wanted_ns)
        return host_cycles;
    return host_cycles + pvclock_scale_cycles(scale, cut->end.kvm_clock_ns - wanted_ns);
}

/* Whether the vCPU's TSC goes on from the cut. A return code is not believed. */
static bool set_tsc(struct machine *machine, unsigned index)
{
    const struct machine_cut *cut = &machine->cut;
    struct vcpu *vcpu = &machine->vcpus[index];
    struct guest_tsc wanted = time_cut_tsc(&cut->guest, index, vcpu->tsc.ratio, cut->end.host_tsc);
    struct guest_tsc tsc;

    return machine_tsc_set_offset(vcpu, wanted.offset) == 0 && machine_tsc_get(vcpu, &tsc) == 0 &&
           guest_tsc_equal(&tsc, &wanted);
}

/*
 * The deadline comes after the offset: KVM works out when it is due as it is written
 * (start_sw_tscdeadline), and a later offset would not change that. The local APIC's registers are
 * read again, since an interrupt may have come from a device since the cut. They are not set in
 * TSC-deadline mode: KVM would drop the deadline.
 */
static void set_timer(struct machine *machine, unsigned index)
{
    const struct time_cut_vcpu *kept = &machine->cut.guest.vcpus[index];
    struct vcpu *vcpu = &machine->vcpus[index];
    bool starts = machine->cut.is_restored && vcpu->lapic_initial_count > 0;
    struct kvm_lapic_state state;

    if (kept->tsc_deadline != 0)
        kvm_vcpu_set_msr(vcpu->fd, MSR_TSC_DEADLINE, kept->tsc_deadline);
    if ((kept->count.left == 0 && !starts) || kvm_vcpu_get_lapic(vcpu->fd, &state) < 0)
        return;
    if (starts)
        lapic_timer_start(&state, vcpu->lapic_initial_count, kept->count.left,
                          ticks_since(machine, &machine->cut.end));
    else
        lapic_timer_put(&state, kept->count.left, ticks_since(machine, &machine->cut.end));
    kvm_vcpu_set_lapic(vcpu->fd, &state);
}

/* Guest time goes on from guest_ns, and the guest is told that it was stopped, unless it was not.
 */
static void publish(struct machine *machine, bool is_jump)
{
    const struct machine_cut *cut = &machine->cut;
    uint64_t guest_ns = live_clock_raise(&machine->live, cut->guest.guest_ns);

    if (is_jump) {
        kvmclock_jump(&machine->board.kvmclock.clock, cut->end.host_tsc, guest_ns);
        return;
    }
    kvmclock_resume(&machine->board.kvmclock.clock, cut->end.host_tsc, guest_ns);
    if (machine->config->kvmclock == KVMCLOCK_KERNEL)
        for (unsigned i = 0; i < machine->config->cpu_count; i++)
            kvm_vcpu_guest_stopped(machine->vcpus[i].fd);
}

/*
 * Each TSC, then its timer. False if a TSC does not go on from the cut: a KVM does that for all or
 * for none, and then the pages of kvm-clock are written for the TSCs as they are.
 */
static bool set_vcpus(struct machine *machine, uint64_t host_cycles, uint64_t jump_ns,
                      bool offsets_work)
{
    const struct machine_cut *cut = &machine->cut;
    uint64_t source_tsc = cut->taken.host_tsc + host_cycles;
    bool tsc_follows = offsets_work;

    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        if (offsets_work)
            tsc_follows = set_tsc(machine, i) && tsc_follows;
        set_timer(machine, i);
    }
    if (tsc_follows) {
        kvmclock_delay_tscs(&machine->board.kvmclock.clock, source_tsc,
                            cut->end.host_tsc - source_tsc);
        kvmclock_advance_tscs(&machine->board.kvmclock.clock, jump_ns);
    }
    return tsc_follows;
}

/*
 * The order: KVM's clock first, as reading it again says where guest time goes on. Then, for that
 * instant, each TSC, and after it the timer that waits for it. The pages last: they are written for
 * the TSCs as they now are.
 */
static struct machine_cut_result go_on(struct machine *machine, uint64_t host_cycles,
                                       uint64_t jump_ns, bool offsets_work)
{
    struct machine_cut *cut = &machine->cut;
    bool by_itself =
        !cut->is_restored && jump_ns == 0 && cut->taken.host_tsc + host_cycles == cut->end.host_tsc;
    uint64_t cycles = by_itself ? host_cycles : set_kvm_clock(machine, host_cycles, jump_ns);
    struct machine_cut_result result = {.behind_cycles = passed_cycles(machine) - cycles,
                                        .tsc_follows = true};

    live_clock_begin(&machine->live);
    time_cut_elapse(&cut->guest, &machine->timebase, cut->taken.host_tsc, cycles);
    if (jump_ns > 0)
        time_cut_advance(&cut->guest, jump_ns);
    if (!by_itself) {
        result.tsc_follows = set_vcpus(machine, cycles, jump_ns, offsets_work);
        if (jump_ns > 0)
            machine_time_jumped(machine);
        else
            machine_time_moved(machine);
    }
    publish(machine, jump_ns != 0);
    cut->active = cut->is_restored = false;
    if (jump_ns > 0)
        machine_vmclock_jumped(machine);
    else if (!by_itself)
        machine_vmclock_disrupt(machine);
    return result;
}

struct machine_cut_result machine_cut_continue(struct machine *machine, uint64_t host_cycles,
                                               bool offsets_work)
{
    return go_on(machine, host_cycles, 0, offsets_work);
}

bool machine_cut_jump(struct machine *machine, uint64_t ns)
{
    uint64_t cycles = machine_cut_end(machine);

    return go_on(machine, cycles, ns, machine_tsc_offsets_work(machine)).tsc_follows;
}
