/* SPDX-License-Identifier: BSD-2-Clause */
/* The timeline of a scenario: what is done to which guest, and when. */
#ifndef TIMELAB_SCENARIO_TIMELINE_H
#define TIMELAB_SCENARIO_TIMELINE_H

#include "timelab/scenario.h"

/* After the guests. NULL: there is none. False with a line in error. */
bool scenario_read_timeline(struct scenario *scenario, const json_t *list, struct text *error);

/* The keys that may be in an entry beside those of a fault; the list ends in NULL. */
extern const char *const scenario_entry_keys[];

#endif
