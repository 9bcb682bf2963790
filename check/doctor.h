/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement of `minivmm doctor`: what a host can give a guest. The facts are an argument;
 * nothing here asks the host. A finding says what was seen and, if it could be better, gives one
 * line of advice.
 */
#ifndef CHECK_DOCTOR_H
#define CHECK_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"

#define DOCTOR_SCHEMA           "minivmm-doctor-1"
#define DOCTOR_CAPABILITIES_MAX 24
#define DOCTOR_INSTRUCTIONS_MAX 16
#define DOCTOR_TEXT_BYTES       320
#define DOCTOR_FINDINGS_MAX     (12 + DOCTOR_CAPABILITIES_MAX)
#define DOCTOR_DOCUMENT_BYTES   (64 * 1024)

/*
 * How uncertain the TSC's rate may be after a tenth of a second: above the first bound it is a
 * limit, above the second a run refuses it.
 */
#define DOCTOR_WIDE_BOUND_PPB    10000
#define DOCTOR_USELESS_BOUND_PPB 10000000

struct doctor_capability {
    const char *name;
    bool required;
    bool present;
    /* What a run is like without it. */
    const char *absence;
};

/* What became of an instruction in 64-bit kernel mode. */
enum doctor_instruction_result {
    DOCTOR_INSTRUCTION_RAN,
    DOCTOR_INSTRUCTION_NOT_OFFERED, /* by CPUID: no kernel uses it */
    DOCTOR_INSTRUCTION_NOT_RUN,     /* KVM cannot: KVM_EXIT_INTERNAL_ERROR */
    DOCTOR_INSTRUCTION_FAULTED,     /* an exception, though CPUID offers it */
    DOCTOR_INSTRUCTION_HUNG,        /* did not end */
    DOCTOR_INSTRUCTION_LOST,        /* another exit */
};

struct doctor_instruction {
    const char *name;
    enum doctor_instruction_result result;
};

/* What KVM makes of a setting of a guest's TSC, as seen by a guest that reads its TSC. */
enum doctor_setting {
    DOCTOR_SETTING_NOT_MEASURED,
    DOCTOR_SETTING_EFFECTIVE,
    DOCTOR_SETTING_IGNORED,
    DOCTOR_SETTING_REFUSED,
};

struct doctor_facts {
    /* /dev/kvm could be opened, and answers. */
    bool kvm_usable;
    /* If not: what is wrong, and what to do. */
    const char *kvm_problem;
    unsigned max_vcpus;

    /* From the host's CPUID. */
    bool vmx;
    bool svm;
    /* The signature of the hypervisor below; empty if there is none. */
    char hypervisor[13];

    /* With kvm_usable only. */
    struct doctor_capability capabilities[DOCTOR_CAPABILITIES_MAX];
    unsigned capability_count;
    struct doctor_instruction instructions[DOCTOR_INSTRUCTIONS_MAX];
    unsigned instruction_count;
    enum doctor_setting tsc_offset;
    enum doctor_setting tsc_scaling;

    /* The TSC is invariant, by CPUID: its rate is constant, and it does not stop. */
    bool tsc_invariant;
    /* The host's clocksource, as Linux names it; empty if Linux does not tell. */
    const char *clocksource;
    /*
     * The rate of the host's TSC, measured against CLOCK_MONOTONIC_RAW; how uncertain it is, in
     * parts per 10^12, or UINT64_MAX if no bound is known; and how long was measured.
     */
    uint64_t tsc_millihz;
    uint64_t tsc_bound_ppt;
    int64_t tsc_baseline_ns;
    /* During the measurement the rate changed. */
    bool tsc_changed_rate;

    /* What adjtimex says; known: it could be asked. */
    bool ntp_known;
    bool ntp_synchronized;
    int64_t ntp_frequency_ppb;
    int64_t ntp_offset_ns;

    /* What a run's sandbox is made of; a version of 0: there is no Landlock. */
    bool has_seccomp;
    int landlock_version;
};

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_LIMIT,   /* Linux boots, and something is less good */
    DOCTOR_NO,      /* Linux cannot be booted */
    DOCTOR_UNKNOWN, /* it could not be asked */
};

struct doctor_finding {
    const char *topic;
    enum doctor_level level;
    char seen[DOCTOR_TEXT_BYTES];
    /* Empty with DOCTOR_OK and DOCTOR_UNKNOWN. */
    char advice[DOCTOR_TEXT_BYTES];
};

struct doctor_report {
    struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
    unsigned count;
};

/* Judges all facts. The findings come in a fixed order, so two reports can be compared. */
void doctor_judge(const struct doctor_facts *facts, struct doctor_report *report);

/* Whether Linux can be booted: no finding is DOCTOR_NO. */
bool doctor_can_boot(const struct doctor_report *report);

/* The word for a level: "ok", "limit", "no" or "n/a". */
const char *doctor_level_word(enum doctor_level level);

/* Appends the findings as a table for people. */
void doctor_write_table(const struct doctor_report *report, struct text *out);

/* Appends facts and findings as the JSON document that doctor.schema.json describes. */
void doctor_write_json(const struct doctor_facts *facts, const struct doctor_report *report,
                       struct text *out);

#endif
