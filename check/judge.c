/* SPDX-License-Identifier: BSD-2-Clause */
/* See judge.h. One function for each kind of expectation; why_not.c finds out the cause. */
#include "check/judge.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/measured.h"
#include "base/text.h"
#include "check/clocksources.h"
#include "check/model.h"
#include "check/why_not.h"

struct judgement {
    const struct expectation *expectation;
    const struct report *report;
    const struct judge_facts *facts;
    struct verdict *verdict;
    struct text seen;
};

static void fail(struct judgement *judgement, enum cause_id cause)
{
    judgement->verdict->result = VERDICT_FAILED;
    judgement->verdict->cause = cause_of(cause);
}

/* A value above INT64_MAX is no measurement: it stands for "at least so much". */
static void number(struct judgement *judgement, const char *name, uint64_t value)
{
    struct verdict *verdict = judgement->verdict;

    assert(verdict->number_count < VERDICT_MAX_NUMBERS);
    verdict->numbers[verdict->number_count++] =
        (struct verdict_number){name, value <= INT64_MAX ? (int64_t)value : INT64_MAX};
}

static void signed_number(struct judgement *judgement, const char *name, int64_t value)
{
    number(judgement, name, 0);
    judgement->verdict->numbers[judgement->verdict->number_count - 1].value = value;
}

static void see_names(struct text *seen, const struct name_list *names)
{
    for (unsigned i = 0; i < names->count; i++)
        text_add(seen, "%s%s", i > 0 ? "," : "", names->names[i]);
}

static void judge_model(struct judgement *judgement)
{
    const struct report *report = judgement->report;
    const struct model_choice *choice = model_choose(&judgement->facts->machine, report);

    text_add(&judgement->seen, "%s; the model says %s, %s", report->clocksource, choice->name,
             choice->reason);
    if (strcmp(report->clocksource, choice->name) != 0)
        fail(judgement, CAUSE_MODEL);
}

static void judge_clocksource(struct judgement *judgement)
{
    const struct report *report = judgement->report;
    const char *wanted = judgement->expectation->names.names[0];

    if (strcmp(wanted, MODEL_NAME) == 0) {
        judge_model(judgement);
        return;
    }
    text_add(&judgement->seen, "%s (available: ", report->clocksource);
    see_names(&judgement->seen, &report->clocksources);
    text_add(&judgement->seen, ")");
    if (strcmp(report->clocksource, wanted) != 0)
        fail(judgement, why_not_chosen(report, wanted));
}

static void judge_available(struct judgement *judgement)
{
    const struct name_list *wanted = &judgement->expectation->names;
    const struct report *report = judgement->report;

    see_names(&judgement->seen, &report->clocksources);
    for (unsigned i = wanted->count; i-- > 0;)
        if (!name_list_has(&report->clocksources, wanted->names[i])) {
            text_add(&judgement->seen, "; no %s", wanted->names[i]);
            fail(judgement, why_not_available(report, wanted->names[i]));
        }
}

static void judge_clockevent(struct judgement *judgement)
{
    const struct report *report = judgement->report;
    const char *wanted = judgement->expectation->names.names[0];
    unsigned cpus = 0;

    for (unsigned i = 0; i < report->event_count; i++) {
        const struct clockevent *event = &report->events[i];

        if (strcmp(event->name, "broadcast") == 0)
            continue;
        cpus++;
        if (strcmp(event->device, wanted) == 0)
            continue;
        text_add(&judgement->seen, "%s%s on %s", judgement->seen.length_bytes > 0 ? ", " : "",
                 event->device, event->name);
        fail(judgement, why_not_event(wanted));
    }
    if (cpus == 0)
        fail(judgement, CAUSE_NO_EVENTS);
    if (judgement->seen.length_bytes == 0)
        text_add(&judgement->seen, cpus == 0 ? "none" : "%s on %u CPUs", wanted, cpus);
}

static void judge_broadcast(struct judgement *judgement)
{
    const struct report *report = judgement->report;
    const char *device = "none";

    for (unsigned i = 0; i < report->event_count; i++)
        if (strcmp(report->events[i].name, "broadcast") == 0 && report->events[i].device[0] != '\0')
            device = report->events[i].device;
    text_add(&judgement->seen, "%s", device);
    if (report->event_count == 0)
        fail(judgement, CAUSE_NO_EVENTS);
    else if (strcmp(device, judgement->expectation->names.names[0]) != 0)
        fail(judgement, CAUSE_EVENT_BROADCAST);
}

