/* SPDX-License-Identifier: BSD-2-Clause */
/* See cells.h. */
#include "check/cells.h"

#include <string.h>

struct cell cell_at(unsigned number)
{
    static const unsigned cpu_counts[] = {1, 2, 4};
    unsigned in_kernel = number % CELLS_PER_KERNEL;

    return (struct cell){
        .kernel = number / CELLS_PER_KERNEL,
        .machine =
            {
                .cpu_count = cpu_counts[in_kernel / 16],
                .kvmclock = (in_kernel & 8) == 0,
                .invtsc = (in_kernel & 4) != 0,
                .hpet = (in_kernel & 2) == 0,
                .pmtimer = (in_kernel & 1) == 0,
            },
    };
}

/* A number from 1 to CELLS_MAX at *text, which is moved behind it; 0 if there is none. */
static unsigned parse_count(const char **text)
{
    unsigned value = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = value * 10 + (unsigned)(**text - '0');
        if (value > CELLS_MAX)
            return 0;
    }
    return value;
}

bool shard_parse(const char *text, struct shard *shard)
{
    unsigned number = parse_count(&text), count;

    if (number == 0 || *text++ != '/')
        return false;
    count = parse_count(&text);
    *shard = (struct shard){number - 1, count};
    return *text == '\0' && number <= count;
}

bool shard_has(const struct shard *shard, unsigned number)
{
    return number % shard->count == shard->index;
}
