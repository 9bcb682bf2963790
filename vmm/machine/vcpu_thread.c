/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_thread.h. */
#include "vmm/machine/vcpu_thread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/sandbox.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/door.h"
#include "vmm/machine/exit_report.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

static void handle_io(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct access access = {
        .space = ACCESS_PORT,
        .is_write = run->io.direction == KVM_EXIT_IO_OUT,
        .size_bytes = run->io.size,
        .vcpu = vcpu->index,
        .addr = run->io.port,
    };

    door_pass_string(vcpu->machine, &access, (uint8_t *)run + run->io.data_offset, run->io.count);
}

/* Lengths that are no register's (an FXSAVE, say) are answered as open bus. */
static void handle_mmio(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct access access = {
        .space = ACCESS_MEMORY,
        .is_write = run->mmio.is_write != 0,
        .size_bytes = run->mmio.len,
        .vcpu = vcpu->index,
        .addr = run->mmio.phys_addr,
    };

    memcpy(&access.value, run->mmio.data, sizeof access.value);
    door_pass(vcpu->machine, &access);
    if (!access.is_write)
        memcpy(run->mmio.data, &access.value, sizeof access.value);
}

static void handle_msr(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct access access = {
        .space = ACCESS_MSR,
        .is_write = run->exit_reason == KVM_EXIT_X86_WRMSR,
        .size_bytes = sizeof run->msr.data,
        .vcpu = vcpu->index,
        .addr = run->msr.index,
        .value = run->msr.data,
    };

    run->msr.error = !door_pass(vcpu->machine, &access);
    run->msr.data = access.value;
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
    __atomic_store_n(&vcpu->exit_count, vcpu->exit_count + 1, __ATOMIC_RELAXED);
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
    case KVM_EXIT_X86_WRMSR:
        handle_msr(vcpu);
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

/* With --trace: the same, and a record of the exit. */
static bool goes_on_traced(struct vcpu *vcpu, int result)
{
    uint64_t came_tsc = host_tsc();
    uint32_t reason = vcpu->run->exit_reason;
    uint64_t where = exit_where(vcpu->run);
    bool goes = goes_on(vcpu, result);

    if (result == 0)
        machine_trace_exit(vcpu, came_tsc, reason, where);
    return goes;
}

static void enter_sandbox(struct vcpu *vcpu)
{
    int result = sandbox_enter(SANDBOX_VCPU);

    if (result < 0)
        machine_end(vcpu->machine, EXIT_STATUS_HOST_ERROR, "vCPU %u: seccomp: %s", vcpu->index,
                    strerror(-result));
}

/* A kick is looked at only when KVM_RUN says -EINTR: then no exit is half done, see quiesce.h. */
static void *vcpu_thread(void *argument)
{
    struct vcpu *vcpu = argument;
    bool (*goes)(struct vcpu * vcpu, int result);
    char name[16];

    atomic_store(&vcpu->thread_id, gettid());
    snprintf(name, sizeof name, "vcpu%u", vcpu->index);
    pthread_setname_np(pthread_self(), name);
    enter_sandbox(vcpu);
    if (vcpu->index == 0)
        machine_tsc_find_out(vcpu->machine);
    goes = vcpu->machine->trace != NULL ? goes_on_traced : goes_on;
    while (goes(vcpu, kvm_vcpu_run(vcpu->fd)))
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
