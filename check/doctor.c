/* SPDX-License-Identifier: BSD-2-Clause */
/* See doctor.h. One function for each topic. */
#include "check/doctor.h"

#include <string.h>

#define OTHER_HOST "use a host with VMX or SVM, or the lab (docs/lab.md)"
#define NOT_ASKED  "not asked: /dev/kvm is not usable"

static struct doctor_finding *add(struct doctor_report *report, const char *topic,
                                  enum doctor_level level)
{
    struct doctor_finding *finding = &report->findings[report->count++];

    *finding = (struct doctor_finding){.topic = topic, .level = level};
    return finding;
}

static struct text seen_text(struct doctor_finding *finding)
{
    struct text text;

    text_init(&text, finding->seen, sizeof finding->seen);
    return text;
}

static void advise(struct doctor_finding *finding, const char *advice)
{
    struct text text;

    text_init(&text, finding->advice, sizeof finding->advice);
    text_add(&text, "%s", advice);
}

static void say(struct doctor_finding *finding, const char *seen, const char *advice)
{
    struct text text = seen_text(finding);

    text_add(&text, "%s", seen);
    advise(finding, advice);
}

static void judge_kvm(const struct doctor_facts *facts, struct doctor_report *report)
{
    struct doctor_finding *finding =
        add(report, "/dev/kvm", facts->kvm_usable ? DOCTOR_OK : DOCTOR_NO);
    struct text seen = seen_text(finding);

    if (facts->kvm_usable)
        text_add(&seen, "can be opened, for guests of up to %u vCPUs", facts->max_vcpus);
    else
        say(finding, "cannot be used", facts->kvm_problem);
}

/* Without VMX and SVM it is a limit only: whether KVM works all the same is another finding. */
static void judge_hardware(const struct doctor_facts *facts, struct doctor_report *report)
{
    bool any = facts->vmx || facts->svm;
    struct doctor_finding *finding = add(report, "hardware", any ? DOCTOR_OK : DOCTOR_LIMIT);
    struct text seen;

    if (!any)
        advise(finding, "enable virtualization in the firmware, or nested virtualization in the "
                        "hypervisor below");
    seen = seen_text(finding);
    text_add(&seen, "%s", facts->vmx ? "VMX" : facts->svm ? "SVM" : "neither VMX nor SVM");
    if (facts->hypervisor[0] != '\0')
        text_add(&seen, ", in a virtual machine (%s)", facts->hypervisor);
    else
        text_add(&seen, ", on the bare machine");
}

static void judge_absent(const struct doctor_capability *capability, struct doctor_report *report)
{
    struct doctor_finding *finding =
        add(report, "capability", capability->required ? DOCTOR_NO : DOCTOR_LIMIT);
    struct text seen;

    advise(finding, capability->required ? "Linux 5.16 or newer has it" : "Linux boots without it");
    seen = seen_text(finding);
    text_add(&seen, "%s is missing: %s", capability->name, capability->absence);
}

/* Adds a finding for each capability that is missing. */
static void judge_capabilities(const struct doctor_facts *facts, struct doctor_report *report)
{
    struct text seen;
    unsigned present = 0;

    if (!facts->kvm_usable) {
        say(add(report, "capabilities", DOCTOR_UNKNOWN), NOT_ASKED, "");
        return;
    }
    for (unsigned i = 0; i < facts->capability_count; i++)
        present += facts->capabilities[i].present;
    seen = seen_text(add(report, "capabilities", DOCTOR_OK));
    text_add(&seen, "%u of the %u that are used are there", present, facts->capability_count);
    for (unsigned i = 0; i < facts->capability_count; i++)
        if (!facts->capabilities[i].present)
            judge_absent(&facts->capabilities[i], report);
}

/* Adds the names of the instructions with this result; returns how many there are. */
static unsigned add_names(const struct doctor_facts *facts, enum doctor_instruction_result result,
                          const char *before, struct text *text)
{
    unsigned count = 0;

    for (unsigned i = 0; i < facts->instruction_count; i++)
        if (facts->instructions[i].result == result)
            text_add(text, "%s%s", count++ == 0 ? before : ", ", facts->instructions[i].name);
    return count;
}

