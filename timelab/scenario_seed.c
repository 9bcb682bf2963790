/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_seed.h. */
#include "timelab/scenario_seed.h"

#include <string.h>

#include "base/splitmix64.h"

uint64_t scenario_seed_of_repeat(uint64_t seed, unsigned repeat)
{
    return (seed + repeat) % (SCENARIO_SEED_MAX + 1);
}

unsigned scenario_seed_place(const struct fault *fault)
{
    const struct fault_argument *arguments = fault_rows[fault->kind].arguments;

    for (unsigned i = 0; arguments[i].name != NULL; i++)
        if (strcmp(arguments[i].name, "seed") == 0)
            return i;
    return FAULT_ARGUMENTS_MAX;
}

/* Two numbers become one: seeds that are neighbours give choices that have nothing in common. */
static int64_t seed_of_entry(uint64_t seed, unsigned entry, uint64_t max)
{
    uint64_t state = seed;

    state = splitmix64_next(&state) + entry;
    return (int64_t)(splitmix64_next(&state) % (max + 1));
}

void scenario_set_seed(struct scenario *scenario, uint64_t seed)
{
    scenario->seed = seed;
    for (unsigned i = 0; i < scenario->entry_count; i++) {
        struct fault *fault = &scenario->entries[i].fault;
        unsigned place = scenario_seed_place(fault);

        if (scenario->entries[i].is_seeded)
            fault->values[place] =
                seed_of_entry(seed, i, (uint64_t)fault_rows[fault->kind].arguments[place].max);
    }
}
