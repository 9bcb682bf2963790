/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_vcpu.h: a vCPU's state, and what KVM is told of it. */
#include "tests/unit/fake_vcpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_run.h"
#include "tests/unit/unit.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_stats.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/tsc_measure.h"

#define FIRST_FD 2000000
/* Those of the first VM, and one to measure with. */
#define VCPUS (FAKE_KVM_MAX_VCPUS + 1)

typedef unsigned long long ull;

static struct fake_vcpu vcpus[VCPUS];

/* What is left of a test that failed. */
void fake_vcpus_reset(void)
{
    for (unsigned i = 0; i < VCPUS; i++)
        if (vcpus[i].exists) {
            free(vcpus[i].run);
            close(vcpus[i].more_fd);
            vcpus[i].exists = false;
        }
}

struct fake_vcpu *fake_vcpu_of_fd(int fd)
{
    assert_in_range(fd - FIRST_FD, 0, VCPUS - 1);
    assert_true(vcpus[fd - FIRST_FD].exists);
    return &vcpus[fd - FIRST_FD];
}

unsigned fake_vcpu_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < VCPUS; i++)
        count += vcpus[i].exists;
    return count;
}

struct fake_vcpu *fake_vcpu(unsigned index)
{
    for (unsigned i = 0; i < VCPUS; i++)
        if (vcpus[i].exists && vcpus[i].vm_fd == FAKE_KVM_FIRST_VM_FD && vcpus[i].index == index)
            return &vcpus[i];
    fail_msg("there is no vCPU %u", index);
    return NULL;
}

/* Under the lock: notes the call, unless it is of a VM that measures. */
#define CALLED(vcpu, name, format, ...)                                                            \
    ((vcpu)->vm_fd == FAKE_KVM_FIRST_VM_FD                                                         \
         ? fake_kvm_called(name, " %u" format, (vcpu)->index, ##__VA_ARGS__)                       \
         : fake_kvm_failure(name))

/* The end of a call: a failure has a line. */
static int done(const char *name, int result)
{
    fake_kvm_unlock();
    if (result < 0)
        log_error("%s: %s", name, strerror(-result));
    return result;
}

static struct fake_vcpu *begin(int fd)
{
    fake_kvm_lock();
    return fake_vcpu_of_fd(fd);
}

int kvm_create_vcpu(struct kvm *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run)
{
    unsigned slot = 0;
    int result = 0;

    fake_kvm_lock();
    if (kvm->vm_fd == FAKE_KVM_FIRST_VM_FD)
        result = fake_kvm_called("kvm_create_vcpu", " %u", index);
    if (result < 0)
        return done("kvm_create_vcpu", result);
    while (slot < VCPUS - 1 && vcpus[slot].exists)
        slot++;
    assert_false(vcpus[slot].exists);
    vcpus[slot] = (struct fake_vcpu){
        .vm_fd = kvm->vm_fd,
        .index = index,
        .exists = true,
        .run = calloc(1, FAKE_KVM_RUN_BYTES),
        .tsc_offset = -host_tsc(),
        .more_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    *vcpu_fd = FIRST_FD + (int)slot;
    *run = vcpus[slot].run;
    fake_kvm_unlock();
    return 0;
}

void kvm_destroy_vcpu(struct kvm *kvm, int vcpu_fd, struct kvm_run *run)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    (void)kvm;
    assert_ptr_equal(run, vcpu->run);
    free(run);
    close(vcpu->more_fd);
    vcpu->exists = false;
    fake_kvm_unlock();
}

int kvm_vcpu_set_cpuid(int vcpu_fd, struct kvm_cpuid2 *table)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    assert_in_range(table->nent, 0, FAKE_VCPU_CPUID);
    vcpu->cpuid_entries = table->nent;
    memcpy(vcpu->cpuid, table->entries, table->nent * sizeof table->entries[0]);
    return done("kvm_vcpu_set_cpuid", CALLED(vcpu, "kvm_vcpu_set_cpuid", "%s", ""));
}

