/*
 * KVM: every ioctl of the program, each behind a function that names what it does.
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

#include "devices/irq_line.h"
#include "vmm/kvm/kvm_capabilities.h"

struct kvm {
    int dev_fd;
    int vm_fd;
    size_t run_size_bytes;
    unsigned max_vcpus;
    /* Hypercalls are KVM_EXIT_XEN, see hypercall.h. */
    bool hypercalls_exit;
    /* The LAPIC timer's TSC-deadline mode is emulated. */
    bool tsc_deadline;
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

/*
 * Closes what is open of the VM and /dev/kvm. Memory and vCPUs given to the VM must be released by
 * their owner.
 */
void kvm_close(struct kvm *kvm);

/* Makes size_bytes of host memory RAM at gpa. Quicker before kvm_create_irqchip. */
int kvm_add_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes, void *host);

/*
 * In-kernel PIC, I/O APIC and LAPICs, no PIT. GSI n is I/O APIC pin n and, below 16, PIC input n;
 * except that GSI 0 is I/O APIC pin 2, as on a PC, and GSI 2 does not exist.
 */
int kvm_create_irqchip(struct kvm *kvm);

/*
 * Drives a global system interrupt. Of a rise KVM says that the PIC has merged it with one that the
 * guest has not taken, or that the inputs are masked. The I/O APIC merges nothing: an edge goes on
 * to a local APIC, which may, silently. GSI 8 is not asked about: there KVM drops an edge that it
 * calls merged until the guest's EOI of the one before (rtc_irq_check_coalesced), where an I/O APIC
 * would hold it.
 */
enum irq_arrival kvm_set_irq_line(struct kvm *kvm, unsigned gsi, bool level);

/*
 * From now on the eventfd eoi_fd counts the guest's EOIs of a global system interrupt, as far as
 * KVM sees them; see eoi.h. unused_fd, an eventfd as well, is what KVM wants for an interrupt that
 * is not driven by it; nobody may write it, and both have to stay open. 0 or -errno, and no line.
 */
int kvm_tell_eoi(struct kvm *kvm, unsigned gsi, int unused_fd, int eoi_fd);

/* Sends an interrupt message to a local APIC of the guest; one that no APIC takes is dropped. */
void kvm_signal_msi(struct kvm *kvm, uint32_t address, uint32_t data);

/*
 * The kvm-clock MSRs exit to user space instead of reaching KVM's own clock, and so do writes to
 * IA32_TSC and IA32_TSC_ADJUST, which move what kvm-clock pages count. Quickest first.
 */
int kvm_capture_clock_msrs(struct kvm *kvm, bool clock, bool steal);

/* Hypercalls exit to user space from now on, where this KVM can do it: hypercalls_exit. */
int kvm_intercept_hypercalls(struct kvm *kvm);

/* KVM's offer of CPUID into table, which has room for capacity entries. */
int kvm_supported_cpuid(struct kvm *kvm, struct kvm_cpuid2 *table, unsigned capacity);

/*
 * A vCPU: its file descriptor and its shared kvm_run page (run_size_bytes long). Neither is set on
 * failure.
 */
int kvm_create_vcpu(struct kvm *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run);
void kvm_destroy_vcpu(struct kvm *kvm, int vcpu_fd, struct kvm_run *run);

int kvm_vcpu_set_cpuid(int vcpu_fd, struct kvm_cpuid2 *table);
int kvm_vcpu_get_regs(int vcpu_fd, struct kvm_regs *regs);
int kvm_vcpu_set_regs(int vcpu_fd, struct kvm_regs *regs);
int kvm_vcpu_get_sregs(int vcpu_fd, struct kvm_sregs *sregs);
int kvm_vcpu_set_sregs(int vcpu_fd, struct kvm_sregs *sregs);

/* MSRs as firmware leaves them: memory is write-back cached (MTRRs), fast string operations on. */
int kvm_vcpu_set_firmware_msrs(int vcpu_fd);

/* The offset that KVM says the vCPU's TSC has, see guest_tsc.h. */
int kvm_vcpu_get_tsc_offset(int vcpu_fd, uint64_t *offset_tsc);

/* The vCPU's TSC rate in kHz, as KVM has it, or a negative errno. */
int kvm_vcpu_get_tsc_khz(int vcpu_fd);

/* KVM may refuse them: 0, or a negative errno without a message. That it takes them says little. */
int kvm_vcpu_set_tsc_offset(int vcpu_fd, uint64_t offset_tsc);
int kvm_vcpu_set_tsc_khz(int vcpu_fd, uint32_t khz);

/* An MSR, as the host reads and writes it. */
int kvm_vcpu_get_msr(int vcpu_fd, uint32_t msr, uint64_t *value);
int kvm_vcpu_set_msr(int vcpu_fd, uint32_t msr, uint64_t value);

/* The registers of the local APIC; KVM counts its timer on from those that are set. */
int kvm_vcpu_get_lapic(int vcpu_fd, struct kvm_lapic_state *state);
int kvm_vcpu_set_lapic(int vcpu_fd, const struct kvm_lapic_state *state);

/* KVM's own kvm-clock: what it shows now, and setting it. */
int kvm_get_clock(const struct kvm *kvm, uint64_t *clock_ns);
int kvm_set_clock(const struct kvm *kvm, uint64_t clock_ns);

/* GUEST_STOPPED in the page of KVM's own kvm-clock; nothing if the guest has not enabled it. */
void kvm_vcpu_guest_stopped(int vcpu_fd);

/* Guest-physical address of a linear address; false if it is not mapped. */
bool kvm_vcpu_translate(int vcpu_fd, uint64_t linear, uint64_t *gpa);

/* KVM_RUN: 0, or a negative errno without a message; -EINTR and -EAGAIN are a kick. */
int kvm_vcpu_run(int vcpu_fd);

#endif
