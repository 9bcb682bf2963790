/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement of `minivmm doctor`: what a host can give a guest, from facts that are an argument.
 * Each finding is what was seen and, if that is less than could be, one line of advice.
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

/* A rate that is less certain after a tenth of a second is a limit, or is refused by a run. */
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

/* What KVM makes of a setting of a guest's TSC, as a guest finds that reads it. */
enum doctor_setting {
    DOCTOR_SETTING_NOT_MEASURED,
    DOCTOR_SETTING_EFFECTIVE,
    DOCTOR_SETTING_IGNORED,
    DOCTOR_SETTING_REFUSED,
};

struct doctor_facts {
    /* /dev/kvm could be opened and answers; else what is wrong, and what to do. */
    bool kvm_usable;
    const char *kvm_problem;
    unsigned max_vcpus;

    /* Of the host's CPUID. */
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

    /* Constant and nonstop, by CPUID. */
    bool tsc_invariant;
    /* Linux's name of the host's clock; empty if it does not tell. */
    const char *clocksource;
    /* The host's TSC by CLOCK_MONOTONIC_RAW; the bound is UINT64_MAX if there is none. */
    uint64_t tsc_millihz;
    uint64_t tsc_bound_ppt;
    int64_t tsc_baseline_ns;
    /* TSC and clock did not run at one rate. */
    bool tsc_changed_rate;

    /* What adjtimex says. */
    bool ntp_known;
    bool ntp_synchronized;
    int64_t ntp_frequency_ppb;
    int64_t ntp_offset_ns;
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

void doctor_judge(const struct doctor_facts *facts, struct doctor_report *report);

/* Whether no finding says that Linux cannot be booted. */
bool doctor_can_boot(const struct doctor_report *report);

/* "ok", "limit", "no" or "n/a". */
const char *doctor_level_word(enum doctor_level level);

/* For people. */
void doctor_write_table(const struct doctor_report *report, struct text *out);

/* As doctor.schema.json describes it. */
void doctor_write_json(const struct doctor_facts *facts, const struct doctor_report *report,
                       struct text *out);

#endif