int kvm_vcpu_get_regs(int vcpu_fd, struct kvm_regs *regs)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *regs = vcpu->regs;
    return done("kvm_vcpu_get_regs", CALLED(vcpu, "kvm_vcpu_get_regs", "%s", ""));
}

int kvm_vcpu_get_mp_state(int vcpu_fd, uint32_t *state)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *state = vcpu->mp_state.mp_state;
    return done("kvm_vcpu_get_mp_state", CALLED(vcpu, "kvm_vcpu_get_mp_state", "%s", ""));
}

int kvm_vcpu_set_mp_state(int vcpu_fd, uint32_t state)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    vcpu->mp_state.mp_state = state;
    return done("kvm_vcpu_set_mp_state", CALLED(vcpu, "kvm_vcpu_set_mp_state", "%u", state));
}

int kvm_vcpu_set_regs(int vcpu_fd, const struct kvm_regs *regs)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    vcpu->regs = *regs;
    return done("kvm_vcpu_set_regs", CALLED(vcpu, "kvm_vcpu_set_regs", "%s", ""));
}

int kvm_vcpu_get_sregs(int vcpu_fd, struct kvm_sregs *sregs)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *sregs = vcpu->sregs;
    return done("kvm_vcpu_get_sregs", CALLED(vcpu, "kvm_vcpu_get_sregs", "%s", ""));
}

int kvm_vcpu_set_sregs(int vcpu_fd, struct kvm_sregs *sregs)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    vcpu->sregs = *sregs;
    return done("kvm_vcpu_set_sregs", CALLED(vcpu, "kvm_vcpu_set_sregs", "%s", ""));
}

int kvm_vcpu_set_firmware_msrs(int vcpu_fd)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    return done("kvm_vcpu_set_firmware_msrs", CALLED(vcpu, "kvm_vcpu_set_firmware_msrs", "%s", ""));
}

int kvm_vcpu_get_tsc_offset(int vcpu_fd, uint64_t *offset_tsc)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *offset_tsc = vcpu->tsc_offset;
    return done("kvm_vcpu_get_tsc_offset", CALLED(vcpu, "kvm_vcpu_get_tsc_offset", "%s", ""));
}

int kvm_vcpu_get_tsc_khz(int vcpu_fd)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);
    uint32_t khz = vcpu->tsc_khz != 0 ? vcpu->tsc_khz : fake_kvm.host_khz;
    int result = CALLED(vcpu, "kvm_vcpu_get_tsc_khz", "%s", "");

    return done("kvm_vcpu_get_tsc_khz", result < 0 ? result : (int)khz);
}

int kvm_vcpu_set_tsc_offset(int vcpu_fd, uint64_t offset_tsc)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);
    int result = CALLED(vcpu, "kvm_vcpu_set_tsc_offset", " %lld", (long long)offset_tsc);

    if (result == 0)
        vcpu->tsc_offset = offset_tsc;
    fake_kvm_unlock();
    fake_clock_pass_ns(fake_kvm.tsc_offset_call_ns);
    return result;
}

int kvm_vcpu_set_tsc_khz(int vcpu_fd, uint32_t khz)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);
    int result = CALLED(vcpu, "kvm_vcpu_set_tsc_khz", " %u", khz);

    if (result == 0)
        vcpu->tsc_khz = khz;
    fake_kvm_unlock();
    return result;
}

uint64_t *fake_vcpu_find_msr(struct fake_vcpu *vcpu, uint32_t msr)
{
    for (unsigned i = 0; i < vcpu->msr_count; i++)
        if (vcpu->msrs[i].index == msr)
            return &vcpu->msrs[i].value;
    assert_true(vcpu->msr_count < FAKE_VCPU_MSRS);
    vcpu->msrs[vcpu->msr_count].index = msr;
    vcpu->msrs[vcpu->msr_count].value = 0;
    return &vcpu->msrs[vcpu->msr_count++].value;
}

