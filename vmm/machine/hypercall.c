/* SPDX-License-Identifier: BSD-2-Clause */
/* See hypercall.h. */
#include "vmm/machine/hypercall.h"

#include <errno.h>
#include <string.h>

#include <asm/kvm_para.h>
#include <linux/kvm_para.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_tsc.h"

#define WIDTH_32 UINT32_MAX

static const char cannot_intercept[] =
    "this KVM cannot intercept hypercalls (KVM_CAP_XEN_HVM), by which a guest gets the host's time "
    "in spite of it";

/* The option by which the guest is not to learn the host's time, or NULL. */
static const char *deviating_option(const struct machine_config *config)
{
    switch (config->ptp_kvm) {
    case PTP_KVM_GUEST:
        return "--ptp-kvm guest";
    case PTP_KVM_HOST:
        return NULL;
    case PTP_KVM_OFF:
        return "--ptp-kvm off";
    }
    if (config->rtc_base == RTC_BASE_FIXED)
        return "--rtc base=";
    if (!dilation_is_one(config->time_rate))
        return "--time-rate";
    return config->on_resume == ON_RESUME_FREEZE ? "--on-resume freeze" : NULL;
}

/* The option that needs KVM's signature, or NULL. */
static const char *revealing_option(const struct machine_config *config)
{
    if (config->kvmclock_asked && config->kvmclock != KVMCLOCK_OFF)
        return "--kvmclock";
    return config->steal != STEAL_OFF ? "--steal" : NULL;
}

int hypercall_prepare(struct machine *machine)
{
    const struct machine_config *config = machine->config;
    const char *deviating = deviating_option(config);
    const char *revealing = revealing_option(config);
    int result = kvm_intercept_hypercalls(&machine->kvm);

    if (result < 0 || machine->kvm.hypercalls_exit || deviating == NULL)
        return result;
    if (revealing != NULL) {
        log_error("%s: %s; leave out %s, so that KVM's CPUID signature is hidden, and kvm-clock "
                  "with it",
                  deviating, cannot_intercept, revealing);
        return -ENOTSUP;
    }
    machine->kvm_hidden = true;
    log_note("%s: %s: KVM's CPUID signature is hidden, and kvm-clock with it", deviating,
             cannot_intercept);
    return 0;
}

bool hypercall_reaches_host(const struct machine *machine)
{
    return !machine->kvm.hypercalls_exit && !machine->kvm_hidden &&
           machine->config->ptp_kvm != PTP_KVM_HOST;
}

bool hypercall_is_answered(const struct machine *machine)
{
    return machine->kvm.hypercalls_exit && !machine->kvm_hidden &&
           machine->config->ptp_kvm != PTP_KVM_OFF;
}

/* Guest time, as kvm-clock's wall time, at a value of the host's TSC that is now. */
static uint64_t guest_wall_ns(const struct machine *machine, uint64_t *tsc_value)
{
    *tsc_value = host_tsc();
    return machine->board.kvmclock.clock.wiring.wall_zero_ns +
           timebase_ns(&machine->timebase, *tsc_value);
}

/* The host's date; right to half the bracket. */
static uint64_t host_wall_ns(uint64_t *tsc_value)
{
    struct clock_bracket bracket = host_clock_bracket(CLOCK_REALTIME);

    *tsc_value = clock_bracket_middle(&bracket);
    return bracket.clock_ns;
}

uint64_t hypercall_wall_ns(const struct machine *machine)
{
    uint64_t tsc_value;

    return machine->config->ptp_kvm == PTP_KVM_HOST ? host_wall_ns(&tsc_value)
                                                    : guest_wall_ns(machine, &tsc_value);
}

/* A wall time and the vCPU's TSC at one value of the host's TSC. */
static int64_t pair_clocks(struct vcpu *vcpu, uint64_t gpa, uint64_t clock_type)
{
    struct machine *machine = vcpu->machine;
    struct kvm_clock_pairing pairing = {0};
    void *page = machine_memory_to_write(machine, gpa, sizeof pairing);
    uint64_t tsc_value, wall_ns;
    struct guest_tsc tsc;

    if (machine->config->ptp_kvm == PTP_KVM_OFF || clock_type != KVM_CLOCK_PAIRING_WALLCLOCK ||
        machine_tsc_recall(vcpu, &tsc) < 0)
        return -KVM_EOPNOTSUPP;
    if (page == NULL)
        return -KVM_EFAULT;
    wall_ns = machine->config->ptp_kvm == PTP_KVM_HOST ? host_wall_ns(&tsc_value)
                                                       : guest_wall_ns(machine, &tsc_value);
    wall_ns =
        date_fault_ns(&machine->dates.ptp, timebase_ns(&machine->timebase, tsc_value), wall_ns);
    pairing.sec = (int64_t)(wall_ns / NS_PER_SEC);
    pairing.nsec = (int64_t)(wall_ns % NS_PER_SEC);
    pairing.tsc = guest_tsc_at(&tsc, tsc_value);
    memcpy(page, &pairing, sizeof pairing);
    return 0;
}

static int64_t answer(struct vcpu *vcpu)
{
    static struct log_tally unknown = {.what = "hypercall that does not exist"};
    uint64_t mask = vcpu->run->xen.u.hcall.longmode ? UINT64_MAX : WIDTH_32;
    uint64_t number = vcpu->run->xen.u.hcall.input & mask;
    struct kvm_regs regs;

    if (vcpu->run->xen.u.hcall.cpl != 0)
        return -KVM_EPERM;
    if (number == KVM_HC_CLOCK_PAIRING && kvm_vcpu_get_regs(vcpu->fd, &regs) == 0)
        return pair_clocks(vcpu, regs.rbx & mask, regs.rcx & mask);
    log_guest(&unknown, "number %llu", (unsigned long long)number);
    return -KVM_ENOSYS;
}

void hypercall_answer(struct vcpu *vcpu)
{
    machine_lock(vcpu->machine);
    vcpu->run->xen.u.hcall.result = (uint64_t)answer(vcpu);
    machine_unlock(vcpu->machine);
}
