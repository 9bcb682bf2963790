/* SPDX-License-Identifier: BSD-2-Clause */
/* See exit_report.h. */
#include "vmm/machine/exit_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/host/log.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/vcpu.h"

#define MAX_INSTRUCTION_BYTES 15
#define RESET_VECTOR_GPA      UINT64_C(0xfffffff0)

static const char *exit_name(uint32_t reason)
{
    static const char *const names[] = {
        [KVM_EXIT_IO] = "I/O port",
        [KVM_EXIT_HLT] = "HLT",
        [KVM_EXIT_MMIO] = "MMIO",
        [KVM_EXIT_SHUTDOWN] = "shutdown (triple fault)",
        [KVM_EXIT_FAIL_ENTRY] = "failed entry",
        [KVM_EXIT_INTR] = "signal",
        [KVM_EXIT_INTERNAL_ERROR] = "internal error",
        [KVM_EXIT_X86_RDMSR] = "RDMSR",
        [KVM_EXIT_X86_WRMSR] = "WRMSR",
    };

    if (reason < sizeof names / sizeof names[0] && names[reason] != NULL)
        return names[reason];
    return "unknown";
}

static uint64_t vcpu_rip(const struct vcpu *vcpu)
{
    struct kvm_regs regs = {0};

    kvm_vcpu_get_regs(vcpu->fd, &regs);
    return regs.rip;
}

static void log_recent_exits(const struct vcpu *vcpu)
{
    uint64_t first =
        vcpu->exit_count > VCPU_RECENT_EXITS ? vcpu->exit_count - VCPU_RECENT_EXITS : 0;

    for (uint64_t i = first; i < vcpu->exit_count; i++) {
        const struct vcpu_exit *exit = &vcpu->recent[i % VCPU_RECENT_EXITS];

        log_info("vCPU %u: exit %" PRIu64 ": %u (%s) at 0x%" PRIx64, vcpu->index, i, exit->reason,
                 exit_name(exit->reason), exit->where);
    }
}

/* The guest's bytes at RIP, as far as they are mapped; KVM does not always give them. */
static unsigned bytes_at(const struct vcpu *vcpu, uint64_t rip, uint8_t *bytes)
{
    unsigned count = 0;
    struct kvm_sregs sregs = {0};
    uint64_t gpa;

    kvm_vcpu_get_sregs(vcpu->fd, &sregs);
    while (count < MAX_INSTRUCTION_BYTES &&
           kvm_vcpu_translate(vcpu->fd, sregs.cs.base + rip + count, &gpa)) {
        const uint8_t *byte = guest_mem_at(&vcpu->machine->memory, gpa, 1);

        if (byte == NULL)
            break;
        bytes[count++] = *byte;
    }
    return count;
}

static void end_internal_error(struct vcpu *vcpu)
{
    uint8_t bytes[MAX_INSTRUCTION_BYTES];
    uint64_t rip = vcpu_rip(vcpu);
    unsigned count = bytes_at(vcpu, rip, bytes);
    char text[3 * MAX_INSTRUCTION_BYTES + 1] = "";

    for (size_t i = 0; i < count; i++)
        snprintf(text + 3 * i, 4, " %02x", bytes[i]);
    machine_end(
        vcpu->machine, EXIT_STATUS_KVM_UNABLE,
        "this KVM cannot run the guest's code: KVM_EXIT_INTERNAL_ERROR (suberror %u) at RIP "
        "0x%" PRIx64 ", bytes%s; use a host with VMX or SVM, or the lab (docs/lab.md)",
        vcpu->run->internal.suberror, rip, count > 0 ? text : " not mapped");
}

/*
 * A CPU that is reset begins at the top of its 4 GiB, where a PC has the BIOS. vCPU 0 does so at an
 * INIT of its local APIC; here is no memory, so KVM finds no instruction.
 */
static bool is_at_reset_vector(const struct vcpu *vcpu)
{
    struct kvm_sregs sregs = {0};

    kvm_vcpu_get_sregs(vcpu->fd, &sregs);
    return sregs.cs.base + vcpu_rip(vcpu) == RESET_VECTOR_GPA;
}

static void end_reset(struct vcpu *vcpu)
{
    machine_lock(vcpu->machine);
    guest_end_reset(vcpu->machine);
    machine_unlock(vcpu->machine);
}

static void end_unknown(struct vcpu *vcpu)
{
    uint32_t reason = vcpu->run->exit_reason;

    machine_end(vcpu->machine, EXIT_STATUS_HOST_ERROR,
                "vCPU %u: exit %u (%s) at RIP 0x%" PRIx64 " is not handled", vcpu->index, reason,
                exit_name(reason), vcpu_rip(vcpu));
}

void exit_report_end(struct vcpu *vcpu)
{
    log_recent_exits(vcpu);
    switch (vcpu->run->exit_reason) {
    case KVM_EXIT_INTERNAL_ERROR:
        if (is_at_reset_vector(vcpu))
            end_reset(vcpu);
        else
            end_internal_error(vcpu);
        break;
    case KVM_EXIT_SHUTDOWN:
        machine_lock(vcpu->machine);
        guest_end_triple_fault(vcpu->machine, vcpu->index);
        machine_unlock(vcpu->machine);
        break;
    default:
        end_unknown(vcpu);
    }
}
