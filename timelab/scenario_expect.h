/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The expectations of a scenario: [GUEST:]TEXT [CLAUSE...], where TEXT is a row of the table in
 * scenario_expect.c or an expectation of `minivmm check`, and a clause is
 *
 *   at TIME   from TIME   to TIME   within LENGTH of TIME
 */
#ifndef TIMELAB_SCENARIO_EXPECT_H
#define TIMELAB_SCENARIO_EXPECT_H

#include "timelab/scenario.h"

/* After the guests. NULL: there are none. False with a line in error. */
bool scenario_read_expectations(struct scenario *scenario, const json_t *list, struct text *error);

/* After the timeline: whether each can hold beside the others. False with a line in error. */
bool scenario_can_hold(const struct scenario *scenario, struct text *error);

#endif
