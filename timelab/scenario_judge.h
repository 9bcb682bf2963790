/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on one guest of a scenario: whether each entry of its timeline was done, each
 * expectation holds, and it ended with the status that is expected, 0 if none is.
 *
 * An expectation about a time that the guest did not come to has failed, and so has one that no
 * line matches where not all lines could be kept.
 */
#ifndef TIMELAB_SCENARIO_JUDGE_H
#define TIMELAB_SCENARIO_JUDGE_H

#include "check/judge.h"
#include "timelab/clock_samples.h"
#include "timelab/guest_lines.h"
#include "timelab/scenario.h"

/* What became of an entry of the timeline. */
struct entry_record {
    bool is_done;
    /* It was left out, because this host cannot do it: best-effort. */
    bool is_skipped;
    /* The guest time at which it was done. */
    uint64_t at_ns;
    /* With is_skipped. */
    char why[FAULT_ERROR_BYTES];
};

/* What is known of a guest that has ended. */
struct guest_record {
    const struct guest_lines *lines;
    /* By the scenario's entries. */
    struct entry_record entries[SCENARIO_ENTRIES_MAX];
    /* Guest time at its end. */
    uint64_t end_ns;
    int status;
    /* Of its clock; NULL: there are none. */
    const struct clock_samples *samples;
    /* What the probe sent; NULL: there is no report. */
    const struct report *report;
    struct judge_facts facts;
};

/* Makes a verdict for each, in the order of the timeline, then of the expectations, those of a
 * check last. The verdicts point into the scenario. */
void scenario_judge(const struct scenario *scenario, unsigned guest,
                    const struct guest_record *record, struct verdict_list *verdicts);

#endif
