/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults as pictures show them: from when to when. A fault lasts until the next line of its name,
 * which is its end, or another one in its place; what happens at once, as a jump or a step, has no
 * end. Pure.
 */
#ifndef TIMELAB_REPORT_BANDS_H
#define TIMELAB_REPORT_BANDS_H

#include "timelab/report.h"

/* A new array of [from, to, words] in seconds; to is null for what happens at once. */
json_t *report_bands(const struct report *report);

#endif
