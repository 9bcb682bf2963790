/* SPDX-License-Identifier: BSD-2-Clause */
/* See live_clock.h. */
#include "vmm/machine/live_clock.h"

#include <string.h>

uint64_t live_clock_raise(struct live_clock *live, uint64_t now_ns)
{
    uint64_t seen_ns = atomic_load(&live->now_ns);

    while (seen_ns < now_ns && !atomic_compare_exchange_weak(&live->now_ns, &seen_ns, now_ns))
        ;
    return seen_ns < now_ns ? now_ns : seen_ns;
}

bool live_clock_is_changing(const struct live_clock *live)
{
    return atomic_load_explicit(&live->sequence, memory_order_relaxed) % 2 == 0;
}

void live_clock_begin(struct live_clock *live)
{
    if (!live_clock_is_changing(live))
        atomic_fetch_add(&live->sequence, 1);
}

void live_clock_end(struct live_clock *live, const struct live_inputs *inputs)
{
    uint64_t words[LIVE_WORDS] = {0};

    assert(live_clock_is_changing(live));
    memcpy(words, inputs, sizeof words);
    for (unsigned i = 0; i < LIVE_WORDS; i++)
        atomic_store_explicit(&live->words[i], words[i], memory_order_release);
    atomic_fetch_add(&live->sequence, 1);
}

static void copy_inputs(const struct live_clock *live, struct live_inputs *inputs)
{
    uint64_t words[LIVE_WORDS] = {0};

    for (unsigned i = 0; i < LIVE_WORDS; i++)
        words[i] = atomic_load_explicit(&live->words[i], memory_order_acquire);
    memcpy(inputs, words, sizeof words);
}

bool live_clock_read(struct live_clock *live, uint64_t (*host_tsc)(void), uint64_t *now_ns,
                     struct hpet_counter *counter)
{
    uint64_t sequence = atomic_load(&live->sequence);
    struct live_inputs inputs;
    uint64_t tsc;

    if (sequence % 2 == 0)
        return false;
    copy_inputs(live, &inputs);
    tsc = host_tsc();
    if (atomic_load(&live->sequence) != sequence)
        return false;
    *now_ns = live_clock_raise(live, timebase_ns(&inputs.timebase, tsc));
    *counter = inputs.counter;
    return atomic_load(&live->sequence) == sequence;
}
