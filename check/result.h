/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The result of one check as a JSON object, and several of them as a document. Every format is made
 * from these. check.schema.json describes both.
 */
#ifndef CHECK_RESULT_H
#define CHECK_RESULT_H

#include <jansson.h>

#include "check/checklist.h"
#include "check/judge.h"
#include "check/watch.h"

#define RESULT_SCHEMA        "minivmm-check-1"
#define RESULT_CONSOLE_LINES 20
/* Room for the detail, for any text of a verdict and for an answer, with its NUL. */
#define RESULT_DETAIL_BYTES 320
/* Room for any text of a result, with its NUL: a longer one is cut. */
#define RESULT_TEXT_BYTES 1024
/* Room for the text of the options, which is cut if it is longer. */
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
    /* The same options without the folders of their files: equal machines on all hosts. */
    const char *machine;
    /* How long the check took, by the host's clock; 0: not known. */
    uint64_t run_ns;
    enum outcome outcome;
    /* The exit status for it. */
    int status;
    /* What happened, in one line; empty with OUTCOME_JUDGED. */
    char detail[RESULT_DETAIL_BYTES];
    /* How far the guest came. */
    enum watch_stage stage;
    /* Guest time from the start to the probe's first byte; 0 if there was none. */
    uint64_t boot_ns;
    /* With OUTCOME_JUDGED the report that was judged; else NULL. */
    const struct report *report;
    struct verdict_list verdicts;
    /* The last lines of the console. */
    const char *console;
};

/* The word for an outcome in the JSON: "judged", "no-report" and so on. */
const char *outcome_word(enum outcome outcome);

/* Makes the object of a result, which the caller owns; NULL if out of memory. */
json_t *result_to_json(const struct run_result *result);

/* Notes in the object that it is cell `number`, from 1, of a matrix of `of` cells (cells.h). */
void result_set_cell(json_t *result, unsigned number, unsigned of);

/* Makes a document with these results, whose reference it takes over; NULL if out of memory. */
json_t *result_document(json_t *results);

/* The text of a key in an object that result_to_json made; "" if it is null. */
const char *result_text(const json_t *result, const char *key);
/* Whether every expectation held. */
bool result_is_ok(const json_t *result);

/* How many results of the array are not ok. */
size_t results_count_failed(const json_t *results);

#endif
