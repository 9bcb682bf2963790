/* SPDX-License-Identifier: BSD-2-Clause */
/* What a pattern is read to: steps, of which those of all ways to match are followed together. */
#ifndef TIMELAB_PATTERN_PROGRAM_H
#define TIMELAB_PATTERN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_MAX_BYTES 128
/* A byte of the pattern makes two at most, and one is the match. */
#define PATTERN_STEPS_MAX (2 * PATTERN_MAX_BYTES)
/* The shortest has three bytes, "[a]". */
#define PATTERN_SETS_MAX (PATTERN_MAX_BYTES / 3 + 1)

enum pattern_step_kind {
    STEP_BYTE,  /* this byte comes */
    STEP_ANY,   /* any byte does */
    STEP_SET,   /* one of the set does */
    STEP_BEGIN, /* here the line begins */
    STEP_END,   /* here it ends */
    STEP_JUMP,  /* it goes on elsewhere */
    STEP_SPLIT, /* it goes on with the next step, and elsewhere as well */
    STEP_MATCH,
};

struct pattern_step {
    /* Of enum pattern_step_kind. */
    uint8_t kind;
    /* The byte, the number of the set, or how many steps further it goes on, back if negative. */
    int16_t value;
};

struct pattern_program {
    struct pattern_step steps[PATTERN_STEPS_MAX];
    unsigned count;
    /* Of each byte a bit. */
    uint8_t sets[PATTERN_SETS_MAX][32];
    unsigned set_count;
};

/* *program is all zeros. NULL, or what is wrong. */
const char *pattern_program_read(struct pattern_program *program, const char *text);

#endif
