/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault: something that is done to the guest's time on purpose. The table here is all that is
 * known of each: its name, its arguments with their units and ranges, what it needs of the machine,
 * and its help. --at, the control command `fault`, `query-faults` and `--faults` are made from it.
 *
 * A fault has two forms, which mean the same and are read by one parser:
 *
 *   words   jump by=1h
 *   JSON    {"fault": "jump", "by": "1h"}
 *
 * A length of time is a text with a unit in both (duration.h), a rate a whole number of parts per
 * billion.
 *
 * A new fault: its place in the enum, its row in fault.c, its function in
 * vmm/machine/machine_fault.c, its line in docs/experiments.md.
 */
#ifndef TIMELAB_FAULT_H
#define TIMELAB_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"

#define FAULT_ARGUMENTS_MAX 2
/* A fault as words, with the NUL. */
#define FAULT_TEXT_BYTES 96
/* Of a line that says what is wrong with one. */
#define FAULT_ERROR_BYTES 192

enum fault_kind {
    FAULT_JUMP,
    FAULT_HPET_RATE,
    FAULT_HPET_STEP,
    FAULT_KINDS,
};

/* Bits: what a machine has to have. */
enum fault_need {
    /* TSCs that follow the offset that KVM is told. */
    FAULT_NEEDS_TSC_OFFSETS = 1,
    FAULT_NEEDS_HPET = 2,
};

enum fault_unit { FAULT_DURATION, FAULT_PPB };

struct fault_argument {
    /* NULL behind the last one. */
    const char *name;
    enum fault_unit unit;
    /* Nanoseconds, or parts per billion. */
    int64_t min;
    int64_t max;
};

struct fault_row {
    const char *name;
    /* Each has to be given. */
    struct fault_argument arguments[FAULT_ARGUMENTS_MAX + 1];
    unsigned needs;
    /* What is true afterwards. */
    const char *help;
};

struct fault {
    enum fault_kind kind;
    /* In the order of the row's arguments, and 0 behind the last one. */
    int64_t values[FAULT_ARGUMENTS_MAX];
};

/* By enum fault_kind. */
extern const struct fault_row fault_rows[FAULT_KINDS];

/*
 * Reads one of the two forms; of the object, every key is the fault's. False: the error, an empty
 * text with FAULT_ERROR_BYTES, is one line that says what is wrong, without a full stop, and *fault
 * is unchanged.
 */
bool fault_from_words(const char *words, struct fault *fault, struct text *error);
bool fault_from_json(const json_t *object, struct fault *fault, struct text *error);

/* Appends it as words. */
void fault_add_words(const struct fault *fault, struct text *text);

/* A new object; NULL: no memory. */
json_t *fault_to_json(const struct fault *fault);

/* Appends "by=DURATION", or what else the row's arguments are. */
void fault_add_usage(const struct fault_row *row, struct text *text);

/* Appends an argument's range, as "from 1ns to 3650d". */
void fault_add_range(const struct fault_argument *argument, struct text *text);

/* Appends what a row needs, in a few words; "nothing" if that is so. */
void fault_add_needs(const struct fault_row *row, struct text *text);

#endif
