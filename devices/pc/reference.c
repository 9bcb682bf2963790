/* SPDX-License-Identifier: BSD-2-Clause */
/* See reference.h. */
#include "devices/pc/reference.h"

#include <stddef.h>
#include <string.h>

#include "devices/state_check.h"

static struct reference *reference_of(struct device *dev)
{
    return (struct reference *)dev;
}

static void take_sample(struct reference *reference, uint64_t now_ns)
{
    struct reference_record *record = &reference->state.record;

    record->magic = REFERENCE_MAGIC;
    record->size_bytes = sizeof(*record);
    record->guest_ns = now_ns;
    reference->wiring.sample(reference->wiring.ctx, &record->sample);
}

static uint64_t reference_read(struct device *dev, uint64_t now_ns, uint32_t reg,
                               unsigned size_bytes)
{
    struct reference *reference = reference_of(dev);
    struct reference_state *state = &reference->state;
    uint32_t dword;

    if (reg != 0 || size_bytes != sizeof(dword))
        return UINT64_MAX;
    if (state->next_dword == 0)
        take_sample(reference, now_ns);
    memcpy(&dword, (const uint8_t *)&state->record + sizeof(dword) * state->next_dword,
           sizeof(dword));
    state->next_dword = (state->next_dword + 1) % REFERENCE_DWORDS;
    return dword;
}

static void reference_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                            uint64_t value)
{
    (void)now_ns;
    (void)reg;
    (void)size_bytes;
    (void)value;
    reference_of(dev)->state.next_dword = 0;
}

static void reference_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    reference_of(dev)->state = (struct reference_state){0};
}

/* A sample can hold any values. Before the first one the record is zeros. */
static bool reference_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct reference_state *state = saved;
    const struct reference_record *record = &state->record;

    (void)dev;
    if (state->next_dword >= REFERENCE_DWORDS || state->pad != 0)
        return false;
    if (record->magic == 0)
        return state->next_dword == 0 && is_zero(record, sizeof(*record));
    return record->magic == REFERENCE_MAGIC && record->size_bytes == sizeof(*record) &&
           record->guest_ns <= now_ns;
}

static const struct device_ops reference_ops = {
    .name = "reference",
    .read = reference_read,
    .write = reference_write,
    .reset = reference_reset,
    .state_version = 1,
    .state_offset = offsetof(struct reference, state),
    .state_size_bytes = sizeof(struct reference_state),
    .state_is_valid = reference_state_is_valid,
};

void reference_init(struct reference *reference, const struct reference_wiring *wiring,
                    uint64_t now_ns)
{
    *reference = (struct reference){.dev = {&reference_ops}, .wiring = *wiring};
    reference_reset(&reference->dev, now_ns);
}
