/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hold_kvm: keep a lab's KVM in one state, so that its kernel never patches its own code.
 *
 * KVM guards rare cases with static keys: the first VM, the first vCPU with a disabled local APIC,
 * the first without one. Each change patches kernel code, and QEMU's emulation with one thread per
 * CPU loses that race about once in 100 VMs: it translates an instruction between the moment at
 * which its old translation is dropped and the moment at which the new byte is stored, and from
 * then on executes an int3 that is no longer in memory ("Oops: int3"). The lab's init runs this
 * while only one CPU is online; every key is then on, and stays on for good.
 *
 * It prints one line when it is done and waits for ever. Status 1: an ioctl failed.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int checked(int result, const char *what)
{
    if (result < 0)
        err(1, "%s", what);
    return result;
}

int main(void)
{
    int kvm = checked(open("/dev/kvm", O_RDWR), "open /dev/kvm");

    int vm = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    checked(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
    int vcpu = checked(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    struct kvm_sregs sregs;
    checked(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
    sregs.apic_base &= ~(1ULL << 11); /* IA32_APIC_BASE: APIC global enable */
    checked(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");

    int vm_without_apic = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    checked(ioctl(vm_without_apic, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");

    puts("holding");
    fflush(stdout);
    for (;;)
        pause();
}