static void judge_cpus(struct judgement *judgement)
{
    text_add(&judgement->seen, "%u of %u vCPUs are online", judgement->report->cpus_online,
             judgement->facts->machine.cpu_count);
    number(judgement, "online_cpus", judgement->report->cpus_online);
    number(judgement, "expected_cpus", judgement->expectation->limit);
    if (judgement->report->cpus_online != judgement->expectation->limit)
        fail(judgement, CAUSE_CPUS_OFFLINE);
}

static void judge_drift(struct judgement *judgement)
{
    const struct drift *drift = &judgement->report->raw_drift;
    uint64_t limit_ppb = judgement->expectation->limit;

    number(judgement, "limit_ppb", limit_ppb);
    if (!drift->known) {
        text_add(&judgement->seen, "no rate against the host");
        fail(judgement, CAUSE_NO_REFERENCE);
        return;
    }
    text_add_ppb(&judgement->seen, drift->best.value);
    text_add(&judgement->seen, " +- ");
    text_add_uncertainty_ppb(&judgement->seen, drift->best.uncertainty);
    signed_number(judgement, "rate_ppb", drift->best.value);
    number(judgement, "uncertainty_ppb", drift->best.uncertainty);
    if (!measured_is_within(drift->best.value, drift->best.uncertainty, limit_ppb))
        fail(judgement, why_not_rate(judgement->report, limit_ppb));
}

static void judge_monotonic(struct judgement *judgement)
{
    const struct source_result *source = report_chosen_source(judgement->report);

    if (source == NULL || source->reads == 0) {
        text_add(&judgement->seen, "not measured");
        fail(judgement, CAUSE_NOT_MEASURED);
        return;
    }
    text_add(&judgement->seen, "%s went back %" PRIu64 " times in %" PRIu64 " reads", source->name,
             source->backwards, source->reads);
    number(judgement, "backwards_count", source->backwards);
    number(judgement, "backwards_max_ns", source->backwards_max_ns);
    number(judgement, "read_count", source->reads);
    number(judgement, "cross_cpu_read_count", source->cross_cpu_reads);
    if (judgement->report->cpus_online > 1)
        text_add(&judgement->seen, ", %" PRIu64 " of them across CPUs", source->cross_cpu_reads);
    if (source->backwards == 0)
        return;
    text_add(&judgement->seen, ", by up to ");
    text_add_duration(&judgement->seen, (int64_t)source->backwards_max_ns, false);
    fail(judgement,
         judgement->report->cpus_online > 1 ? CAUSE_BACK_ACROSS_CPUS : CAUSE_BACK_ON_ONE_CPU);
}

static void judge_realtime(struct judgement *judgement)
{
    const struct offset *offset = &judgement->report->realtime_minus_host;

    if (judgement->facts->machine.other_date || judgement->facts->machine.date_stood_still) {
        text_add(&judgement->seen, judgement->facts->machine.other_date
                                       ? "the guest has another date than the host"
                                       : "the guest's date stood still since the save");
        judgement->verdict->result = VERDICT_NOT_APPLICABLE;
        return;
    }
    if (!offset->known) {
        text_add(&judgement->seen, "not compared with the host's");
        fail(judgement, CAUSE_NO_REFERENCE);
        return;
    }
    number(judgement, "limit_ns", judgement->expectation->limit);
    signed_number(judgement, "difference_ns", offset->value_ns);
    number(judgement, "uncertainty_ns", offset->uncertainty_ns);
    text_add_duration(&judgement->seen, offset->value_ns, true);
    text_add(&judgement->seen, " +- ");
    text_add_duration(&judgement->seen, (int64_t)offset->uncertainty_ns, false);
    if (!measured_is_within(offset->value_ns, offset->uncertainty_ns,
                            judgement->expectation->limit))
        fail(judgement, why_not_realtime(offset, judgement->expectation->limit));
}

/*
 * Fails if there is a line that must not be there (NULL: none was found), or if lines are missing.
 */
