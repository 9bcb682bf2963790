/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_msr.h. */
#include "vmm/machine/machine_msr.h"

#include "kvmclock/steal_time.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_tsc_write.h"
#include "vmm/machine/machine_vmclock.h"

static void *on_memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    return machine_memory_to_write(ctx, gpa, length_bytes);
}

/* It is asked for when the timebase is about to change. */
static uint64_t on_host_tsc(void *ctx)
{
    struct machine *machine = ctx;

    live_clock_begin(&machine->live);
    return host_tsc_ordered();
}

static void on_msr_refused(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value)
{
    static struct log_tally clock = {.what = "kvm-clock MSR write refused"};
    static struct log_tally steal = {.what = "steal time MSR write refused"};

    (void)ctx;
    log_guest(msr == MSR_STEAL_TIME ? &steal : &clock,
              "MSR 0x%x on vCPU %u: 0x%llx is not %u-byte aligned RAM", msr, vcpu,
              (unsigned long long)value, msr == MSR_STEAL_TIME ? 64 : 4);
}

static bool on_is_halted(void *ctx, unsigned vcpu)
{
    const struct machine *machine = ctx;
    const struct kvm_halt_stat *halted = &machine->vcpus[vcpu].halted;

    return halted->fd >= 0 && kvm_halt_stat_read(halted);
}

static bool on_set_tsc(void *ctx, unsigned vcpu, const struct guest_tsc *tsc, uint64_t adjust)
{
    bool is_set = machine_tsc_set(ctx, vcpu, tsc, adjust);

    machine_vmclock_tsc_written(ctx);
    return is_set;
}

void machine_msr_add_hooks(struct machine *machine, struct board_hooks *hooks)
{
    hooks->begin_tsc_write = machine_tsc_begin_write;
    hooks->set_tsc = on_set_tsc;
    hooks->get_tsc = machine_tsc_tell;
    hooks->host_tsc = on_host_tsc;
    hooks->memory_at = on_memory_at;
    hooks->is_halted = on_is_halted;
    hooks->msr_refused = on_msr_refused;
    hooks->timebase = &machine->timebase;
}

int machine_msr_capture(struct machine *machine, const struct board_config *config)
{
    struct msr_range ranges[BOARD_MAX_MSR_RANGES];
    unsigned count = board_msr_ranges(config, ranges);

    return count == 0 ? 0 : kvm_capture_msrs(&machine->kvm, ranges, count);
}
