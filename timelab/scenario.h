/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scenario: a file that says what guests are started, what is done to their time and when, and
 * what is expected of them. It is JSON in which // begins a comment; docs/experiments.md explains
 * it, scenario.schema.json has its keys, and scenario_read.h reads it.
 */
#ifndef TIMELAB_SCENARIO_H
#define TIMELAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "check/expectation.h"
#include "timelab/fault.h"
#include "timelab/pattern.h"
#include "timelab/scenario_time.h"

#define SCENARIO_VERSION     1
#define SCENARIO_MAX_BYTES   ((size_t)256 * 1024)
#define SCENARIO_GUESTS_MAX  4
#define SCENARIO_OPTIONS_MAX 64
#define SCENARIO_NAME_BYTES  33
/* Twelve digits. */
#define SCENARIO_SEED_MAX UINT64_C(999999999999)
/* Of one guest: entries of the timeline and expectations together. Its result has a verdict for
 * each, and one for its status. */
#define SCENARIO_VERDICTS_MAX (EXPECTATIONS_MAX - 1)
#define SCENARIO_ENTRIES_MAX  (SCENARIO_VERDICTS_MAX * SCENARIO_GUESTS_MAX)
/* Of a line that says what is wrong, and of a stranger's word in it. */
#define SCENARIO_ERROR_BYTES 768
#define SCENARIO_WORD_MAX    48

struct scenario_guest {
    char name[SCENARIO_NAME_BYTES];
    /* A file, from the scenario's folder on; NULL: the user says which one. */
    const char *kernel;
    /* NULL: the built-in clock probe. */
    const char *initrd;
    /* Of the machine, as on the command line. */
    const char *options[SCENARIO_OPTIONS_MAX];
    unsigned option_count;
    /* Of --time-rate; NULL: the host's. */
    const char *time_rate;
    /* Those that hold for the whole run, which check/judge.h judges by the probe's report. */
    struct expectation_list checks;
};

/* A fault, and when it is done. */
struct scenario_entry {
    unsigned guest;
    struct fault fault;
    /* "20s hpet.rate ppb=2000000", for people. */
    struct expectation stated;
    /* It is done `time` after the first line that matches; without a pattern, at `time`. */
    struct pattern after;
    struct scenario_time time;
    /* It makes choices, from a seed that the file does not give: scenario_seed.h. */
    bool is_seeded;
};

enum timed_kind {
    TIMED_LINE,        /* dmesg~PATTERN: a line of the console matches */
    TIMED_NO_LINE,     /* dmesg!~PATTERN: none does */
    TIMED_CLOCKSOURCE, /* clocksource=NAME at TIME: by the kernel's own lines */
    TIMED_STATUS,      /* status=N: that of the run */
    TIMED_BACK_LEAST,  /* back>=T: the kernel's clock went back by T or more, by the report */
    TIMED_BACK_MOST,   /* back<=T: and never by more */
    TIMED_DRIFT_LEAST, /* drift>=N: it is proven to be off by N or more, by the report */
    /* By samples of its CLOCK_MONOTONIC: */
    TIMED_RATE_LEAST,   /* drift>=N from TIME: the same of a part of the run */
    TIMED_RATE_MOST,    /* drift<=N from TIME: it is proven to be off by N at most */
    TIMED_OFFSET_LEAST, /* offset>=T: once it is proven to be ahead or behind by T or more */
    TIMED_OFFSET_MOST,  /* offset<=T: in each sample it is proven to be so by T at most */
};

/* An expectation that a check does not have. */
struct timed_expectation {
    unsigned guest;
    enum timed_kind kind;
    struct expectation stated;
    struct pattern pattern;
    /* The name of a clocksource, or empty. */
    char name[NAME_BYTES];
    /* A status, nanoseconds, or parts per billion. */
    uint64_t limit;
    /* From `from` to `to`; without them from the start, to the end. */
    bool has_from;
    bool has_to;
    struct scenario_time from;
    struct scenario_time to;
};

struct scenario {
    /* Owns all text that is pointed to. */
    json_t *document;
    /* Empty: the file has none. */
    char name[SCENARIO_NAME_BYTES];
    /* Faults that the host cannot do are left out. */
    bool best_effort;
    /* When a run is over, if the guest has not ended by then. With ORIGIN_FAULT that is of the
     * guest of the entry; another one goes on until it ends. */
    bool has_end;
    struct scenario_time end;
    /* What the choices of all faults come from; 1 if the file says nothing. */
    uint64_t seed;
    struct scenario_guest guests[SCENARIO_GUESTS_MAX];
    unsigned guest_count;
    struct scenario_entry entries[SCENARIO_ENTRIES_MAX];
    unsigned entry_count;
    struct timed_expectation expectations[SCENARIO_ENTRIES_MAX];
    unsigned expectation_count;
};

/* Whether something is expected of the guest that samples of its clock say. */
bool scenario_needs_samples(const struct scenario *scenario, unsigned guest);

/* Whatever is in it; it is all zeros then. */
void scenario_close(struct scenario *scenario);

/* The guest of that name; NULL stands for the only one. False: there is none. */
bool scenario_find_guest(const struct scenario *scenario, const char *name, unsigned *guest);

/* How many entries and expectations the guest has so far. */
unsigned scenario_count_of_guest(const struct scenario *scenario, unsigned guest);

/* Copies the text of an entry or expectation, which is cut if it is too long. */
void scenario_state(struct expectation *stated, const char *text);

/* NULL: every key of the object is in the list, which ends in NULL; else the one that is not. */
const char *scenario_unknown_key(const json_t *object, const char *const *keys);

#endif
