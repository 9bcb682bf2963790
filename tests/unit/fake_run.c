/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_vcpu.h: KVM_RUN, and the exits that it plays. */
#include "tests/unit/fake_run.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/tsc_measure.h"

#define DATA_OFFSET  4096
#define HALF_EXIT_NS 5000

static void fill_hypercall(struct fake_vcpu *vcpu, const struct fake_exit *exit)
{
    vcpu->run->xen.type = KVM_EXIT_XEN_HCALL;
    vcpu->run->xen.u.hcall.longmode = !exit->is_32_bit;
    vcpu->run->xen.u.hcall.cpl = exit->cpl;
    vcpu->run->xen.u.hcall.input = exit->where;
    vcpu->regs.rbx = exit->rbx;
    vcpu->regs.rcx = exit->rcx;
}

static void fill_run(struct fake_vcpu *vcpu, const struct fake_exit *exit)
{
    struct kvm_run *run = vcpu->run;

    run->exit_reason = exit->reason;
    switch (exit->reason) {
    case KVM_EXIT_IO:
        run->io.direction = exit->is_write ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
        run->io.size = (uint8_t)exit->size;
        run->io.port = (uint16_t)exit->where;
        run->io.count = exit->count;
        run->io.data_offset = DATA_OFFSET;
        memcpy((uint8_t *)run + DATA_OFFSET, exit->data, sizeof exit->data);
        break;
    case KVM_EXIT_MMIO:
        run->mmio.phys_addr = exit->where;
        run->mmio.len = exit->size;
        run->mmio.is_write = exit->is_write;
        memcpy(run->mmio.data, exit->data, sizeof run->mmio.data);
        break;
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
        run->msr.reason = KVM_MSR_EXIT_REASON_FILTER;
        run->msr.index = (uint32_t)exit->where;
        memcpy((void *)&run->msr.data, exit->data, sizeof run->msr.data);
        break;
    case KVM_EXIT_XEN:
        fill_hypercall(vcpu, exit);
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        run->internal.suberror = (uint32_t)exit->where;
        break;
    default:
        break;
    }
}

static void take_answer(struct fake_vcpu *vcpu)
{
    const struct kvm_run *run = vcpu->run;
    struct fake_answer *answer = &vcpu->answers[vcpu->answer_count];

    if (!vcpu->pending)
        return;
    vcpu->pending = false;
    vcpu->answer_count++;
    *answer = (struct fake_answer){.reason = run->exit_reason};
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        memcpy(answer->data, (const uint8_t *)run + DATA_OFFSET, sizeof answer->data);
        memcpy(&answer->value, answer->data, run->io.size);
        break;
    case KVM_EXIT_MMIO:
        memcpy(&answer->value, run->mmio.data, run->mmio.len);
        break;
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
        answer->value = run->msr.data;
        answer->error = run->msr.error;
        break;
    case KVM_EXIT_XEN:
        answer->value = run->xen.u.hcall.result;
        break;
    default:
        break;
    }
}

/* For somebody who waits for it to halt. */
static pthread_mutex_t halt_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t halted = PTHREAD_COND_INITIALIZER;

static void set_waiting(struct fake_vcpu *vcpu, bool waiting)
{
    pthread_mutex_lock(&halt_lock);
    vcpu->waiting = waiting;
    pthread_cond_broadcast(&halted);
    pthread_mutex_unlock(&halt_lock);
}

void fake_vcpu_await_halt(unsigned index)
{
    struct fake_vcpu *vcpu = fake_vcpu(index);

    pthread_mutex_lock(&halt_lock);
    while (!vcpu->waiting)
        pthread_cond_wait(&halted, &halt_lock);
    pthread_mutex_unlock(&halt_lock);
}

static bool is_kicked(const struct fake_vcpu *vcpu)
{
    return __atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_SEQ_CST) != 0;
}

/*
 * Under the lock, which it releases meanwhile. It counts as waiting before that: what is played
 * later ends it. Signals are let in only while it waits, so that none is lost between the look at
 * immediate_exit and that.
 */
static int wait_for_more(struct fake_vcpu *vcpu)
{
    struct pollfd more = {.fd = vcpu->more_fd, .events = POLLIN};
    sigset_t all, before;
    eventfd_t count;
    int result = 1;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    set_waiting(vcpu, true);
    fake_kvm_unlock();
    if (!is_kicked(vcpu))
        result = ppoll(&more, 1, NULL, &before);
    set_waiting(vcpu, false);
    if (result > 0)
        eventfd_read(vcpu->more_fd, &count);
    fake_kvm_lock();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result < 0 ? -EINTR : 0;
}

