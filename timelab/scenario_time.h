/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A time of a scenario, in guest time:
 *
 *   20s          since the guest's first instruction
 *   boot+5s      since its kernel's clock started; boot alone is that moment
 *   fault2+500ms since the second entry of the timeline was done; fault2 alone is that moment
 */
#ifndef TIMELAB_SCENARIO_TIME_H
#define TIMELAB_SCENARIO_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum scenario_origin { ORIGIN_START, ORIGIN_BOOT, ORIGIN_FAULT };

struct scenario_time {
    enum scenario_origin origin;
    /* With ORIGIN_FAULT: the entry, from 0. */
    unsigned entry;
    uint64_t after_ns;
};

/* Whether all of the text is a time; *time is unchanged if not. */
bool scenario_time_parse(const char *text, struct scenario_time *time);

/* Appends it as text that is read back as the same. */
void scenario_time_add(const struct scenario_time *time, struct text *text);

#endif
