/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on a guest's clocks: expectations and what the probe reports.
 *
 * An expectation holds only if the report proves it: a rate within 50 ppb that is known to 400 ppb
 * is not proven. One of a profile that says nothing about this machine is not applicable.
 */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include <stdint.h>

#include "check/causes.h"
#include "check/expectation.h"
#include "guest-images/probe/report.h"

#define VERDICT_SEEN_BYTES 200

enum verdict_result { VERDICT_OK, VERDICT_FAILED, VERDICT_NOT_APPLICABLE };

struct verdict {
    const struct expectation *expectation;
    enum verdict_result result;
    /* What the report says of it, one line. */
    char seen[VERDICT_SEEN_BYTES];
    /* With VERDICT_FAILED; else NULL. */
    const struct cause *cause;
};

struct verdict_list {
    struct verdict items[EXPECTATIONS_MAX];
    unsigned count;
};

/* What is known of the run beside the report. */
struct judge_facts {
    struct check_machine machine;
    /* Guest time from the start to the probe's first byte; 0: there was none. */
    uint64_t boot_ns;
};

/* A verdict for each expectation, in their order; the list points into expectations. */
void judge(const struct expectation_list *expectations, const struct report *report,
           const struct judge_facts *facts, struct verdict_list *verdicts);

/* Verdicts with this result. */
unsigned verdict_list_count(const struct verdict_list *verdicts, enum verdict_result result);

#endif