static void judge_kernel_code(const struct doctor_facts *facts, struct doctor_report *report)
{
    static const struct {
        enum doctor_instruction_result result;
        const char *before;
    } rows[] = {
        {DOCTOR_INSTRUCTION_NOT_RUN, "KVM stops (KVM_EXIT_INTERNAL_ERROR) at "},
        {DOCTOR_INSTRUCTION_FAULTED, "CPUID offers and the guest faults at "},
        {DOCTOR_INSTRUCTION_HUNG, "no end of "},
        {DOCTOR_INSTRUCTION_LOST, "a wrong exit at "},
    };
    struct doctor_finding *finding = add(report, "kernel-mode code", DOCTOR_OK);
    struct text seen = seen_text(finding);
    unsigned failed = 0;

    if (!facts->kvm_usable) {
        finding->level = DOCTOR_UNKNOWN;
        say(finding, NOT_ASKED, "");
        return;
    }
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *before = seen.length_bytes > 0 ? "; " : "";
        char words[64];
        struct text lead;

        text_init(&lead, words, sizeof words);
        text_add(&lead, "%s%s", before, rows[i].before);
        failed += add_names(facts, rows[i].result, words, &seen);
    }
    if (failed == 0) {
        add_names(facts, DOCTOR_INSTRUCTION_RAN, "runs: ", &seen);
        add_names(facts, DOCTOR_INSTRUCTION_NOT_OFFERED, "; not offered by CPUID: ", &seen);
        return;
    }
    finding->level = DOCTOR_NO;
    advise(finding, "stock kernels need them in kernel mode: " OTHER_HOST);
}

static void judge_invariance(const struct doctor_facts *facts, struct doctor_report *report)
{
    if (facts->tsc_invariant)
        say(add(report, "host TSC", DOCTOR_OK), "invariant: constant and nonstop, says CPUID", "");
    else
        say(add(report, "host TSC", DOCTOR_LIMIT), "not invariant, says CPUID",
            "kvm-clock is published without TSC_STABLE, and guest time follows the host's clock "
            "once a second; do not give --invtsc");
}

static void judge_clocksource(const struct doctor_facts *facts, struct doctor_report *report)
{
    bool is_tsc = strcmp(facts->clocksource, "tsc") == 0;
    struct doctor_finding *finding = add(report, "clocksource", is_tsc ? DOCTOR_OK : DOCTOR_LIMIT);
    struct text seen;

    if (!is_tsc)
        advise(finding,
               "kvm-clock is published without TSC_STABLE; the host's kernel log says why it does "
               "not keep time by its TSC");
    seen = seen_text(finding);
    text_add(&seen, "the host keeps time by %s",
             facts->clocksource[0] != '\0' ? facts->clocksource : "a clock that it does not name");
}

static void judge_setting(enum doctor_setting setting, const char *topic, const char *advice,
                          struct doctor_report *report)
{
    static const struct {
        enum doctor_level level;
        const char *seen;
    } rows[] = {
        [DOCTOR_SETTING_NOT_MEASURED] = {DOCTOR_UNKNOWN, "not measured"},
        [DOCTOR_SETTING_EFFECTIVE] = {DOCTOR_OK, "effective, as a guest finds that reads its TSC"},
        [DOCTOR_SETTING_IGNORED] = {DOCTOR_LIMIT, "accepted by KVM and ignored, as a guest finds "
                                                  "that reads its TSC"},
        [DOCTOR_SETTING_REFUSED] = {DOCTOR_LIMIT, "refused by KVM"},
    };

    say(add(report, topic, rows[setting].level), rows[setting].seen,
        rows[setting].level == DOCTOR_LIMIT ? advice : "");
}

static void add_rate(const struct doctor_facts *facts, struct text *seen)
{
    text_add(seen, "%llu.%03llu Hz +- %llu.%03llu ppb, by CLOCK_MONOTONIC_RAW over ",
             (unsigned long long)(facts->tsc_millihz / 1000),
             (unsigned long long)(facts->tsc_millihz % 1000),
             (unsigned long long)(facts->tsc_bound_ppt / 1000),
             (unsigned long long)(facts->tsc_bound_ppt % 1000));
    text_add_duration(seen, facts->tsc_baseline_ns, false);
}

