/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_thread.h. Exits are the hot path: one lock, one sample of time, one access, one unlock.
 */
#include "vmm/machine/vcpu_thread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/host/log.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/exit_report.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_msr.h"
#include "vmm/machine/quiesce.h"

static void handle_io(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    struct bus *ports = &vcpu->machine->board.ports;
    uint64_t now_ns = machine_lock(vcpu->machine);

    for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
        uint64_t value = 0;

        if (run->io.direction == KVM_EXIT_IO_IN) {
            value = bus_read(ports, now_ns, run->io.port, run->io.size);
            memcpy(data, &value, run->io.size);
        } else {
            memcpy(&value, data, run->io.size);
            bus_write(ports, now_ns, run->io.port, run->io.size, value);
        }
    }
    machine_unlock(vcpu->machine);
}

static uint64_t read_memory(struct machine *machine, uint64_t gpa, unsigned size_bytes)
{
    uint64_t value, now_ns;

    if (machine_read_without_lock(machine, gpa, size_bytes, &value))
        return value;
    now_ns = machine_lock(machine);
    value = bus_read(&machine->board.memory, now_ns, gpa, size_bytes);
    machine_unlock(machine);
    return value;
}

static void write_memory(struct machine *machine, uint64_t gpa, unsigned size_bytes, uint64_t value)
{
    uint64_t now_ns = machine_lock_to_change(machine);

    bus_write(&machine->board.memory, now_ns, gpa, size_bytes, value);
    machine_unlock(machine);
}

/* Lengths that are no register's (an FXSAVE, say) are answered as open bus. */
static void handle_mmio(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint64_t value;

    if (run->mmio.is_write) {
        memcpy(&value, run->mmio.data, sizeof value);
        write_memory(vcpu->machine, run->mmio.phys_addr, run->mmio.len, value);
    } else {
        value = read_memory(vcpu->machine, run->mmio.phys_addr, run->mmio.len);
        memcpy(run->mmio.data, &value, sizeof value);
    }
}

static void handle_rdmsr(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint64_t value = 0;

    machine_lock(vcpu->machine);
    run->msr.error = !machine_read_clock_msr(vcpu->machine, vcpu, run->msr.index, &value);
    run->msr.data = value;
    machine_unlock(vcpu->machine);
}

static void handle_wrmsr(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;

    machine_lock(vcpu->machine);
    run->msr.error = !machine_write_clock_msr(vcpu->machine, vcpu, run->msr.index, run->msr.data);
    machine_unlock(vcpu->machine);
}

static uint64_t exit_where(const struct kvm_run *run)
{
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        return run->io.port;
    case KVM_EXIT_MMIO:
        return run->mmio.phys_addr;
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
        return run->msr.index;
    case KVM_EXIT_XEN:
        return run->xen.u.hcall.input;
    default:
        return 0;
    }
}

static void remember_exit(struct vcpu *vcpu)
{
    vcpu->recent[vcpu->exit_count % VCPU_RECENT_EXITS] =
        (struct vcpu_exit){vcpu->run->exit_reason, exit_where(vcpu->run)};
    vcpu->exit_count++;
}

static void handle_exit(struct vcpu *vcpu)
{
    remember_exit(vcpu);
    switch (vcpu->run->exit_reason) {
    case KVM_EXIT_IO:
        handle_io(vcpu);
        break;
    case KVM_EXIT_MMIO:
        handle_mmio(vcpu);
        break;
    case KVM_EXIT_X86_RDMSR:
        handle_rdmsr(vcpu);
        break;
    case KVM_EXIT_X86_WRMSR:
        handle_wrmsr(vcpu);
        break;
    case KVM_EXIT_XEN:
        hypercall_answer(vcpu);
        break;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_INTR:
        break;
    default:
        exit_report_end(vcpu);
    }
}

/* Whether the vCPU goes on after a KVM_RUN with this result. */
static bool goes_on(struct vcpu *vcpu, int result)
{
    if (result == -EINTR || result == -EAGAIN)
        return quiesce_wait(vcpu);
    if (result == 0)
        handle_exit(vcpu);
    else
        machine_end(vcpu->machine, EXIT_STATUS_HOST_ERROR, "vCPU %u: KVM_RUN: %s", vcpu->index,
                    strerror(-result));
    return !machine_is_ending(vcpu->machine);
}

/* A kick is looked at only when KVM_RUN says -EINTR: then no exit is half done, see quiesce.h. */
static void *vcpu_thread(void *argument)
{
    struct vcpu *vcpu = argument;
    char name[16];

    snprintf(name, sizeof name, "vcpu%u", vcpu->index);
    pthread_setname_np(pthread_self(), name);
    while (goes_on(vcpu, kvm_vcpu_run(vcpu->fd)))
        ;
    quiesce_leave(vcpu);
    return NULL;
}

int vcpu_start(struct vcpu *vcpu)
{
    int error = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);

    if (error != 0) {
        log_error("vCPU %u: cannot start its thread: %s", vcpu->index, strerror(error));
        return -error;
    }
    vcpu->thread_started = true;
    return 0;
}

void vcpu_join(struct vcpu *vcpu)
{
    if (vcpu->thread_started)
        pthread_join(vcpu->thread, NULL);
    vcpu->thread_started = false;
}
