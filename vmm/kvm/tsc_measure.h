/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest's TSC really does: settings are made on the only vCPU of a VM of its own, which then
 * reads its TSC between readings of the host's.
 *
 * That KVM takes a rate or an offset, and that it reads back, proves nothing: KVMs are in use that
 * do both and change nothing, and one without scaling hardware takes a higher rate and catches up
 * with it at each exit. So this asks a guest. Its code is RDTSC and OUT in real mode, so each
 * sample is one exit: from 6 us on common hardware to 100 us in the SVM lab, which is how well an
 * offset is known; tsc_samples.h says what that means for a rate. All in all it takes
 * TSC_MEASURE_NS and as long as a VM takes to make.
 *
 * Whether offsets take effect at all is known for less: every vCPU has one from the beginning, by
 * which its TSC starts at 0. tsc_read_once has the vCPU itself read its TSC before it runs anything
 * else, which takes one exit.
 */
#ifndef VMM_KVM_TSC_MEASURE_H
#define VMM_KVM_TSC_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/tsc_samples.h"
#include "vmm/kvm/kvm.h"

#define TSC_MEASURE_NS 4000000

struct tsc_settings {
    /* 0: as KVM makes it, the host's. */
    uint32_t khz;
    uint64_t offset;
};

/* What KVM said to settings: 0 or a negative errno, and what it reads back. */
struct tsc_answer {
    int khz_error;
    int offset_error;
    uint32_t khz;
    uint64_t offset;
};

struct tsc_measurement {
    struct tsc_answer answer;
    struct tsc_samples samples;
};

enum tsc_verdict { TSC_EFFECTIVE, TSC_IGNORED, TSC_REFUSED };

/* Bits behind the point of the ratio by which this host's CPU scales; see guest_tsc.h. */
unsigned tsc_host_ratio_bits(void);

/*
 * Makes the settings on a vCPU, which has not run if a rate is among them, and reads them back. 0,
 * or a negative errno after an error line if they cannot be read.
 */
int tsc_settings_apply(int vcpu_fd, const struct tsc_settings *settings, struct tsc_answer *answer);

/* Whether KVM has refused nothing, and reads back what was set. */
bool tsc_settings_are(const struct tsc_settings *settings, const struct tsc_answer *answer);

/*
 * Makes the settings on a vCPU of a VM of its own and measures. kvm is open; its own VM, if it has
 * one, is left alone. 0, or a negative errno after an error line, with nothing left behind.
 */
int tsc_measure(const struct kvm *kvm, const struct tsc_settings *settings,
                struct tsc_measurement *measurement);

/* Where tsc_read_once has its code: a page that the loaders use as well, so none more is touched.
 */
#define TSC_READ_CODE_GPA   0x7000
#define TSC_READ_CODE_BYTES 6

/*
 * One sample of a vCPU that stands at a kernel's entry (boot/cpu_state.h: flat segments, RAM mapped
 * one to one) and has run nothing yet. code is its RAM at TSC_READ_CODE_GPA. Registers and RAM are
 * put back. immediate_exit is left set, so that the next KVM_RUN finds out about a kick (vcpu_kick)
 * that came meanwhile. 0, or a negative errno and no line.
 */
int tsc_read_once(int vcpu_fd, struct kvm_run *run, void *code, struct tsc_sample *sample);

/* tsc is what the settings make if they take effect. */
enum tsc_verdict tsc_measurement_judge(const struct tsc_measurement *measurement,
                                       const struct tsc_settings *settings,
                                       const struct guest_tsc *tsc);

#endif