/*
 * A run needs to know the rate to 10 % after some milliseconds. A rate that is known only to 1 %
 * after a tenth of a second will not be: the host's clock then counts jiffies.
 */
static void judge_rate(const struct doctor_facts *facts, struct doctor_report *report)
{
    struct doctor_finding *finding = add(report, "calibration", DOCTOR_OK);
    struct text seen;

    if (facts->tsc_changed_rate) {
        finding->level = DOCTOR_LIMIT;
        say(finding, "the TSC did not keep one rate, or it or the host's clock has stepped",
            "kvm-clock loses TSC_STABLE then; see the host's kernel log, and the hypervisor below");
    } else if (facts->tsc_bound_ppt / 1000 > DOCTOR_USELESS_BOUND_PPB) {
        finding->level = DOCTOR_NO;
        say(finding, "the TSC stands still or runs backwards, or the host's clock is too coarse",
            "guest time needs both: let the host keep time by another clocksource");
    } else {
        seen = seen_text(finding);
        add_rate(facts, &seen);
        if (facts->tsc_bound_ppt / 1000 > DOCTOR_WIDE_BOUND_PPB) {
            finding->level = DOCTOR_LIMIT;
            advise(finding, "the host's clock is coarse or the host busy; the bound "
                            "shrinks as a run goes on");
        }
    }
}

static void judge_ntp(const struct doctor_facts *facts, struct doctor_report *report)
{
    struct doctor_finding *finding = add(report, "NTP", DOCTOR_OK);
    struct text seen;

    if (!facts->ntp_known) {
        finding->level = DOCTOR_UNKNOWN;
        say(finding, "adjtimex does not say", "");
        return;
    }
    if (!facts->ntp_synchronized) {
        finding->level = DOCTOR_LIMIT;
        advise(finding, "the host's date may be off, and with it the guest's: run an NTP "
                        "client on the host");
    }
    seen = seen_text(finding);
    text_add(&seen, "the host's clock is %ssynchronized, frequency ",
             facts->ntp_synchronized ? "" : "not ");
    text_add_ppb(&seen, facts->ntp_frequency_ppb);
    text_add(&seen, ", offset ");
    text_add_duration(&seen, facts->ntp_offset_ns, true);
}

static void judge_sandbox(const struct doctor_facts *facts, struct doctor_report *report)
{
    bool whole = facts->has_seccomp && facts->landlock_version > 0;
    struct doctor_finding *finding = add(report, "sandbox", whole ? DOCTOR_OK : DOCTOR_LIMIT);
    struct text seen = seen_text(finding);

    if (whole)
        text_add(&seen, "seccomp, and Landlock of version %d", facts->landlock_version);
    else if (facts->has_seccomp)
        say(finding, "seccomp without Landlock",
            "a run that saves files could save them anywhere: use a kernel with Landlock (since "
            "Linux 5.13, and in its list lsm=)");
    else
        say(finding, "this kernel has no seccomp",
            "a run has no sandbox: use a kernel with CONFIG_SECCOMP_FILTER");
}

void doctor_judge(const struct doctor_facts *facts, struct doctor_report *report)
{
    report->count = 0;
    judge_kvm(facts, report);
    judge_hardware(facts, report);
    judge_kernel_code(facts, report);
    judge_capabilities(facts, report);
    judge_invariance(facts, report);
    judge_clocksource(facts, report);
    judge_rate(facts, report);
    judge_setting(facts->tsc_offset, "TSC offset",
                  "--tsc offset= has no effect, and the TSC goes on in a pause: " OTHER_HOST,
                  report);
    judge_setting(facts->tsc_scaling, "TSC scaling",
                  "--tsc khz= has no effect; kvm-clock does not need it", report);
    judge_ntp(facts, report);
    judge_sandbox(facts, report);
}

bool doctor_can_boot(const struct doctor_report *report)
{
    for (unsigned i = 0; i < report->count; i++)
        if (report->findings[i].level == DOCTOR_NO)
            return false;
    return true;
}
