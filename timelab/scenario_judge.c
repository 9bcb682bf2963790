/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_judge.h. */
#include "timelab/scenario_judge.h"

#include <string.h>

#include "base/measured.h"
#include "base/time_math.h"
#include "check/clocksources.h"

/* Of a line of the guest in what is said of it. */
#define LINE_MAX 140

struct judgement {
    const struct scenario *scenario;
    const struct guest_record *record;
    struct verdict_list *verdicts;
};

/* The verdict that is made: FAILED until more is known. seen is an empty text in it. */
static struct verdict *add_verdict(const struct judgement *of, const struct expectation *stated,
                                   struct text *seen)
{
    struct verdict *verdict = &of->verdicts->items[of->verdicts->count++];

    *verdict = (struct verdict){.expectation = stated, .result = VERDICT_FAILED};
    text_init(seen, verdict->seen, sizeof verdict->seen);
    return verdict;
}

static void add_number(struct verdict *verdict, const char *name, uint64_t value)
{
    verdict->numbers[verdict->number_count++] =
        (struct verdict_number){name, value < INT64_MAX ? (int64_t)value : INT64_MAX};
}

/* "20.012 s" */
static void add_time(struct text *text, uint64_t ns)
{
    text_add_duration(text, ns < INT64_MAX ? (int64_t)ns : INT64_MAX, false);
}

/* Guest time of a time of the scenario. False: it has not come, as what it counts from has not. */
static bool resolve(const struct judgement *of, const struct scenario_time *time, uint64_t *ns)
{
    const struct guest_record *record = of->record;

    *ns = time->after_ns;
    if (time->origin == ORIGIN_BOOT && !record->lines->has_boot)
        return false;
    if (time->origin == ORIGIN_BOOT)
        *ns += record->lines->boot_ns;
    if (time->origin == ORIGIN_FAULT && !record->entries[time->entry].is_done)
        return false;
    if (time->origin == ORIGIN_FAULT)
        *ns += record->entries[time->entry].at_ns;
    return true;
}

/* When an expectation is to hold. */
struct span {
    uint64_t from_ns;
    uint64_t to_ns;
};

/* False: a time of it has not come, and seen says so. */
static bool find_span(const struct judgement *of, const struct timed_expectation *one,
                      struct span *span, struct text *seen)
{
    *span = (struct span){0, of->record->end_ns};
    if ((one->has_from && !resolve(of, &one->from, &span->from_ns)) ||
        (one->has_to && !resolve(of, &one->to, &span->to_ns))) {
        text_add(seen, "what its time counts from has not come");
        return false;
    }
    if (span->from_ns <= of->record->end_ns)
        return true;
    text_add(seen, "the guest had ended by then, at ");
    add_time(seen, of->record->end_ns);
    return false;
}

/* The first line from number on within the span that matches; lines->count: there is none. */
static unsigned find_line(const struct guest_lines *lines, const struct pattern *pattern,
                          const struct span *span)
{
    unsigned number = 0;

    while (number < lines->count && (lines->lines[number].at_ns < span->from_ns ||
                                     lines->lines[number].at_ns > span->to_ns ||
                                     !pattern_matches(pattern, guest_lines_text(lines, number))))
        number++;
    return number;
}

static void add_line(struct text *seen, const struct guest_lines *lines, unsigned number)
{
    text_add(seen, "at ");
    add_time(seen, lines->lines[number].at_ns);
    text_add(seen, ": %.*s", LINE_MAX, guest_lines_text(lines, number));
}

/* No line has matched. What was not kept, or had not come yet, might. */
static void add_no_line(const struct judgement *of, const struct timed_expectation *one,
                        const struct span *span, struct text *seen)
{
    static const struct span all = {0, UINT64_MAX};
    const struct guest_lines *lines = of->record->lines;
    unsigned number = find_line(lines, &one->pattern, &all);

    text_add(seen, "no such line in %u", lines->count);
    if (number < lines->count) {
        text_add(seen, " then, but ");
        add_line(seen, lines, number);
    }
    if (lines->dropped > 0)
        text_add(seen, ", and %llu were not kept", (unsigned long long)lines->dropped);
    if (span->to_ns > of->record->end_ns) {
        text_add(seen, "; the guest ended at ");
        add_time(seen, of->record->end_ns);
    }
}

