/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a vCPU (vmm/kvm/vcpu_state.h) as records of a snapshot. Pure. */
#ifndef VMM_MACHINE_VCPU_RECORDS_H
#define VMM_MACHINE_VCPU_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "snapshot/record.h"
#include "vmm/kvm/vcpu_state.h"

void vcpu_records_add(struct note_writer *writer, unsigned index, const struct vcpu_state *state);

/*
 * Fills the state from the records of a vCPU. False, with one line without a newline in error: one
 * is missing or has a size that it cannot have.
 */
bool vcpu_records_take(const void *records, size_t size_bytes, unsigned index,
                       struct vcpu_state *state, struct text *error);

#endif