uint64_t fake_vcpu_msr(unsigned index, uint32_t msr)
{
    return *fake_vcpu_find_msr(fake_vcpu(index), msr);
}

int kvm_vcpu_get_msr(int vcpu_fd, uint32_t msr, uint64_t *value)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *value = *fake_vcpu_find_msr(vcpu, msr);
    return done("kvm_vcpu_get_msr", CALLED(vcpu, "kvm_vcpu_get_msr", " 0x%x", msr));
}

int kvm_vcpu_set_msr(int vcpu_fd, uint32_t msr, uint64_t value)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);
    int result = CALLED(vcpu, "kvm_vcpu_set_msr", " 0x%x %llu", msr, (ull)value);

    if (result == 0)
        *fake_vcpu_find_msr(vcpu, msr) = value;
    return done("kvm_vcpu_set_msr", result);
}

int kvm_vcpu_get_lapic(int vcpu_fd, struct kvm_lapic_state *state)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *state = vcpu->lapic;
    return done("kvm_vcpu_get_lapic", CALLED(vcpu, "kvm_vcpu_get_lapic", "%s", ""));
}

int kvm_vcpu_set_lapic(int vcpu_fd, const struct kvm_lapic_state *state)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    vcpu->lapic = *state;
    return done("kvm_vcpu_set_lapic", CALLED(vcpu, "kvm_vcpu_set_lapic", "%s", ""));
}

int kvm_vcpu_get_events(int vcpu_fd, struct kvm_vcpu_events *events)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    *events = vcpu->events;
    return done("kvm_vcpu_get_events", CALLED(vcpu, "kvm_vcpu_get_events", "%s", ""));
}

int kvm_halt_stat_open(struct kvm_halt_stat *stat, int vcpu_fd)
{
    stat->fd = fake_kvm.tells_halted ? vcpu_fd : -1;
    return fake_kvm.tells_halted ? 0 : -ENOENT;
}

bool kvm_halt_stat_read(const struct kvm_halt_stat *stat)
{
    bool halted = begin(stat->fd)->halted;

    fake_kvm_unlock();
    return halted;
}

bool kvm_halt_stat_count(const struct kvm_halt_stat *stat, uint64_t *count)
{
    *count = begin(stat->fd)->halt_count;
    fake_kvm_unlock();
    return true;
}

void kvm_halt_stat_close(struct kvm_halt_stat *stat)
{
    stat->fd = -1;
}

void kvm_vcpu_guest_stopped(int vcpu_fd)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    vcpu->guest_stopped = true;
    done("kvm_vcpu_guest_stopped", CALLED(vcpu, "kvm_vcpu_guest_stopped", "%s", ""));
}

int kvm_vcpu_nmi(int vcpu_fd)
{
    struct fake_vcpu *vcpu = begin(vcpu_fd);

    return done("kvm_vcpu_nmi", CALLED(vcpu, "kvm_vcpu_nmi", "%s", ""));
}

bool kvm_vcpu_translate(int vcpu_fd, uint64_t linear, uint64_t *gpa)
{
    fake_vcpu_of_fd(vcpu_fd);
    *gpa = linear;
    return linear < fake_kvm.mapped_bytes;
}

uint64_t fake_vcpu_read_tsc(const struct fake_vcpu *vcpu)
{
    struct guest_tsc tsc = {.ratio = TSC_RATIO_ONE};

    if (vcpu->tsc_khz != 0 && !fake_kvm.ignores_tsc_khz)
        tsc.ratio = tsc_ratio_from_khz(vcpu->tsc_khz, fake_kvm.host_khz, tsc_host_ratio_bits());
    if (!fake_kvm.ignores_tsc_offsets)
        tsc.offset = vcpu->tsc_offset;
    return guest_tsc_at(&tsc, host_tsc());
}

uint64_t fake_vcpu_tsc(unsigned index)
{
    return fake_vcpu_read_tsc(fake_vcpu(index));
}