static bool judge_line(const struct judgement *of, const struct timed_expectation *one,
                       const struct span *span, struct verdict *verdict, struct text *seen)
{
    const struct guest_lines *lines = of->record->lines;
    unsigned number = find_line(lines, &one->pattern, span);

    if (number < lines->count) {
        add_line(seen, lines, number);
        add_number(verdict, "at_ns", lines->lines[number].at_ns);
        return one->kind == TIMED_LINE;
    }
    add_no_line(of, one, span, seen);
    return one->kind == TIMED_NO_LINE && lines->dropped == 0 && span->to_ns <= of->record->end_ns;
}

/* What a line says is current from now on; NULL: nothing. */
static const char *switched_to(const char *line)
{
    static const char words[] = "Switched to clocksource ";
    const char *at = strstr(line, words);

    return at != NULL ? at + strlen(words) : NULL;
}

static bool judge_clocksource(const struct judgement *of, const struct timed_expectation *one,
                              const struct span *span, struct text *seen)
{
    const struct guest_lines *lines = of->record->lines;
    const char *at_start = NULL;
    bool holds = lines->dropped == 0, has_other = false;

    for (unsigned i = 0; i < lines->count && lines->lines[i].at_ns <= span->to_ns; i++) {
        const char *next = switched_to(guest_lines_text(lines, i));

        if (next != NULL && lines->lines[i].at_ns <= span->from_ns)
            at_start = next;
        else if (next != NULL && strcmp(next, one->name) != 0 && !has_other) {
            has_other = true;
            text_add(seen, "switched to %.*s at ", NAME_BYTES, next);
            add_time(seen, lines->lines[i].at_ns);
            text_add(seen, ", from ");
        }
    }
    text_add(seen, "%.*s", NAME_BYTES, at_start != NULL ? at_start : "none that was named");
    if (!holds)
        text_add(seen, "; not all lines were kept");
    return holds && !has_other && at_start != NULL && strcmp(at_start, one->name) == 0;
}

static bool judge_status(const struct judgement *of, uint64_t status, struct verdict *verdict,
                         struct text *seen)
{
    text_add(seen, "%d, after ", of->record->status);
    add_time(seen, of->record->end_ns);
    add_number(verdict, "status", (uint64_t)of->record->status);
    return (uint64_t)of->record->status == status;
}

static bool judge_back(const struct judgement *of, const struct timed_expectation *one,
                       struct verdict *verdict, struct text *seen)
{
    const struct source_result *source =
        of->record->report != NULL ? report_chosen_source(of->record->report) : NULL;

    if (source == NULL) {
        text_add(seen, "no report of the probe's says it");
        return false;
    }
    text_add(seen, "%s went back %llu times, by ", source->name,
             (unsigned long long)source->backwards);
    add_time(seen, source->backwards_max_ns);
    text_add(seen, " at most, in %llu reads", (unsigned long long)source->reads);
    add_number(verdict, "limit_ns", one->limit);
    add_number(verdict, "back_ns", source->backwards_max_ns);
    if (one->kind == TIMED_BACK_MOST)
        return source->backwards_max_ns <= one->limit;
    return source->backwards > 0 && source->backwards_max_ns >= one->limit;
}

/* As check judges "drift<=N": what is not certain counts against it. */
static bool judge_drift(const struct judgement *of, const struct timed_expectation *one,
                        struct verdict *verdict, struct text *seen)
{
    const struct drift *drift = of->record->report != NULL ? &of->record->report->raw_drift : NULL;
    uint64_t rate_ppb;

