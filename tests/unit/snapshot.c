/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot.h. */
#include "tests/unit/unit.h"

#include "tests/unit/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_STATES 20000
#define STEPS         12

static void *saved(const struct device *dev)
{
    void *state = malloc(dev->ops->state_size_bytes);

    assert_non_null(state);
    device_save(dev, state);
    return state;
}

static void poke_into(void *state, const struct poke *poke)
{
    memcpy((uint8_t *)state + poke->offset, &poke->value, poke->size_bytes);
}

void assert_refused(struct device *dev, const struct timerq *timers, uint64_t now_ns,
                    const struct poke *pokes)
{
    uint64_t deadline_ns = timerq_next_deadline_ns(timers);
    void *before = saved(dev);

    for (; pokes->field != NULL; pokes++) {
        void *state = saved(dev);
        void *after;

        poke_into(state, pokes);
        if (device_load(dev, now_ns, state) != -EINVAL)
            fail_msg("%s: %s = 0x%jx is taken", dev->ops->name, pokes->field,
                     (uintmax_t)pokes->value);
        after = saved(dev);
        assert_memory_equal(after, before, dev->ops->state_size_bytes);
        assert_int_equal(timerq_next_deadline_ns(timers), deadline_ns);
        free(after);
        free(state);
    }
    free(before);
}

void assert_taken(struct device *dev, uint64_t now_ns, const struct poke *pokes)
{
    void *before = saved(dev);

    for (; pokes->field != NULL; pokes++) {
        void *state = saved(dev);

        poke_into(state, pokes);
        if (device_load(dev, now_ns, state) != 0)
            fail_msg("%s: %s = 0x%jx is refused", dev->ops->name, pokes->field,
                     (uintmax_t)pokes->value);
        assert_int_equal(device_load(dev, now_ns, before), 0);
        free(state);
    }
    free(before);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 24;
}

/* All bytes, or some of them: a state that is wrong all over is refused for its first field. */
static void scramble(uint8_t *state, size_t size_bytes, uint64_t *seed)
{
    uint64_t count = next_random(seed) % 16 == 0 ? size_bytes : 1 + next_random(seed) % 4;

    for (uint64_t i = 0; i < count; i++) {
        size_t at = count == size_bytes ? i : next_random(seed) % size_bytes;
        uint8_t bit = (uint8_t)(1 << next_random(seed) % 8);

        /* Any value, or one that is nearer to what can be. */
        if (next_random(seed) % 2 == 0)
            state[at] = (uint8_t)next_random(seed);
        else
            state[at] ^= bit;
    }
}

/* A device's registers, or its MSRs. */
struct target {
    uint32_t length_bytes;
    const struct msr_target *msrs;
};

static void use_register(struct device *dev, uint64_t now_ns, uint32_t length_bytes, uint64_t *seed)
{
    uint32_t reg = (uint32_t)(next_random(seed) % length_bytes);
    unsigned size_bytes = 1u << next_random(seed) % 4;

    if (next_random(seed) % 2 == 0)
        dev->ops->write(dev, now_ns, reg, size_bytes, next_random(seed));
    else
        dev->ops->read(dev, now_ns, reg, size_bytes);
}

static void use_msr(struct device *dev, uint64_t now_ns, const struct msr_target *target,
                    uint64_t *seed)
{
    uint32_t msr = target->msrs[next_random(seed) % target->msr_count];
    unsigned vcpu = (unsigned)(next_random(seed) % target->vcpu_count);
    uint64_t value = next_random(seed) % 2 == 0 ? next_random(seed) % 8192 : next_random(seed);

    if (next_random(seed) % 2 == 0)
        dev->ops->write_msr(dev, now_ns, vcpu, msr, value);
    else if (dev->ops->read_msr != NULL)
        dev->ops->read_msr(dev, now_ns, vcpu, msr, &value);
}

static void use(struct device *dev, struct timerq *timers, uint64_t now_ns,
                const struct target *target, uint64_t *seed)
{
    for (unsigned step = 0; step < STEPS; step++) {
        now_ns += next_random(seed) >> next_random(seed) % 40;
        timerq_run(timers, now_ns);
        if (target->msrs != NULL)
            use_msr(dev, now_ns, target->msrs, seed);
        else
            use_register(dev, now_ns, target->length_bytes, seed);
        void *state = saved(dev);

        if (device_load(dev, now_ns, state) != 0)
            fail_msg("%s: comes into a state that load refuses", dev->ops->name);
        free(state);
    }
}

static void sweep(struct device *dev, struct timerq *timers, uint64_t now_ns,
                  const struct target *target)
{
    uint8_t *original = saved(dev);
    unsigned taken = 0;
    uint64_t seed = 1;

    for (unsigned i = 0; i < RANDOM_STATES; i++) {
        uint8_t *state = saved(dev);

        scramble(state, dev->ops->state_size_bytes, &seed);
        if (device_load(dev, now_ns, state) == 0) {
            use(dev, timers, now_ns, target, &seed);
            taken++;
        }
        free(state);
        assert_int_equal(device_load(dev, now_ns, original), 0);
    }
    /* Otherwise this has tried nothing, or load looks at nothing. */
    assert_in_range(taken, RANDOM_STATES / 100, RANDOM_STATES - 1);
    free(original);
}

void sweep_random_states(struct device *dev, struct timerq *timers, uint64_t now_ns,
                         uint32_t length_bytes)
{
    sweep(dev, timers, now_ns, &(struct target){length_bytes, NULL});
}

void sweep_random_msr_states(struct device *dev, struct timerq *timers, uint64_t now_ns,
                             const struct msr_target *target)
{
    sweep(dev, timers, now_ns, &(struct target){0, target});
}