/* The guest of tsc_measure.c. */
static int run_rdtsc(struct fake_vcpu *vcpu)
{
    uint64_t tsc;

    if (is_kicked(vcpu))
        return -EINTR;
    fake_clock_pass_ns(HALF_EXIT_NS);
    tsc = fake_vcpu_read_tsc(vcpu);
    vcpu->regs.rax = (uint32_t)tsc;
    vcpu->regs.rdx = tsc >> 32;
    vcpu->run->exit_reason = KVM_EXIT_IO;
    fake_clock_pass_ns(HALF_EXIT_NS);
    return 0;
}

static bool rest_follows(const struct fake_vcpu *vcpu)
{
    return vcpu->next_exit < vcpu->exit_count && vcpu->exits[vcpu->next_exit].is_rest;
}

static int play(struct fake_vcpu *vcpu)
{
    const struct fake_exit *exit;
    int result = 0;

    take_answer(vcpu);
    while (result == 0 && !is_kicked(vcpu) && vcpu->next_exit == vcpu->exit_count)
        result = wait_for_more(vcpu);
    if (result < 0 || (is_kicked(vcpu) && !rest_follows(vcpu))) {
        vcpu->run->exit_reason = KVM_EXIT_INTR;
        return -EINTR;
    }
    exit = &vcpu->exits[vcpu->next_exit++];
    vcpu->pending = exit->result == 0;
    if (exit->result == 0)
        fill_run(vcpu, exit);
    return exit->result;
}

int kvm_vcpu_run(int vcpu_fd)
{
    struct fake_vcpu *vcpu;
    int result;

    fake_kvm_lock();
    vcpu = fake_vcpu_of_fd(vcpu_fd);
    if (vcpu->vm_fd != FAKE_KVM_FIRST_VM_FD || vcpu->regs.rip == TSC_READ_CODE_GPA) {
        result = run_rdtsc(vcpu);
    } else {
        result = fake_kvm_called("kvm_vcpu_run", " %u", vcpu->index);
        if (result == 0)
            result = play(vcpu);
    }
    fake_kvm_unlock();
    return result;
}

void fake_vcpu_play(unsigned index, struct fake_exit exit)
{
    struct fake_vcpu *vcpu;

    fake_kvm_lock();
    vcpu = fake_vcpu(index);
    assert_true(vcpu->exit_count < FAKE_VCPU_EXITS);
    vcpu->exits[vcpu->exit_count++] = exit;
    set_waiting(vcpu, false);
    eventfd_write(vcpu->more_fd, 1);
    fake_kvm_unlock();
}

static struct fake_exit make(uint32_t reason, bool is_write, uint64_t where, uint32_t size,
                             uint64_t value)
{
    struct fake_exit exit = {
        .reason = reason, .is_write = is_write, .where = where, .size = size, .count = 1};

    memcpy(exit.data, &value, sizeof value);
    return exit;
}

struct fake_exit fake_out(uint16_t port, uint32_t size, uint32_t value)
{
    return make(KVM_EXIT_IO, true, port, size, value);
}

struct fake_exit fake_in(uint16_t port, uint32_t size)
{
    return make(KVM_EXIT_IO, false, port, size, 0);
}

struct fake_exit fake_mmio_write(uint64_t gpa, uint32_t size, uint64_t value)
{
    return make(KVM_EXIT_MMIO, true, gpa, size, value);
}

struct fake_exit fake_mmio_read(uint64_t gpa, uint32_t size)
{
    return make(KVM_EXIT_MMIO, false, gpa, size, 0);
}

struct fake_exit fake_rdmsr(uint32_t msr)
{
    return make(KVM_EXIT_X86_RDMSR, false, msr, 8, 0);
}

struct fake_exit fake_wrmsr(uint32_t msr, uint64_t value)
{
    return make(KVM_EXIT_X86_WRMSR, true, msr, 8, value);
}

struct fake_exit fake_hypercall(uint64_t number, uint64_t rbx, uint64_t rcx)
{
    struct fake_exit exit = make(KVM_EXIT_XEN, false, number, 8, 0);

    exit.rbx = rbx;
    exit.rcx = rcx;
    return exit;
}

struct fake_exit fake_exit_of(uint32_t reason)
{
    return make(reason, false, 0, 0, 0);
}

struct fake_exit fake_run_error(int error)
{
    return (struct fake_exit){.result = -error};
}
