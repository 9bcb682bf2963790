/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm_call of fake_kvm.h's KVM: the ioctls of vmm/kvm/vcpu_state.c, which is the real one. Each is
 * recorded by its name; what is set is what is got.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_run.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/unit.h"
#include "vmm/kvm/kvm_call.h"

static void move(void *kept, void *told, size_t size_bytes, bool sets)
{
    memcpy(sets ? kept : told, sets ? told : kept, size_bytes);
}

/* The listed MSRs, of which one is not to be read, and one not to be set. */
static int list_msrs(struct kvm_msr_list *list)
{
    uint32_t room = list->nmsrs;

    list->nmsrs = fake_kvm.listed_msr_count;
    if (room < list->nmsrs)
        return -E2BIG;
    memcpy(list->indices, fake_kvm.listed_msrs, list->nmsrs * sizeof list->indices[0]);
    return 0;
}

static int move_msrs(struct fake_vcpu *vcpu, struct kvm_msrs *msrs, bool sets)
{
    for (uint32_t i = 0; i < msrs->nmsrs; i++) {
        struct kvm_msr_entry *entry = &msrs->entries[i];

        if (entry->index == fake_kvm.refused_msr)
            return (int)i;
        move(fake_vcpu_find_msr(vcpu, entry->index), (void *)&entry->data, sizeof entry->data,
             sets);
    }
    return (int)msrs->nmsrs;
}

static int move_cpuid(struct fake_vcpu *vcpu, struct kvm_cpuid2 *table)
{
    if (table->nent < vcpu->cpuid_entries)
        return -E2BIG;
    table->nent = vcpu->cpuid_entries;
    memcpy(table->entries, vcpu->cpuid, table->nent * sizeof table->entries[0]);
    return 0;
}

static int vcpu_call(struct fake_vcpu *vcpu, unsigned long request, void *argument)
{
    switch (request) {
    case KVM_GET_MP_STATE:
    case KVM_SET_MP_STATE:
        move(&vcpu->mp_state, argument, sizeof vcpu->mp_state, request == KVM_SET_MP_STATE);
        return 0;
    case KVM_GET_SREGS2:
    case KVM_SET_SREGS2:
        move(&vcpu->sregs2, argument, sizeof vcpu->sregs2, request == KVM_SET_SREGS2);
        return 0;
    case KVM_GET_XSAVE2:
    case KVM_SET_XSAVE:
        move(vcpu->xsave, argument, fake_kvm.xsave_bytes, request == KVM_SET_XSAVE);
        return 0;
    case KVM_GET_XCRS:
    case KVM_SET_XCRS:
        move(&vcpu->xcrs, argument, sizeof vcpu->xcrs, request == KVM_SET_XCRS);
        return 0;
    case KVM_GET_DEBUGREGS:
    case KVM_SET_DEBUGREGS:
        move(&vcpu->debugregs, argument, sizeof vcpu->debugregs, request == KVM_SET_DEBUGREGS);
        return 0;
    case KVM_SET_VCPU_EVENTS:
        move(&vcpu->events, argument, sizeof vcpu->events, request == KVM_SET_VCPU_EVENTS);
        return 0;
    case KVM_GET_MSRS:
    case KVM_SET_MSRS:
        return move_msrs(vcpu, argument, request == KVM_SET_MSRS);
    case KVM_GET_CPUID2:
        return move_cpuid(vcpu, argument);
    }
    fail_msg("an ioctl 0x%lx that the fake KVM does not know", request);
    return -EINVAL;
}

int kvm_call(int fd, unsigned long request, const char *name, void *argument)
{
    struct fake_vcpu *vcpu;
    int result;

    if (request == KVM_GET_MSR_INDEX_LIST) {
        result = fake_kvm_call(name, "%s", "");
        return result < 0 ? result : list_msrs(argument);
    }
    vcpu = fake_vcpu_of_fd(fd);
    result = fake_kvm_call(name, " %u", vcpu->index);
    return result < 0 ? result : vcpu_call(vcpu, request, argument);
}

int kvm_call_value(int fd, unsigned long request, const char *name, uintptr_t argument)
{
    (void)fd;
    (void)name;
    assert_int_equal(request, KVM_CHECK_EXTENSION);
    return argument == KVM_CAP_XSAVE2 ? (int)fake_kvm.xsave_bytes : fake_kvm.has_xcrs;
}
