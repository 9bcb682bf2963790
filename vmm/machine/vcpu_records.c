/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_records.h. */
#include "vmm/machine/vcpu_records.h"

#include <string.h>

/* Where a record of one size is in the state. */
#define FIXED(type, member)                                                                        \
    {                                                                                              \
        type, offsetof(struct vcpu_state, member), sizeof(((struct vcpu_state *)0)->member)        \
    }

static const struct {
    enum record_type type;
    size_t offset;
    size_t size_bytes;
} fixed[] = {
    FIXED(RECORD_VCPU_MP_STATE, mp_state),   FIXED(RECORD_VCPU_REGS, regs),
    FIXED(RECORD_VCPU_SREGS2, sregs),        FIXED(RECORD_VCPU_XCRS, xcrs),
    FIXED(RECORD_VCPU_DEBUGREGS, debugregs), FIXED(RECORD_VCPU_LAPIC, lapic),
    FIXED(RECORD_VCPU_EVENTS, events),
};

void vcpu_records_add(struct note_writer *writer, unsigned index, const struct vcpu_state *state)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        record_add(writer, fixed[i].type, index, (const uint8_t *)state + fixed[i].offset,
                   fixed[i].size_bytes);
    record_add(writer, RECORD_VCPU_XSAVE, index, state->xsave, state->xsave_bytes);
    record_add(writer, RECORD_VCPU_MSRS, index, state->msrs.entries,
               state->msrs.count * sizeof state->msrs.entries[0]);
    record_add(writer, RECORD_VCPU_CPUID, index, state->cpuid.entries,
               state->cpuid.header.nent * sizeof state->cpuid.entries[0]);
}

struct source {
    const void *records;
    size_t size_bytes;
    unsigned vcpu;
    struct text *error;
};

static bool is_missing(const struct source *source, enum record_type type)
{
    text_add(source->error, "vCPU %u: its record \"%s\" is missing or has another size than known",
             source->vcpu, record_type_name(type));
    return false;
}

static bool take_fixed(const struct source *source, struct vcpu_state *state)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (!record_take(source->records, source->size_bytes, fixed[i].type, source->vcpu,
                         (uint8_t *)state + fixed[i].offset, fixed[i].size_bytes))
            return is_missing(source, fixed[i].type);
    return true;
}

/* Entries of one size, at most so many as there is room for. */
static bool take_entries(const struct source *source, enum record_type type, void *to,
                         size_t entry_bytes, size_t room_bytes, uint32_t *count)
{
    struct record record;

    if (!record_find(source->records, source->size_bytes, type, source->vcpu, &record) ||
        record.size_bytes > room_bytes || record.size_bytes % entry_bytes != 0)
        return is_missing(source, type);
    memcpy(to, record.bytes, record.size_bytes);
    *count = (uint32_t)(record.size_bytes / entry_bytes);
    return true;
}

/* Its memory is in no record. */
static bool is_out_of_smm(const struct source *source, const struct vcpu_state *state)
{
    if (!state->events.smi.smm)
        return true;
    text_add(source->error, "vCPU %u: it is in system management mode", source->vcpu);
    return false;
}

bool vcpu_records_take(const void *records, size_t size_bytes, unsigned index,
                       struct vcpu_state *state, struct text *error)
{
    const struct source source = {records, size_bytes, index, error};

    memset(state, 0, sizeof *state);
    return take_fixed(&source, state) && is_out_of_smm(&source, state) &&
           take_entries(&source, RECORD_VCPU_XSAVE, state->xsave, 1, sizeof state->xsave,
                        &state->xsave_bytes) &&
           take_entries(&source, RECORD_VCPU_MSRS, state->msrs.entries,
                        sizeof state->msrs.entries[0], sizeof state->msrs.entries,
                        &state->msrs.count) &&
           take_entries(&source, RECORD_VCPU_CPUID, state->cpuid.entries,
                        sizeof state->cpuid.entries[0], sizeof state->cpuid.entries,
                        &state->cpuid.header.nent);
}
