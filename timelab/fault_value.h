/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of a fault (fault.h), and their values as they are written. Times, shares and words
 * are texts in both forms of a fault: 1.5s, 0.1%, white. So is the vCPU `all`. All else is a whole
 * number.
 */
#ifndef TIMELAB_FAULT_VALUE_H
#define TIMELAB_FAULT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"

/* The value of an argument that is a vCPU: all of them. */
#define FAULT_ALL_VCPUS (-1)

enum fault_unit {
    /* Nanoseconds; written with a unit (duration.h). */
    FAULT_DURATION,
    /* Parts per billion. */
    FAULT_PPB,
    /* A whole number: of times, a GSI, a seed. */
    FAULT_COUNT,
    /* Whole Hz. */
    FAULT_HZ,
    /* Parts per million; written as a percentage: 50% or 0.1%. */
    FAULT_SHARE,
    /* The place of a word in the argument's list. */
    FAULT_WORD,
    /* A vCPU's number; if min is FAULT_ALL_VCPUS also the word all. */
    FAULT_VCPU,
};

enum fault_use {
    /* Has to be given. */
    FAULT_REQUIRED,
    /* Is its preset if it is not given. */
    FAULT_OPTIONAL,
    /* Of those of a row that are marked so, exactly one is given. The others are their preset. */
    FAULT_ONE_OF,
};

struct fault_argument {
    /* NULL behind the last one. */
    const char *name;
    enum fault_unit unit;
    /* In the unit's terms; of a word, 0 and the last one's place. */
    int64_t min;
    int64_t max;
    enum fault_use use;
    /* It may be out of the range: then nobody can give it. */
    int64_t preset;
    /* Of a word: max + 1 of them. */
    const char *const *words;
    /* What the fault is done to: one of the same kind to another target leaves this one alone. */
    bool is_target;
};

/* Whether it is a value of that argument, within its range; *value is it then, and else unchanged.
 */
bool fault_value_from_text(const struct fault_argument *argument, const char *text, int64_t *value);
bool fault_value_from_json(const struct fault_argument *argument, const json_t *json,
                           int64_t *value);

/* Appends it so that it is read back as the same. */
void fault_value_add(const struct fault_argument *argument, int64_t value, struct text *text);

/* A new value; NULL: no memory. */
json_t *fault_value_to_json(const struct fault_argument *argument, int64_t value);

/* Whether somebody could give it. */
bool fault_value_may_be(const struct fault_argument *argument, int64_t value);

/* The unit as query-faults says it: ns, ppb, count, hz, ppm, word or vcpu. */
const char *fault_value_unit(const struct fault_argument *argument);

/* Appends "TIME", or what else stands for a value of the argument: words stand for themselves. */
void fault_value_add_usage(const struct fault_argument *argument, struct text *text);

/* Appends what a value of it is, as "a time from 1ns to 3650d". */
void fault_value_add_range(const struct fault_argument *argument, struct text *text);

/* Appends how to write one, as ", with its unit, as 1.5s or 1h"; nothing if the range tells. */
void fault_value_add_hint(const struct fault_argument *argument, struct text *text);

#endif
