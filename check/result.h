/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The result of one check as a JSON object, from which every format is made; several of them make
 * up a document. check.schema.json describes both.
 */
#ifndef CHECK_RESULT_H
#define CHECK_RESULT_H

#include <jansson.h>

#include "check/checklist.h"
#include "check/judge.h"
#include "check/watch.h"

#define RESULT_SCHEMA        "minivmm-check-1"
#define RESULT_CONSOLE_LINES 20
#define RESULT_DETAIL_BYTES  320
/* Of the options; one that is longer is cut. */
#define RESULT_OPTIONS_BYTES 512

enum outcome {
    OUTCOME_JUDGED,    /* there are verdicts */
    OUTCOME_NO_REPORT, /* the guest ended without a report */
    OUTCOME_HALF_REPORT,
    OUTCOME_LONG_REPORT,
    OUTCOME_FALSE_REPORT,
    OUTCOME_HUNG,       /* --timeout passed; stage says where */
    OUTCOME_CRASHED,    /* panic, triple fault */
    OUTCOME_KVM_UNABLE, /* this KVM cannot run the guest's code */
    OUTCOME_HOST_ERROR,
    OUTCOME_INTERRUPTED,
};

struct run_result {
    /* The name of the kernel's file, and the options that make up the machine. */
    const char *kernel;
    const char *options;
    enum outcome outcome;
    /* The exit status for it. */
    int status;
    /* What happened, one line; empty if it was judged. */
    char detail[RESULT_DETAIL_BYTES];
    enum watch_stage stage;
    uint64_t boot_ns;
    /* With OUTCOME_JUDGED; else NULL. */
    const struct report *report;
    struct verdict_list verdicts;
    /* The console's last lines. */
    const char *console;
};

/* "judged", "no-report" and so on. */
const char *outcome_word(enum outcome outcome);

/* A new object; NULL if out of memory. */
json_t *result_to_json(const struct run_result *result);

/* It is the result of one cell, numbered from 1, of a matrix of so many (cells.h). */
void result_set_cell(json_t *result, unsigned number, unsigned of);

/* A document with these results, whose reference it takes over; NULL if out of memory. */
json_t *result_document(json_t *results);

/* For the formats: what result_to_json made. A text that is null is "". */
const char *result_text(const json_t *result, const char *key);
/* Whether every expectation held. */
bool result_is_ok(const json_t *result);

/* Results of the array that are not ok. */
size_t results_count_failed(const json_t *results);

#endif
