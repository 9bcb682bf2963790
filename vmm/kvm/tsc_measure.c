/* SPDX-License-Identifier: BSD-2-Clause */
/* See tsc_measure.h. */
#include "vmm/kvm/tsc_measure.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"

#define CODE_GPA   0x1000
#define PAGE_BYTES 4096
/* Samples of which the narrowest is kept, at either end. */
#define TRIES 8

/* RDTSC; OUT 0xf5, AL; JMP to the RDTSC. */
static const uint8_t read_tsc[TSC_READ_CODE_BYTES] = {0x0f, 0x31, 0xe6, 0xf5, 0xeb, 0xfa};

struct scratch {
    struct kvm kvm;
    void *memory;
    int vcpu_fd;
    struct kvm_run *run;
};

/* SVM's are AMD's and Hygon's; all other makers' CPUs with virtualization have VMX. */
unsigned tsc_host_ratio_bits(void)
{
    uint32_t words[3] = {0}, highest;
    char vendor[sizeof words + 1] = "";

    __get_cpuid(0, &highest, &words[0], &words[2], &words[1]);
    memcpy(vendor, words, sizeof words);
    return strcmp(vendor, "AuthenticAMD") == 0 || strcmp(vendor, "HygonGenuine") == 0
               ? TSC_RATIO_BITS_SVM
               : TSC_RATIO_BITS_VMX;
}

int tsc_settings_apply(int vcpu_fd, const struct tsc_settings *settings, struct tsc_answer *answer)
{
    int khz;

    *answer = (struct tsc_answer){
        .khz_error = settings->khz != 0 ? kvm_vcpu_set_tsc_khz(vcpu_fd, settings->khz) : 0,
        .offset_error = kvm_vcpu_set_tsc_offset(vcpu_fd, settings->offset),
    };
    khz = kvm_vcpu_get_tsc_khz(vcpu_fd);
    if (khz < 0)
        return khz;
    answer->khz = (uint32_t)khz;
    return kvm_vcpu_get_tsc_offset(vcpu_fd, &answer->offset);
}

bool tsc_settings_are(const struct tsc_settings *settings, const struct tsc_answer *answer)
{
    return answer->khz_error == 0 && answer->offset_error == 0 &&
           answer->offset == settings->offset &&
           (settings->khz == 0 || answer->khz == settings->khz);
}

static int load_code(struct scratch *scratch)
{
    struct kvm_regs regs = {.rip = CODE_GPA, .rflags = 2};
    struct kvm_sregs sregs;
    int result;

    memcpy(scratch->memory, read_tsc, sizeof read_tsc);
    result = kvm_vcpu_get_sregs(scratch->vcpu_fd, &sregs);
    if (result < 0)
        return result;
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    result = kvm_vcpu_set_sregs(scratch->vcpu_fd, &sregs);
    return result < 0 ? result : kvm_vcpu_set_regs(scratch->vcpu_fd, &regs);
}

static int scratch_create(struct scratch *scratch, const struct kvm *kvm)
{
    int result;

    *scratch = (struct scratch){.kvm = *kvm, .vcpu_fd = -1};
    scratch->kvm.vm_fd = -1;
    scratch->memory =
        mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (scratch->memory == MAP_FAILED) {
        scratch->memory = NULL;
        log_error("out of memory");
        return -ENOMEM;
    }
    result = kvm_create_vm(&scratch->kvm);
    if (result == 0)
        result = kvm_add_memory(&scratch->kvm, 0, CODE_GPA, PAGE_BYTES, scratch->memory);
    if (result == 0)
        result = kvm_create_vcpu(&scratch->kvm, 0, &scratch->vcpu_fd, &scratch->run);
    return result < 0 ? result : load_code(scratch);
}

/* /dev/kvm itself is the caller's. */
static void scratch_destroy(struct scratch *scratch)
{
    if (scratch->run != NULL)
        kvm_destroy_vcpu(&scratch->kvm, scratch->vcpu_fd, scratch->run);
    scratch->kvm.dev_fd = -1;
    kvm_close(&scratch->kvm);
    if (scratch->memory != NULL)
        munmap(scratch->memory, PAGE_BYTES);
}

