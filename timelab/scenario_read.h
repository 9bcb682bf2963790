/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the file of a scenario. It can be a stranger's: whatever is in it, reading ends soon, takes
 * bounded memory, and gives a scenario or one line that says what is wrong and where.
 */
#ifndef TIMELAB_SCENARIO_READ_H
#define TIMELAB_SCENARIO_READ_H

#include "timelab/scenario.h"

/*
 * *scenario is all zeros before. False: error, an empty text with SCENARIO_ERROR_BYTES, is one line
 * of printable ASCII. Either way scenario_close has to be called.
 */
bool scenario_read(struct scenario *scenario, const char *bytes, size_t size_bytes,
                   struct text *error);

/* The keys that may be in the document, and in a guest. Each list ends in NULL. */
extern const char *const scenario_keys[];
extern const char *const scenario_guest_keys[];

#endif
