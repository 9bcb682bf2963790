/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_steal.h. */
#include "vmm/machine/machine_steal.h"

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

static void *memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct machine *machine = ctx;

    return guest_mem_at(&machine->memory, gpa, length_bytes);
}

/* Late, it publishes once, as of the latest period. */
static void publish(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;

    struct timerq *timers = &machine->board.timers;
    uint64_t late_ns = timers->run_now_ns - deadline_ns;

    deadline_ns += late_ns - late_ns % STEAL_TIME_PERIOD_NS;
    steal_time_publish(&machine->steal.pages, deadline_ns);
    timerq_arm(timers, &machine->steal.timer, deadline_ns + STEAL_TIME_PERIOD_NS);
}

void machine_steal_init(struct machine *machine)
{
    machine->steal.pages = (struct steal_time){
        .memory_at = memory_at,
        .ctx = machine,
        .percent = machine->config->steal_percent,
        .vcpu_count = machine->config->cpu_count,
    };
    timer_init(&machine->steal.timer, timer_rank(BOARD_RANK_STEAL, 0), publish, machine);
}

bool machine_steal_owns_msr(const struct machine *machine, uint32_t msr)
{
    return machine->config->steal == STEAL_PERCENT && msr == MSR_STEAL_TIME;
}

/* The timer begins with the first page. */
bool machine_steal_write_msr(struct machine *machine, const struct vcpu *vcpu, uint64_t value,
                             uint64_t now_ns)
{
    static struct log_tally refused = {.what = "steal time MSR write refused"};

    if (!steal_time_write_msr(&machine->steal.pages, vcpu->index, value, now_ns)) {
        log_guest(&refused, "MSR 0x%x on vCPU %u: 0x%llx is not 64-byte aligned RAM",
                  MSR_STEAL_TIME, vcpu->index, (unsigned long long)value);
        return false;
    }
    if (!machine->steal.timer.armed)
        timerq_arm(&machine->board.timers, &machine->steal.timer, now_ns + STEAL_TIME_PERIOD_NS);
    return true;
}