/* Kicks and other signals interrupt KVM_RUN. */
static int take_sample(int vcpu_fd, struct kvm_run *run, struct tsc_sample *sample)
{
    struct kvm_regs regs;
    int result;

    do {
        __atomic_store_n(&run->immediate_exit, 0, __ATOMIC_SEQ_CST);
        sample->host_before = host_tsc();
        result = kvm_vcpu_run(vcpu_fd);
        sample->host_after = host_tsc();
    } while (result == -EINTR || result == -EAGAIN);
    if (result == 0 && run->exit_reason != KVM_EXIT_IO)
        result = -ENOTSUP;
    if (result == 0)
        result = kvm_vcpu_get_regs(vcpu_fd, &regs);
    if (result == 0)
        sample->guest = regs.rdx << 32 | (uint32_t)regs.rax;
    return result;
}

static int take_narrowest(const struct scratch *scratch, struct tsc_sample *sample)
{
    struct tsc_sample candidate;
    int result = take_sample(scratch->vcpu_fd, scratch->run, sample);

    for (unsigned i = 1; result == 0 && i < TRIES; i++) {
        result = take_sample(scratch->vcpu_fd, scratch->run, &candidate);
        if (tsc_sample_width(&candidate) < tsc_sample_width(sample))
            *sample = candidate;
    }
    return result;
}

/* The guest runs all the time: a TSC that is only right just after an exit would show. */
static int take_samples(const struct scratch *scratch, struct tsc_samples *samples)
{
    uint64_t end_ns = host_monotonic_ns() + TSC_MEASURE_NS;
    int result = take_narrowest(scratch, &samples->first);

    while (result == 0 && host_monotonic_ns() < end_ns)
        result = take_narrowest(scratch, &samples->last);
    return result == 0 ? take_narrowest(scratch, &samples->last) : result;
}

int tsc_measure(const struct kvm *kvm, const struct tsc_settings *settings,
                struct tsc_measurement *measurement)
{
    struct scratch scratch;
    int result = scratch_create(&scratch, kvm);

    *measurement = (struct tsc_measurement){0};
    if (result == 0)
        result = tsc_settings_apply(scratch.vcpu_fd, settings, &measurement->answer);
    if (result == 0) {
        result = take_samples(&scratch, &measurement->samples);
        if (result < 0)
            log_error("a guest that reads its TSC: KVM_RUN: exit reason %u, %s",
                      scratch.run->exit_reason, strerror(-result));
    }
    scratch_destroy(&scratch);
    return result;
}

int tsc_read_once(int vcpu_fd, struct kvm_run *run, void *code, struct tsc_sample *sample)
{
    struct kvm_regs at_code = {.rip = TSC_READ_CODE_GPA, .rflags = 2};
    struct kvm_regs regs;
    uint8_t bytes[sizeof read_tsc];
    int result = kvm_vcpu_get_regs(vcpu_fd, &regs);

    if (result == 0)
        result = kvm_vcpu_set_regs(vcpu_fd, &at_code);
    if (result < 0)
        return result;
    memcpy(bytes, code, sizeof bytes);
    memcpy(code, read_tsc, sizeof read_tsc);
    result = take_sample(vcpu_fd, run, sample);
    /* KVM finishes an OUT when the vCPU runs again. */
    __atomic_store_n(&run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    kvm_vcpu_run(vcpu_fd);
    memcpy(code, bytes, sizeof bytes);
    return result < 0 ? result : kvm_vcpu_set_regs(vcpu_fd, &regs);
}

enum tsc_verdict tsc_measurement_judge(const struct tsc_measurement *measurement,
                                       const struct tsc_settings *settings,
                                       const struct guest_tsc *tsc)
{
    if (measurement->answer.khz_error != 0 || measurement->answer.offset_error != 0)
        return TSC_REFUSED;
    if (tsc_settings_are(settings, &measurement->answer) &&
        tsc_samples_fit(&measurement->samples, tsc))
        return TSC_EFFECTIVE;
    return TSC_IGNORED;
}
