/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on a guest's clocks: does what the probe reports meet the expectations?
 *
 * An expectation holds only if the report proves it. A rate that was measured as 50 ppb, with an
 * uncertainty of 400 ppb, does not prove drift<=100ppb. An expectation of a profile that does not
 * apply to this machine is not applicable.
 */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include <stdint.h>

#include "check/causes.h"
#include "check/expectation.h"
#include "guest-images/probe/report.h"

#define VERDICT_SEEN_BYTES  200
#define VERDICT_MAX_NUMBERS 4

enum verdict_result { VERDICT_OK, VERDICT_FAILED, VERDICT_NOT_APPLICABLE };

/* A number of a verdict; its unit is in the name. */
struct verdict_number {
    const char *name;
    int64_t value;
};

struct verdict {
    const struct expectation *expectation;
    enum verdict_result result;
    /* What the report says about it, in one line. */
    char seen[VERDICT_SEEN_BYTES];
    /* The numbers in that line, and the limit. */
    struct verdict_number numbers[VERDICT_MAX_NUMBERS];
    unsigned number_count;
    /* With VERDICT_FAILED the usual cause; else NULL. */
    const struct cause *cause;
};

struct verdict_list {
    struct verdict items[EXPECTATIONS_MAX];
    unsigned count;
};

/* What is known about the run beside the report. */
struct judge_facts {
    struct check_machine machine;
    /* Guest time from the start to the probe's first byte; 0 if there was none. */
    uint64_t boot_ns;
};

/* Makes a verdict for each expectation, in the same order. The verdicts point into expectations. */
void judge(const struct expectation_list *expectations, const struct report *report,
           const struct judge_facts *facts, struct verdict_list *verdicts);

/* How many verdicts have this result. */
unsigned verdict_list_count(const struct verdict_list *verdicts, enum verdict_result result);

#endif
