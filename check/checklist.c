/* SPDX-License-Identifier: BSD-2-Clause */
/* See checklist.h. */
#include "check/checklist.h"

#include <string.h>

#include "base/measured.h"
#include "base/text.h"
#include "check/clocksources.h"

/* KVM_FEATURE_CLOCKSOURCE_STABLE_BIT in CPUID 0x40000001 EAX. */
#define KVM_FEATURE_STABLE_BIT (1u << 24)
/* Microseconds in a tick of USER_HZ, which adjtimex says unless somebody slews the clock. */
#define TICK_US 10000

const char *checklist_question(enum checklist_item item)
{
    static const char *const questions[CHECKLIST_COUNT] = {
        [CHECKLIST_APPLICATION] = "which clock does an application read?",
        [CHECKLIST_CHOICE] = "what did the kernel choose, and why?",
        [CHECKLIST_AVAILABLE] = "what was available?",
        [CHECKLIST_UNSTABLE] = "did the kernel call the TSC unstable?",
        [CHECKLIST_NTP] = "does NTP correct the clock?",
        [CHECKLIST_MOVED] = "did the VM stop or move?",
        [CHECKLIST_PARAVIRT] = "is the paravirtual clock exposed?",
    };

    return questions[item];
}

/* As the probe found out; of one that does not say, what Linux does with this clocksource. */
static void answer_application(const struct report *report, struct text *answer)
{
    static const char *const found[] = {
        [READ_BY_VDSO] = "in the vDSO, without a system call",
        [READ_BY_SYSTEM_CALL] = "by a system call",
    };
    const struct clocksource_fact *fact = clocksource_fact_find(report->clocksource);
    const struct source_result *source = report_chosen_source(report);

    text_add(answer, "%s, ", report->clocksource);
    if (source != NULL && source->read_by != READ_BY_UNKNOWN)
        text_add(answer, "%s", found[source->read_by]);
    else
        text_add(answer, "%s",
                 fact != NULL ? fact->read : "of which it is not known whether the vDSO reads it");
    if (source == NULL)
        return;
    text_add(answer, "; a read takes ");
    text_add_duration(answer, (int64_t)source->read_median_ns, false);
}

static void answer_choice(const struct report *report, struct text *answer)
{
    const struct clocksource_fact *fact = clocksource_fact_find(report->clocksource);
    unsigned rating = clocksource_rating(report, report->clocksource);
    bool is_highest = true;

    for (unsigned i = 0; i < report->clocksources.count; i++)
        is_highest =
            is_highest && clocksource_rating(report, report->clocksources.names[i]) <= rating;
    text_add(answer, "%s: ", report->clocksource);
    if (strstr(report->command_line, "clocksource=") != NULL)
        text_add(answer, "clocksource= is on the command line");
    else if (fact == NULL)
        text_add(answer, "no driver of Linux's own");
    else
        text_add(answer, "its rating %u is %s; Linux rates it %s", rating,
                 is_highest ? "the highest of those available" : "NOT the highest available",
                 fact->reason);
}

static void answer_available(const struct report *report, struct text *answer)
{
    for (unsigned i = 0; i < report->clocksources.count; i++) {
        const char *name = report->clocksources.names[i];

        text_add(answer, "%s%s (%u)", i > 0 ? ", " : "", name, clocksource_rating(report, name));
    }
    text_add(answer, ", with their ratings");
}

static void answer_unstable(const struct report *report, struct text *answer)
{
    const char *line = report_find_log(report, "unstable");

    if (line != NULL)
        text_add(answer, "yes: %s", line);
    else if (report->log_clock.count == 0)
        text_add(answer, "not known: the report has no lines of the kernel's log");
    else if (report->log_gaps > 0)
        text_add(answer, "not known: the kernel overwrote lines of its log before they were read");
    else
        text_add(answer, "no");
}

static void answer_ntp(const struct report *report, struct text *answer)
{
    const struct ntp_state *ntp = &report->ntp;

    if (!ntp->known) {
        text_add(answer, "not known: the report does not say what adjtimex says");
        return;
    }
    text_add(answer, "%s: adjtimex says %s, frequency ",
             ntp->synchronized || ntp->frequency_ppb != 0 || ntp->tick_us != TICK_US ||
                     ntp->offset_ns != 0
                 ? "yes"
                 : "no",
             ntp->synchronized ? "synchronized" : "not synchronized");
    text_add_ppb(answer, ntp->frequency_ppb);
    text_add(answer, ", tick %lld us, offset ", (long long)ntp->tick_us);
    text_add_duration(answer, ntp->offset_ns, false);
}

static void answer_moved(const struct report *report, struct text *answer)
{
    const struct ppb *machine = &report->raw_drift.machine;

    if (!report->raw_drift.known) {
        text_add(answer, "not known: the guest did not read the reference device");
        return;
    }
    text_add(answer, "%s: while it was measured, the machine's guest time ran at ",
             measured_is_beyond(machine->value, machine->uncertainty, 0) ? "yes" : "no");
    text_add_ppb(answer, machine->value);
    text_add(answer, " +- ");
    text_add_uncertainty_ppb(answer, machine->uncertainty);
    text_add(answer, " against the host's clock");
}

/*
 * CPUID says that the pages of kvm-clock may be marked TSC_STABLE, not that they are. Whether they
 * are shows where an application reads kvm-clock: the vDSO reads no page without the mark.
 */
static void add_stable(const struct report *report, struct text *answer)
{
    const struct source_result *source = report_chosen_source(report);

    if (!report_has_kvmclock(report))
        return;
    if ((report->kvm_features & KVM_FEATURE_STABLE_BIT) == 0)
        text_add(answer, ", without TSC_STABLE");
    else if (source != NULL && strcmp(source->name, "kvm-clock") == 0 &&
             source->read_by != READ_BY_UNKNOWN)
        text_add(answer, "; its pages %s TSC_STABLE",
                 source->read_by == READ_BY_VDSO ? "say" : "do not say");
}

static void answer_paravirt(const struct report *report, struct text *answer)
{
    if (report->hypervisor[0] == '\0') {
        text_add(answer, "no: CPUID names no hypervisor");
        return;
    }
    text_add(answer, "%s: CPUID names %s, with KVM's features 0x%x",
             report_has_kvmclock(report) ? "yes" : "no", report->hypervisor, report->kvm_features);
    add_stable(report, answer);
}

void checklist_answer(const struct report *report, struct checklist *checklist)
{
    static void (*const answers[])(const struct report *, struct text *) = {
        [CHECKLIST_APPLICATION] = answer_application,
        [CHECKLIST_CHOICE] = answer_choice,
        [CHECKLIST_AVAILABLE] = answer_available,
        [CHECKLIST_UNSTABLE] = answer_unstable,
        [CHECKLIST_NTP] = answer_ntp,
        [CHECKLIST_MOVED] = answer_moved,
        [CHECKLIST_PARAVIRT] = answer_paravirt,
    };

    for (unsigned i = 0; i < CHECKLIST_COUNT; i++) {
        struct text answer;

        text_init(&answer, checklist->answers[i], sizeof checklist->answers[i]);
        answers[i](report, &answer);
    }
}
