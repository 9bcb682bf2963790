/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm_vcpu.h. */
#include "vmm/kvm/kvm_vcpu.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/kvm/kvm_call.h"

#define MSR_MISC_ENABLE 0x1a0
#define MSR_MTRR_DEF    0x2ff

int kvm_create_vcpu(struct kvm *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run)
{
    int fd = kvm_call_value(kvm->vm_fd, KVM_CREATE_VCPU, "KVM_CREATE_VCPU", index);
    void *mapping;
    int result;

    if (fd < 0)
        return fd;
    mapping = mmap(NULL, kvm->run_size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) {
        result = -errno;
        log_error("vCPU %u: mapping its kvm_run page: %s", index, strerror(-result));
        close(fd);
        return result;
    }
    *vcpu_fd = fd;
    *run = mapping;
    return 0;
}

void kvm_destroy_vcpu(struct kvm *kvm, int vcpu_fd, struct kvm_run *run)
{
    munmap(run, kvm->run_size_bytes);
    close(vcpu_fd);
}

int kvm_vcpu_set_cpuid(int vcpu_fd, struct kvm_cpuid2 *table)
{
    return kvm_call(vcpu_fd, KVM_SET_CPUID2, "KVM_SET_CPUID2", table);
}

int kvm_vcpu_get_regs(int vcpu_fd, struct kvm_regs *regs)
{
    return kvm_call(vcpu_fd, KVM_GET_REGS, "KVM_GET_REGS", regs);
}

int kvm_vcpu_get_mp_state(int vcpu_fd, uint32_t *state)
{
    struct kvm_mp_state mp_state;
    int result = kvm_call(vcpu_fd, KVM_GET_MP_STATE, "KVM_GET_MP_STATE", &mp_state);

    if (result == 0)
        *state = mp_state.mp_state;
    return result;
}

int kvm_vcpu_set_mp_state(int vcpu_fd, uint32_t state)
{
    struct kvm_mp_state mp_state = {.mp_state = state};

    return kvm_call(vcpu_fd, KVM_SET_MP_STATE, "KVM_SET_MP_STATE", &mp_state);
}

int kvm_vcpu_set_regs(int vcpu_fd, const struct kvm_regs *regs)
{
    return kvm_call(vcpu_fd, KVM_SET_REGS, "KVM_SET_REGS", (void *)regs);
}

int kvm_vcpu_get_sregs(int vcpu_fd, struct kvm_sregs *sregs)
{
    return kvm_call(vcpu_fd, KVM_GET_SREGS, "KVM_GET_SREGS", sregs);
}

int kvm_vcpu_set_sregs(int vcpu_fd, struct kvm_sregs *sregs)
{
    return kvm_call(vcpu_fd, KVM_SET_SREGS, "KVM_SET_SREGS", sregs);
}

int kvm_vcpu_set_firmware_msrs(int vcpu_fd)
{
    struct {
        struct kvm_msrs header;
        struct kvm_msr_entry entries[2];
    } msrs = {
        .header.nmsrs = 2,
        .entries = {{.index = MSR_MISC_ENABLE, .data = 1},
                    {.index = MSR_MTRR_DEF, .data = 1 << 11 | 6}},
    };
    int result = kvm_call(vcpu_fd, KVM_SET_MSRS, "KVM_SET_MSRS", &msrs);

    return result < 0 ? result : 0;
}

static struct kvm_device_attr tsc_offset_attribute(uint64_t *offset_tsc)
{
    return (struct kvm_device_attr){
        .group = KVM_VCPU_TSC_CTRL,
        .attr = KVM_VCPU_TSC_OFFSET,
        .addr = (uintptr_t)offset_tsc,
    };
}

int kvm_vcpu_get_tsc_offset(int vcpu_fd, uint64_t *offset_tsc)
{
    struct kvm_device_attr attribute = tsc_offset_attribute(offset_tsc);

    return kvm_call(vcpu_fd, KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR(KVM_VCPU_TSC_OFFSET)",
                    &attribute);
}

int kvm_vcpu_set_tsc_offset(int vcpu_fd, uint64_t offset_tsc)
{
    struct kvm_device_attr attribute = tsc_offset_attribute(&offset_tsc);

    return ioctl(vcpu_fd, KVM_SET_DEVICE_ATTR, &attribute) == 0 ? 0 : -errno;
}

int kvm_vcpu_get_tsc_khz(int vcpu_fd)
{
    return kvm_call_value(vcpu_fd, KVM_GET_TSC_KHZ, "KVM_GET_TSC_KHZ", 0);
}

int kvm_vcpu_set_tsc_khz(int vcpu_fd, uint32_t khz)
{
    return ioctl(vcpu_fd, KVM_SET_TSC_KHZ, (uintptr_t)khz) == 0 ? 0 : -errno;
}

struct one_msr {
    struct kvm_msrs header;
    struct kvm_msr_entry entry;
};

/* KVM answers with how many it has done, which is 0 if it does not know the MSR. */
static int kvm_msr_call(int vcpu_fd, unsigned long request, const char *name, struct one_msr *msr)
{
    int result = kvm_call(vcpu_fd, request, name, msr);

    if (result == 0) {
        log_error("%s: KVM does not take MSR 0x%x", name, msr->entry.index);
        return -EINVAL;
    }
    return result < 0 ? result : 0;
}

int kvm_vcpu_get_msr(int vcpu_fd, uint32_t msr, uint64_t *value)
{
    struct one_msr one = {.header.nmsrs = 1, .entry.index = msr};
    int result = kvm_msr_call(vcpu_fd, KVM_GET_MSRS, "KVM_GET_MSRS", &one);

    *value = one.entry.data;
    return result;
}

int kvm_vcpu_set_msr(int vcpu_fd, uint32_t msr, uint64_t value)
{
    struct one_msr one = {.header.nmsrs = 1, .entry = {.index = msr, .data = value}};

    return kvm_msr_call(vcpu_fd, KVM_SET_MSRS, "KVM_SET_MSRS", &one);
}

int kvm_vcpu_get_lapic(int vcpu_fd, struct kvm_lapic_state *state)
{
    return kvm_call(vcpu_fd, KVM_GET_LAPIC, "KVM_GET_LAPIC", state);
}

int kvm_vcpu_set_lapic(int vcpu_fd, const struct kvm_lapic_state *state)
{
    return kvm_call(vcpu_fd, KVM_SET_LAPIC, "KVM_SET_LAPIC", (void *)state);
}

int kvm_vcpu_get_events(int vcpu_fd, struct kvm_vcpu_events *events)
{
    return kvm_call(vcpu_fd, KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS", events);
}

void kvm_vcpu_guest_stopped(int vcpu_fd)
{
    if (ioctl(vcpu_fd, KVM_KVMCLOCK_CTRL, 0) < 0 && errno != EINVAL)
        log_error("KVM_KVMCLOCK_CTRL: %s", strerror(errno));
}

int kvm_vcpu_nmi(int vcpu_fd)
{
    return kvm_call_value(vcpu_fd, KVM_NMI, "KVM_NMI", 0);
}

bool kvm_vcpu_translate(int vcpu_fd, uint64_t linear, uint64_t *gpa)
{
    struct kvm_translation translation = {.linear_address = linear};

    if (ioctl(vcpu_fd, KVM_TRANSLATE, &translation) != 0 || !translation.valid)
        return false;
    *gpa = translation.physical_address;
    return true;
}

int kvm_vcpu_run(int vcpu_fd)
{
    return ioctl(vcpu_fd, KVM_RUN, 0) == 0 ? 0 : -errno;
}