    if (drift == NULL || !drift->known) {
        text_add(seen, "no report of the probe's says it");
        return false;
    }
    text_add_ppb(seen, drift->best.value);
    text_add(seen, " +- ");
    text_add_uncertainty_ppb(seen, drift->best.uncertainty);
    add_number(verdict, "limit_ppb", one->limit);
    add_number(verdict, "uncertainty_ppb", drift->best.uncertainty);
    rate_ppb = (uint64_t)(drift->best.value < 0 ? -drift->best.value : drift->best.value);
    return rate_ppb >= one->limit && rate_ppb - one->limit >= drift->best.uncertainty;
}

static bool judge_rate(const struct timed_expectation *one, const struct clock_span *span,
                       struct verdict *verdict, struct text *seen)
{
    uint64_t uncertainty_ppb, size_ppb;
    int64_t ppb;

    if (!clock_span_rate(span, &ppb, &uncertainty_ppb)) {
        text_add(seen, "its rate is not known");
        return false;
    }
    text_add_ppb(seen, ppb);
    text_add(seen, " +- ");
    text_add_uncertainty_ppb(seen, uncertainty_ppb);
    add_number(verdict, "limit_ppb", one->limit);
    add_number(verdict, "uncertainty_ppb", uncertainty_ppb);
    if (one->kind == TIMED_RATE_MOST)
        return measured_is_within(ppb, uncertainty_ppb, one->limit);
    size_ppb = measured_magnitude(ppb);
    return size_ppb >= one->limit && size_ppb - one->limit >= uncertainty_ppb;
}

static bool judge_offset(const struct timed_expectation *one, const struct clock_span *span,
                         struct verdict *verdict, struct text *seen)
{
    bool is_most = one->kind == TIMED_OFFSET_MOST;
    const struct clock_sample *sample = is_most ? &span->most : &span->least;
    uint64_t size_ns = measured_magnitude(sample->error_ns);

    text_add_duration(seen, sample->error_ns, true);
    text_add(seen, " +- ");
    add_time(seen, sample->bound_ns);
    text_add(seen, ", at ");
    add_time(seen, sample->g_ns);
    add_number(verdict, "limit_ns", one->limit);
    add_number(verdict, "at_ns", sample->g_ns);
    if (is_most)
        return measured_is_within(sample->error_ns, sample->bound_ns, one->limit);
    return size_ns >= one->limit && size_ns - one->limit >= sample->bound_ns;
}

/* What is not certain counts against it. */
static bool judge_samples(const struct judgement *of, const struct timed_expectation *one,
                          const struct span *span, struct verdict *verdict, struct text *seen,
                          bool (*judge_span)(const struct timed_expectation *one,
                                             const struct clock_span *span, struct verdict *verdict,
                                             struct text *seen))
{
    const struct clock_samples *samples = of->record->samples;
    struct clock_span found = {.count = 0};
    bool holds;

    if (span->to_ns > of->record->end_ns) {
        text_add(seen, "the guest had ended before, at ");
        add_time(seen, of->record->end_ns);
        return false;
    }
    if (samples != NULL)
        found = clock_samples_span(samples, span->from_ns, span->to_ns);
    if (found.count == 0) {
        text_add(seen, "there is no sample of its clock then");
        return false;
    }
    holds = judge_span(one, &found, verdict, seen);
    text_add(seen, ", in %u samples", found.count);
    if (samples->dropped > 0)
        text_add(seen, "; not all of them were kept");
    return holds && samples->dropped == 0;
}

static bool judge_by_kind(const struct judgement *of, const struct timed_expectation *one,
                          struct verdict *verdict, struct text *seen)
{
    struct span span;

