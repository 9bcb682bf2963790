/* SPDX-License-Identifier: BSD-2-Clause */
/* See pattern.h. */
#include "timelab/pattern.h"

#include <string.h>

/* Steps that wait for a byte, each of which is there once; and whether one was a match. */
struct front {
    unsigned count;
    uint16_t steps[PATTERN_STEPS_MAX];
    bool has[PATTERN_STEPS_MAX];
    bool is_match;
};

/* Where in its line a match has come to. */
struct place {
    bool is_begin;
    bool is_end;
};

bool pattern_open(struct pattern *pattern, const char *text, struct text *error)
{
    const char *wrong;

    if (*text == '\0' || strlen(text) >= PATTERN_MAX_BYTES) {
        text_add(error, "a pattern has 1 to %d bytes", PATTERN_MAX_BYTES - 1);
        return false;
    }
    wrong = pattern_program_read(&pattern->program, text);
    if (wrong != NULL)
        text_add(error, "%s", wrong);
    pattern->is_open = wrong == NULL;
    return pattern->is_open;
}

/* The step, and all to which it goes on without a byte. */
static void reach(struct front *front, const struct pattern_program *program, unsigned number,
                  struct place place)
{
    /* Each step that is looked at takes one place, and two more may wait then. */
    uint16_t waiting[PATTERN_STEPS_MAX + 1];
    unsigned count = 0;

    waiting[count++] = (uint16_t)number;
    while (count > 0) {
        unsigned at = waiting[--count];
        const struct pattern_step *step = &program->steps[at];
        bool goes_on = step->kind == STEP_SPLIT || (step->kind == STEP_BEGIN && place.is_begin) ||
                       (step->kind == STEP_END && place.is_end);

        if (front->has[at])
            continue;
        front->has[at] = true;
        front->is_match |= step->kind == STEP_MATCH;
        if (step->kind == STEP_BYTE || step->kind == STEP_ANY || step->kind == STEP_SET)
            front->steps[front->count++] = (uint16_t)at;
        if (goes_on)
            waiting[count++] = (uint16_t)(at + 1);
        if (step->kind == STEP_SPLIT || step->kind == STEP_JUMP)
            waiting[count++] = (uint16_t)((int)at + step->value);
    }
}

static bool takes(const struct pattern_program *program, unsigned number, uint8_t byte)
{
    const struct pattern_step *step = &program->steps[number];

    if (step->kind == STEP_SET)
        return (program->sets[step->value][byte / 8] & 1u << byte % 8) != 0;
    return step->kind == STEP_ANY || step->value == byte;
}

/* A match can begin at any byte of the line. */
bool pattern_matches(const struct pattern *pattern, const char *line)
{
    const struct pattern_program *program = &pattern->program;
    struct front now = {0}, next;

    reach(&now, program, 0, (struct place){true, *line == '\0'});
    for (; *line != '\0' && !now.is_match; line++) {
        const struct place place = {false, line[1] == '\0'};

        next = (struct front){0};
        for (unsigned i = 0; i < now.count; i++)
            if (takes(program, now.steps[i], (uint8_t)*line))
                reach(&next, program, now.steps[i] + 1u, place);
        reach(&next, program, 0, place);
        now = next;
    }
    return now.is_match;
}

void pattern_close(struct pattern *pattern)
{
    memset(pattern, 0, sizeof *pattern);
}
