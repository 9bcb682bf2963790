/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_tsc_write.h. */
#include "vmm/machine/machine_tsc_write.h"

#include <string.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_tsc.h"

static void end_for(struct machine *machine, unsigned vcpu, int result)
{
    machine_end(machine, EXIT_STATUS_HOST_ERROR, "vCPU %u: its TSC cannot be set: %s", vcpu,
                strerror(-result));
}

bool machine_tsc_begin_write(void *ctx, unsigned vcpu, uint32_t msr, uint64_t *host_now,
                             struct guest_tsc *tsc)
{
    static struct log_tally ignored = {.what = "TSC set, which this KVM ignores"};
    struct machine *machine = ctx;
    int result;

    if (!machine_tsc_offsets_work(machine)) {
        log_guest(&ignored, "MSR 0x%x on vCPU %u", msr, vcpu);
        return false;
    }
    *host_now = host_tsc();
    result = machine_tsc_get(&machine->vcpus[vcpu], tsc);
    if (result < 0)
        end_for(machine, vcpu, result);
    return result == 0;
}

/* The TSC value that the local APIC's timer still waits for; 0: for none. */
static int get_deadline(struct vcpu *vcpu, uint64_t *deadline)
{
    struct guest_tsc tsc;
    int result = machine_tsc_get(vcpu, &tsc);

    if (result == 0)
        result = kvm_vcpu_get_msr(vcpu->fd, MSR_TSC_DEADLINE, deadline);
    if (result == 0 && *deadline <= guest_tsc_at(&tsc, host_tsc()))
        *deadline = 0;
    return result;
}

/*
 * Sets an offset; IA32_TSC_ADJUST unless that is NULL, which the host's write does not take for the
 * guest's; and the deadline, for which KVM then works out another time.
 */
static int move_tsc(struct vcpu *vcpu, uint64_t offset, const uint64_t *adjust)
{
    uint64_t deadline;
    int result = get_deadline(vcpu, &deadline);

    if (result == 0)
        result = machine_tsc_set_offset(vcpu, offset);
    if (result == 0 && adjust != NULL)
        result = kvm_vcpu_set_msr(vcpu->fd, MSR_TSC_ADJUST, *adjust);
    if (result == 0 && deadline != 0)
        result = kvm_vcpu_set_msr(vcpu->fd, MSR_TSC_DEADLINE, deadline);
    return result;
}

bool machine_tsc_set(void *ctx, unsigned vcpu, const struct guest_tsc *tsc, uint64_t adjust)
{
    struct machine *machine = ctx;
    int result = move_tsc(&machine->vcpus[vcpu], tsc->offset, &adjust);

    if (result < 0)
        end_for(machine, vcpu, result);
    else
        kvmclock_set_tsc(&machine->board.kvmclock.clock, vcpu, tsc);
    return result == 0;
}

/* Whether it is from 0 to 2^63 - 1, that much later. */
static bool tsc_may_be(const struct guest_tsc *tsc, int64_t by_cycles)
{
    __int128 then = (__int128)guest_tsc_at(tsc, host_tsc()) + by_cycles;

    return then >= 0 && then <= INT64_MAX;
}

bool machine_tsc_shift(struct machine *machine, unsigned vcpu, int64_t by_cycles, bool page_follows)
{
    struct guest_tsc tsc;
    int result = machine_tsc_get(&machine->vcpus[vcpu], &tsc);

    if (result == 0 && !tsc_may_be(&tsc, by_cycles))
        return false;
    tsc.offset += (uint64_t)by_cycles;
    if (result == 0)
        result = move_tsc(&machine->vcpus[vcpu], tsc.offset, NULL);
    if (result < 0)
        end_for(machine, vcpu, result);
    else if (page_follows)
        kvmclock_set_tsc(&machine->board.kvmclock.clock, vcpu, &tsc);
    else
        kvmclock_miss_tsc(&machine->board.kvmclock.clock, vcpu, by_cycles);
    return result == 0;
}
