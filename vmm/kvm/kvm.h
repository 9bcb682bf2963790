/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's device and a VM: opening them, memory, and what concerns a VM as a whole. Interrupts are in
 * kvm_irqchip.h, vCPUs in kvm_vcpu.h. Every ioctl of the program is in this room, each behind a
 * function that names what it does.
 *
 * Functions that can fail return 0 or a negative errno and have then said, in one line, which call
 * failed and what to do about it. Source: Linux Documentation/virt/kvm/api.rst.
 */
#ifndef VMM_KVM_KVM_H
#define VMM_KVM_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "devices/access.h"
#include "vmm/kvm/kvm_capabilities.h"

#define KVM_CAPTURED_MSRS_MAX 8

struct kvm {
    int dev_fd;
    int vm_fd;
    size_t run_size_bytes;
    unsigned max_vcpus;
    /* Hypercalls are KVM_EXIT_XEN, see hypercall.h. */
    bool hypercalls_exit;
    /* The LAPIC timer's TSC-deadline mode is emulated. */
    bool tsc_deadline;
    /* System management mode has an address space: see kvm_add_smram. */
    bool has_smm;
    /* Memory of the guest's can be such that its writes are accesses to a device. */
    bool has_readonly_memory;
    /* Nanoseconds of the host's in a tick of the local APICs' bus; 0 means 1, which is KVM's own.
     */
    uint32_t apic_bus_ns;
};

/* Opens /dev/kvm; every capability that the program cannot do without is checked by name. */
int kvm_open(struct kvm *kvm);

/*
 * The parts of kvm_open for who wants to know more than its first error: opening, without a
 * message, and what /dev/kvm says of itself.
 */
int kvm_open_device(struct kvm *kvm);
int kvm_ask_device(struct kvm *kvm);

/* Of an open /dev/kvm. */
bool kvm_has(const struct kvm *kvm, const struct kvm_capability *capability);

/* An empty VM. */
int kvm_create_vm(struct kvm *kvm);

/* HLT does not exit, on vCPUs made later; -ENOTSUP, and a line, if this KVM has no such thing. */
int kvm_halt_in_guest(struct kvm *kvm);

/* A halted vCPU sleeps at once. A KVM that cannot be told so goes on polling for it first. */
void kvm_stop_halt_polling(struct kvm *kvm);

/*
 * A tick of the bus that the timers of the local APICs count takes so many nanoseconds. After
 * kvm_create_irqchip, before the first vCPU. False, without a line: this KVM cannot do it (Linux
 * before 6.11).
 */
bool kvm_set_apic_bus(struct kvm *kvm, uint32_t ns);

/*
 * Closes what is open of the VM and /dev/kvm. Memory and vCPUs given to the VM must be released by
 * their owner.
 */
void kvm_close(struct kvm *kvm);

/* Makes size_bytes of host memory RAM at gpa. Quicker before kvm_create_irqchip. */
int kvm_add_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes, void *host);

/* The same for memory that the guest only reads, where this KVM can do it; otherwise RAM. */
int kvm_add_readonly_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes,
                            void *host);

/*
 * RAM in the address space of system management mode, which a CPU enters by an SMI. Without
 * memory where KVM then saves the CPU's state, KVM gives up the VM: KVM_RUN fails with -EIO.
 */
int kvm_add_smram(struct kvm *kvm, uint64_t gpa, uint64_t size_bytes, void *host);

/*
 * Writes of these MSRs, and reads where a range says so, exit to user space instead of reaching
 * KVM. At most KVM_MSR_FILTER_MAX_RANGES ranges of KVM_CAPTURED_MSRS_MAX each. Quickest before
 * memory and irqchip.
 */
int kvm_capture_msrs(struct kvm *kvm, const struct msr_range *ranges, unsigned count);

/* Hypercalls exit to user space from now on, where this KVM can do it: hypercalls_exit. */
int kvm_intercept_hypercalls(struct kvm *kvm);

/* KVM's offer of CPUID into table, which has room for capacity entries. */
int kvm_supported_cpuid(struct kvm *kvm, struct kvm_cpuid2 *table, unsigned capacity);

/*
 * KVM's own kvm-clock: what it shows now, and setting it. Since Linux 5.16, and if the host keeps
 * time by its TSC, KVM says at which value of the host's TSC it has read the clock.
 */
struct kvm_clock_reading {
    uint64_t clock_ns;
    bool has_host_tsc;
    uint64_t host_tsc;
};

int kvm_get_clock(const struct kvm *kvm, struct kvm_clock_reading *reading);
int kvm_set_clock(const struct kvm *kvm, uint64_t clock_ns);

#endif