static void judge_line(struct judgement *judgement, const char *line, enum cause_id cause)
{
    const struct report *report = judgement->report;
    unsigned left_out = report_log_left_out(report);

    if (line != NULL) {
        text_add(&judgement->seen, "%s", line);
        fail(judgement, cause);
    } else if (left_out > 0) {
        text_add(&judgement->seen, "%u lines are not in the report", left_out);
        fail(judgement, CAUSE_LOG_CUT);
    } else if (!report->log_read || report->log_gaps > 0) {
        text_add(&judgement->seen, report->log_read ? "no such line, but not all were read"
                                                    : "the kernel's log is not in the report");
        fail(judgement, CAUSE_LOG_NOT_READ);
    } else {
        text_add(&judgement->seen, "no such line");
    }
}

static void judge_dmesg(struct judgement *judgement)
{
    const char *word = judgement->expectation->text + judgement->expectation->word_offset;

    judge_line(judgement, report_find_log(judgement->report, word), CAUSE_LOG_LINE);
}

static void judge_stable(struct judgement *judgement)
{
    judge_line(judgement, report_find_unstable(judgement->report), CAUSE_TSC_UNSTABLE);
}

/* Names the first check that has failed, and counts the others. */
static void judge_checks(struct judgement *judgement)
{
    const struct report *report = judgement->report;
    unsigned failed = 0;

    for (unsigned i = 0; i < report->check_count; i++) {
        const struct check *check = &report->checks[i];

        if (check->result == CHECK_FAIL && failed++ == 0) {
            text_add(&judgement->seen, "%s: %s; ", check->name, check->detail);
            fail(judgement, why_not_check(check->name));
        }
    }
    number(judgement, "failed_count", failed);
    number(judgement, "check_count", report->check_count);
    text_add(&judgement->seen, "%u of %u failed", failed, report->check_count);
    if (report->check_count == 0)
        fail(judgement, CAUSE_NOT_MEASURED);
}

static void judge_boot(struct judgement *judgement)
{
    uint64_t boot_ns = judgement->facts->boot_ns;

    if (boot_ns == 0) {
        text_add(&judgement->seen, "not known");
        fail(judgement, CAUSE_BOOT_UNKNOWN);
        return;
    }
    number(judgement, "boot_ns", boot_ns);
    number(judgement, "limit_ns", judgement->expectation->limit);
    text_add_duration(&judgement->seen, (int64_t)boot_ns, false);
    if (boot_ns > judgement->expectation->limit)
        fail(judgement, CAUSE_BOOT_SLOW);
}

void judge(const struct expectation_list *expectations, const struct report *report,
           const struct judge_facts *facts, struct verdict_list *verdicts)
{
    static void (*const judges[])(struct judgement *) = {
        [EXPECT_CLOCKSOURCE] = judge_clocksource,
        [EXPECT_AVAILABLE] = judge_available,
        [EXPECT_CLOCKEVENT] = judge_clockevent,
        [EXPECT_BROADCAST] = judge_broadcast,
        [EXPECT_CPUS] = judge_cpus,
        [EXPECT_DRIFT] = judge_drift,
        [EXPECT_MONOTONIC] = judge_monotonic,
        [EXPECT_REALTIME] = judge_realtime,
        [EXPECT_DMESG] = judge_dmesg,
        [EXPECT_STABLE] = judge_stable,
        [EXPECT_CHECKS] = judge_checks,
        [EXPECT_BOOT] = judge_boot,
    };

    *verdicts = (struct verdict_list){.count = expectations->count};
    for (unsigned i = 0; i < expectations->count; i++) {
        struct judgement judgement = {.expectation = &expectations->items[i],
                                      .report = report,
                                      .facts = facts,
                                      .verdict = &verdicts->items[i]};

        judgement.verdict->expectation = judgement.expectation;
        text_init(&judgement.seen, judgement.verdict->seen, sizeof judgement.verdict->seen);
        judges[judgement.expectation->kind](&judgement);
    }
}

unsigned verdict_list_count(const struct verdict_list *verdicts, enum verdict_result result)
{
    unsigned count = 0;

    for (unsigned i = 0; i < verdicts->count; i++)
        count += verdicts->items[i].result == result;
    return count;
}
