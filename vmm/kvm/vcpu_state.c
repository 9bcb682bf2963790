/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_state.h. */
#include "vmm/kvm/vcpu_state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "vmm/host/log.h"
#include "vmm/kvm/kvm_call.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"

#define XSAVE_BYTES 4096

static int ask_vm(const struct kvm *kvm, int capability)
{
    return kvm_call_value(kvm->vm_fd, KVM_CHECK_EXTENSION, "KVM_CHECK_EXTENSION",
                          (uintptr_t)capability);
}

int vcpu_state_ask(const struct kvm *kvm, bool with_kvmclock, struct vcpu_state_kind *kind)
{
    int xsave_bytes = ask_vm(kvm, KVM_CAP_XSAVE2);

    *kind = (struct vcpu_state_kind){
        .has_xcrs = ask_vm(kvm, KVM_CAP_XCRS) > 0,
        .has_xsave2 = xsave_bytes > 0,
        .xsave_bytes = xsave_bytes > XSAVE_BYTES ? (uint32_t)xsave_bytes : XSAVE_BYTES,
    };
    if (kind->xsave_bytes > VCPU_STATE_XSAVE_MAX) {
        log_error("KVM's XSAVE area has %u bytes; this program has room for %u", kind->xsave_bytes,
                  VCPU_STATE_XSAVE_MAX);
        return -E2BIG;
    }
    return vcpu_msrs_list(kvm, with_kvmclock, &kind->msrs);
}

static int get_xsave(int vcpu_fd, const struct vcpu_state_kind *kind, struct vcpu_state *state)
{
    state->xsave_bytes = kind->xsave_bytes;
    if (kind->has_xsave2)
        return kvm_call(vcpu_fd, KVM_GET_XSAVE2, "KVM_GET_XSAVE2", state->xsave);
    return kvm_call(vcpu_fd, KVM_GET_XSAVE, "KVM_GET_XSAVE", state->xsave);
}

static int get_xcrs(int vcpu_fd, const struct vcpu_state_kind *kind, struct vcpu_state *state)
{
    state->xcrs.nr_xcrs = 0;
    return kind->has_xcrs ? kvm_call(vcpu_fd, KVM_GET_XCRS, "KVM_GET_XCRS", &state->xcrs) : 0;
}

int vcpu_state_get_cpuid(int vcpu_fd, struct vcpu_state_cpuid *cpuid)
{
    cpuid->header.nent = VCPU_STATE_CPUID_MAX;
    return kvm_call(vcpu_fd, KVM_GET_CPUID2, "KVM_GET_CPUID2", cpuid);
}

/*
 * The order:
 *   MP_STATE first, as to get it makes KVM take an INIT or a SIPI that has come, which changes all
 *   the rest (kvm_apic_accept_events).
 *   MSRs before the local APIC, as machine_cut.c says for the deadline.
 *   VCPU_EVENTS last, as the other calls may change what is pending.
 */
int vcpu_state_get(int vcpu_fd, const struct vcpu_state_kind *kind, struct vcpu_state *state)
{
    int result = kvm_call(vcpu_fd, KVM_GET_MP_STATE, "KVM_GET_MP_STATE", &state->mp_state);

    if (result == 0)
        result = kvm_vcpu_get_regs(vcpu_fd, &state->regs);
    if (result == 0)
        result = kvm_call(vcpu_fd, KVM_GET_SREGS2, "KVM_GET_SREGS2", &state->sregs);
    if (result == 0)
        result = get_xsave(vcpu_fd, kind, state);
    if (result == 0)
        result = get_xcrs(vcpu_fd, kind, state);
    if (result == 0)
        result = kvm_call(vcpu_fd, KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS", &state->debugregs);
    if (result == 0)
        result = vcpu_msrs_get(vcpu_fd, &kind->msrs, &state->msrs);
    if (result == 0)
        result = kvm_vcpu_get_lapic(vcpu_fd, &state->lapic);
    if (result == 0)
        result = vcpu_state_get_cpuid(vcpu_fd, &state->cpuid);
    return result == 0 ? kvm_vcpu_get_events(vcpu_fd, &state->events) : result;
}

/* KVM reads as many bytes as it would write. */
static int set_xsave(int vcpu_fd, const struct vcpu_state_kind *kind,
                     const struct vcpu_state *state)
{
    _Alignas(64) uint8_t area[VCPU_STATE_XSAVE_MAX] = {0};

    assert(state->xsave_bytes <= VCPU_STATE_XSAVE_MAX);
    if (state->xsave_bytes > kind->xsave_bytes) {
        log_error(
            "the XSAVE area has %u bytes, and this KVM's has %u: this host has less of what a "
            "CPU can keep there",
            state->xsave_bytes, kind->xsave_bytes);
        return -ENOTSUP;
    }
    memcpy(area, state->xsave, state->xsave_bytes);
    return kvm_call(vcpu_fd, KVM_SET_XSAVE, "KVM_SET_XSAVE", area);
}

static int set_xcrs(int vcpu_fd, const struct vcpu_state_kind *kind, const struct vcpu_state *state)
{
    if (!kind->has_xcrs || state->xcrs.nr_xcrs == 0)
        return 0;
    return kvm_call(vcpu_fd, KVM_SET_XCRS, "KVM_SET_XCRS", (void *)&state->xcrs);
}

static int set_registers(int vcpu_fd, const struct vcpu_state_kind *kind,
                         const struct vcpu_state *state)
{
    int result = kvm_call(vcpu_fd, KVM_SET_MP_STATE, "KVM_SET_MP_STATE", (void *)&state->mp_state);

    if (result == 0)
        result = kvm_vcpu_set_regs(vcpu_fd, &state->regs);
    if (result == 0)
        result = kvm_call(vcpu_fd, KVM_SET_SREGS2, "KVM_SET_SREGS2", (void *)&state->sregs);
    if (result == 0)
        result = set_xcrs(vcpu_fd, kind, state);
    if (result == 0)
        result = set_xsave(vcpu_fd, kind, state);
    return result == 0 ? kvm_call(vcpu_fd, KVM_SET_DEBUGREGS, "KVM_SET_DEBUGREGS",
                                  (void *)&state->debugregs)
                       : result;
}

static int set_lapic(int vcpu_fd, const struct vcpu_state *state)
{
    struct kvm_lapic_state stopped = state->lapic;

    lapic_timer_stop(&stopped);
    return kvm_vcpu_set_lapic(vcpu_fd, &stopped);
}

/*
 * The order:
 *   MP_STATE before the registers, as a change of it resets some.
 *   SREGS2 before the local APIC, as it has APIC_BASE: otherwise x2APIC's registers would be taken
 *   for xAPIC's. It has EFER and CR8 as well.
 *   XCRS before XSAVE, which has only what XCR0 allows.
 *   VCPU_EVENTS last: to set the registers drops a pending exception.
 */
int vcpu_state_set(int vcpu_fd, unsigned index, const struct vcpu_state_kind *kind,
                   const struct vcpu_state *state)
{
    int result = set_registers(vcpu_fd, kind, state);

    if (result == 0)
        result = set_lapic(vcpu_fd, state);
    if (result == 0)
        result = vcpu_msrs_set(vcpu_fd, index, &kind->msrs, &state->msrs);
    return result == 0 ? kvm_call(vcpu_fd, KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS",
                                  (void *)&state->events)
                       : result;
}
