/* SPDX-License-Identifier: BSD-2-Clause */
/* See doctor_facts.h. */
#include "vmm/cmd/doctor_facts.h"

#include <assert.h>
#include <cpuid.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vmm/cmd/kernel_probe.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/landlock.h"
#include "vmm/host/sandbox.h"
#include "vmm/kvm/kvm.h"
#include "vmm/kvm/tsc_measure.h"

#define CALIBRATION_STEP_NS (DOCTOR_CALIBRATION_NS / 8)
#define HYPERVISOR_LEAF     0x40000000
#define HAS_HYPERVISOR      (UINT32_C(1) << 31)
#define HAS_VMX             (UINT32_C(1) << 5)
#define HAS_SVM             (UINT32_C(1) << 2)

/* What a hypervisor has put there may be anything. */
static void read_signature(char signature[13])
{
    uint32_t words[3], highest;

    __cpuid(HYPERVISOR_LEAF, highest, words[0], words[1], words[2]);
    memcpy(signature, words, sizeof words);
    signature[sizeof words] = '\0';
    for (char *c = signature; *c != '\0'; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    if (signature[0] == '\0')
        strcpy(signature, "unnamed");
}

static void read_cpu(struct doctor_facts *facts)
{
    unsigned eax, ebx, ecx = 0, edx;

    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) {
        facts->vmx = (ecx & HAS_VMX) != 0;
        if ((ecx & HAS_HYPERVISOR) != 0)
            read_signature(facts->hypervisor);
    }
    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx))
        facts->svm = (ecx & HAS_SVM) != 0;
}

static void read_clocks(struct doctor_host *host)
{
    struct doctor_facts *facts = &host->facts;
    struct host_ntp ntp;

    host_facts_read(&host->clocks);
    facts->tsc_invariant = host->clocks.invariant_tsc;
    facts->clocksource = host->clocks.clocksource;
    host_ntp_read(&ntp);
    facts->ntp_known = ntp.known;
    facts->ntp_synchronized = ntp.synchronized;
    facts->ntp_frequency_ppb = ntp.frequency_ppb;
    facts->ntp_offset_ns = ntp.offset_ns;
}

static void ask_for_sandbox(struct doctor_facts *facts)
{
    facts->has_seccomp = sandbox_is_known();
    facts->landlock_version = landlock_version();
}

static_assert(KVM_CAPABILITY_COUNT <= DOCTOR_CAPABILITIES_MAX, "all have room");

static void ask_capabilities(const struct kvm *kvm, struct doctor_facts *facts)
{
    for (unsigned i = 0; i < KVM_CAPABILITY_COUNT; i++)
        facts->capabilities[i] = (struct doctor_capability){
            .name = kvm_capabilities[i].name,
            .required = kvm_capabilities[i].required,
            .present = kvm_has(kvm, &kvm_capabilities[i]),
            .absence = kvm_capabilities[i].absence,
        };
    facts->capability_count = KVM_CAPABILITY_COUNT;
}

/* A KVM that lacks something, or does not come back, is not asked for more. */
static bool can_measure(const struct doctor_facts *facts)
{
    for (unsigned i = 0; i < facts->instruction_count; i++)
        if (facts->instructions[i].result == DOCTOR_INSTRUCTION_HUNG)
            return false;
    for (unsigned i = 0; i < facts->capability_count; i++)
        if (facts->capabilities[i].required && !facts->capabilities[i].present)
            return false;
    return true;
}

static enum doctor_setting setting_of(enum tsc_verdict verdict)
{
    static const enum doctor_setting settings[] = {[TSC_EFFECTIVE] = DOCTOR_SETTING_EFFECTIVE,
                                                   [TSC_IGNORED] = DOCTOR_SETTING_IGNORED,
                                                   [TSC_REFUSED] = DOCTOR_SETTING_REFUSED};

    return settings[verdict];
}

/* A TSC of this rate, 0 for the host's, that starts at 0 now. */
static enum doctor_setting measure_setting(const struct kvm *kvm, uint32_t khz, uint32_t *host_khz)
{
    struct guest_tsc tsc = {.ratio = TSC_RATIO_ONE};
    struct tsc_measurement measurement;
    struct tsc_settings settings = {.khz = khz};

    if (khz != 0)
        tsc.ratio = tsc_ratio_from_khz(khz, *host_khz, tsc_host_ratio_bits());
    tsc = guest_tsc_set(&tsc, host_tsc(), 0);
    settings.offset = tsc.offset;
    if (tsc_measure(kvm, &settings, &measurement) < 0)
        return DOCTOR_SETTING_NOT_MEASURED;
    if (khz == 0)
        *host_khz = measurement.answer.khz;
    return setting_of(tsc_measurement_judge(&measurement, &settings, &tsc));
}

/* A lower rate: a higher one KVM can feign by catching up at each exit. */
static void measure_tsc(const struct kvm *kvm, struct doctor_facts *facts)
{
    uint32_t host_khz = 0;

    facts->tsc_offset = measure_setting(kvm, 0, &host_khz);
    if (host_khz != 0)
        facts->tsc_scaling = measure_setting(kvm, host_khz / 4 * 3, &host_khz);
}

static int look_at_kvm(struct doctor_host *host)
{
    struct doctor_facts *facts = &host->facts;
    struct kvm kvm;
    int result = kvm_open_device(&kvm);

    facts->kvm_problem = host->kvm_problem;
    if (result < 0) {
        kvm_access_describe(-result, host->kvm_problem, sizeof host->kvm_problem);
        return 0;
    }
    result = kvm_ask_device(&kvm);
    facts->kvm_usable = result == 0;
    if (result < 0) {
        snprintf(host->kvm_problem, sizeof host->kvm_problem,
                 KVM_DEVICE " does not answer as KVM does (%s): load kvm-intel or kvm-amd",
                 strerror(-result));
        result = 0;
    } else {
        facts->max_vcpus = kvm.max_vcpus;
        ask_capabilities(&kvm, facts);
        result = kernel_probe(&kvm, facts);
        if (result == 0 && can_measure(facts))
            measure_tsc(&kvm, facts);
    }
    kvm_close(&kvm);
    return result;
}

/* With a few readings on the way: a TSC that changes its rate contradicts itself. */
static void calibrate(struct doctor_facts *facts, const struct host_facts *clocks,
                      const struct clock_bracket *start)
{
    struct calibration calibration;
    struct timespec until;
    struct clock_bracket bracket = *start;

    calibration_init(&calibration, host_facts_resolution_ns(clocks), start);
    while (bracket.clock_ns - start->clock_ns < DOCTOR_CALIBRATION_NS) {
        until = host_monotonic_after(CALIBRATION_STEP_NS);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        bracket = host_clock_bracket(CLOCK_MONOTONIC_RAW);
        if (!calibration_add(&calibration, &bracket))
            facts->tsc_changed_rate = true;
    }
    facts->tsc_bound_ppt = calibration_bound_ppt(&calibration);
    if (facts->tsc_bound_ppt != UINT64_MAX)
        facts->tsc_millihz = calibration_tsc_millihz(&calibration);
    facts->tsc_baseline_ns = (int64_t)calibration_baseline_ns(&calibration);
}

int doctor_facts_collect(struct doctor_host *host, const struct clock_bracket *start)
{
    int result;

    *host = (struct doctor_host){0};
    read_cpu(&host->facts);
    read_clocks(host);
    ask_for_sandbox(&host->facts);
    result = look_at_kvm(host);
    if (result == 0)
        calibrate(&host->facts, &host->clocks, start);
    return result;
}