    if (!find_span(of, one, &span, seen))
        return false;
    switch (one->kind) {
    case TIMED_LINE:
    case TIMED_NO_LINE:
        return judge_line(of, one, &span, verdict, seen);
    case TIMED_CLOCKSOURCE:
        return judge_clocksource(of, one, &span, seen);
    case TIMED_STATUS:
        return judge_status(of, one->limit, verdict, seen);
    case TIMED_BACK_LEAST:
    case TIMED_BACK_MOST:
        return judge_back(of, one, verdict, seen);
    case TIMED_DRIFT_LEAST:
        return judge_drift(of, one, verdict, seen);
    case TIMED_RATE_LEAST:
    case TIMED_RATE_MOST:
        return judge_samples(of, one, &span, verdict, seen, judge_rate);
    case TIMED_OFFSET_LEAST:
    case TIMED_OFFSET_MOST:
        return judge_samples(of, one, &span, verdict, seen, judge_offset);
    }
    return false;
}

static void judge_timed(const struct judgement *of, const struct timed_expectation *one)
{
    struct text seen;
    struct verdict *verdict = add_verdict(of, &one->stated, &seen);

    if (judge_by_kind(of, one, verdict, &seen))
        verdict->result = VERDICT_OK;
}

/* By which seed the run can be done again. */
static void add_seed(const struct judgement *of, unsigned number, struct verdict *verdict,
                     struct text *seen)
{
    if (!of->scenario->entries[number].is_seeded)
        return;
    text_add(seen, ", with --seed %llu", (unsigned long long)of->scenario->seed);
    add_number(verdict, "seed", of->scenario->seed);
}

static void judge_entry(const struct judgement *of, unsigned number)
{
    const struct entry_record *entry = &of->record->entries[number];
    struct text seen;
    struct verdict *verdict = add_verdict(of, &of->scenario->entries[number].stated, &seen);

    if (entry->is_skipped) {
        text_add(&seen, "%s", entry->why);
        verdict->result = VERDICT_NOT_APPLICABLE;
    } else if (entry->is_done) {
        text_add(&seen, "done at ");
        add_time(&seen, entry->at_ns);
        add_number(verdict, "at_ns", entry->at_ns);
        add_seed(of, number, verdict, &seen);
        verdict->result = VERDICT_OK;
    } else {
        text_add(&seen, "the guest ended before, at ");
        add_time(&seen, of->record->end_ns);
    }
}

static bool states_status(const struct scenario *scenario, unsigned guest)
{
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        if (scenario->expectations[i].guest == guest &&
            scenario->expectations[i].kind == TIMED_STATUS)
            return true;
    return false;
}

static void judge_end(const struct judgement *of)
{
    static const struct expectation good = {.text = "status=0"};
    struct text seen;
    struct verdict *verdict = add_verdict(of, &good, &seen);

    if (judge_status(of, 0, verdict, &seen))
        verdict->result = VERDICT_OK;
}

/* Those that a check has as well: by the report. */
static void judge_checks(const struct judgement *of, const struct expectation_list *checks)
{
    static const char no_report[] = "the guest sent no report";
    struct verdict_list list;
    struct text seen;

    if (of->record->report != NULL) {
        judge(checks, of->record->report, &of->record->facts, &list);
        for (unsigned i = 0; i < list.count; i++)
            of->verdicts->items[of->verdicts->count++] = list.items[i];
        return;
    }
    for (unsigned i = 0; i < checks->count; i++) {
        add_verdict(of, &checks->items[i], &seen);
        text_add(&seen, no_report);
    }
}

void scenario_judge(const struct scenario *scenario, unsigned guest,
                    const struct guest_record *record, struct verdict_list *verdicts)
{
    const struct judgement of = {scenario, record, verdicts};

    verdicts->count = 0;
    for (unsigned i = 0; i < scenario->entry_count; i++)
        if (scenario->entries[i].guest == guest)
            judge_entry(&of, i);
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        if (scenario->expectations[i].guest == guest)
            judge_timed(&of, &scenario->expectations[i]);
    if (!states_status(scenario, guest))
        judge_end(&of);
    judge_checks(&of, &scenario->guests[guest].checks);
}
