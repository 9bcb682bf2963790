/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault_ends.h. */
#include "timelab/fault_ends.h"

#include "base/time_math.h"

static unsigned find(const struct fault_ends *ends, const struct fault *fault)
{
    unsigned place = 0;

    while (place < ends->count && !fault_has_target_of(&ends->entries[place].fault, fault))
        place++;
    return place;
}

bool fault_ends_have_room(const struct fault_ends *ends, const struct fault *fault)
{
    return fault_lasts_ns(fault) == 0 || find(ends, fault) < FAULT_ENDS_MAX;
}

/* Those that are left stay in the order in which they began. */
static void forget(struct fault_ends *ends, unsigned place)
{
    ends->count--;
    for (; place < ends->count; place++)
        ends->entries[place] = ends->entries[place + 1];
}

void fault_ends_begin(struct fault_ends *ends, const struct fault *fault, uint64_t now_ns)
{
    uint64_t lasts_ns = fault_lasts_ns(fault);
    unsigned place = find(ends, fault);

    if (place < ends->count)
        forget(ends, place);
    if (lasts_ns == 0)
        return;
    ends->entries[ends->count] = (struct scheduled_fault){now_ns + lasts_ns, *fault};
    ends->entries[ends->count++].fault.is_end = true;
}

/* Its place, or count: there is none. */
static unsigned first(const struct fault_ends *ends)
{
    unsigned place = 0;

    for (unsigned i = 1; i < ends->count; i++)
        if (ends->entries[i].at_ns < ends->entries[place].at_ns)
            place = i;
    return place;
}

uint64_t fault_ends_next_ns(const struct fault_ends *ends)
{
    return ends->count > 0 ? ends->entries[first(ends)].at_ns : TIME_NEVER_NS;
}

bool fault_ends_take(struct fault_ends *ends, uint64_t now_ns, struct scheduled_fault *entry)
{
    unsigned place = first(ends);

    if (ends->count == 0 || ends->entries[place].at_ns > now_ns)
        return false;
    *entry = ends->entries[place];
    forget(ends, place);
    return true;
}
