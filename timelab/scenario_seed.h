/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seeds of a scenario's faults. A fault that makes choices, as irq.drop with p=50%, has a seed
 * of its own. If the file does not give it, it is made from the seed of the run and the place of
 * the fault in the timeline. So faults choose apart from each other, and a run is done again by its
 * seed alone.
 */
#ifndef TIMELAB_SCENARIO_SEED_H
#define TIMELAB_SCENARIO_SEED_H

#include "timelab/scenario.h"

/* The seed of that repeat, from 0, of runs whose first one has this seed: the next number each. */
uint64_t scenario_seed_of_repeat(uint64_t seed, unsigned repeat);

/* Gives the faults their seeds for a run with this one. */
void scenario_set_seed(struct scenario *scenario, uint64_t seed);

/* The place of the seed among the fault's arguments; FAULT_ARGUMENTS_MAX: it makes no choices. */
unsigned scenario_seed_place(const struct fault *fault);

#endif
