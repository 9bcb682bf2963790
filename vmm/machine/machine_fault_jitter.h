/* SPDX-License-Identifier: BSD-2-Clause */
/* What the faults CLOCK.jitter have in common: those of the chips, and kvm-clock's. */
#ifndef VMM_MACHINE_MACHINE_FAULT_JITTER_H
#define VMM_MACHINE_MACHINE_FAULT_JITTER_H

#include <stdbool.h>

#include "base/text.h"
#include "kvmclock/jitter.h"
#include "timelab/fault.h"

struct machine;

/* As fault_doer.is_possible: a clock would have to go back for more. */
bool machine_fault_may_jitter(const struct machine *machine, const struct fault *fault,
                              struct text *why);

/* As the fault says; its end, which has by_ns 0. zero_ns is for the clock to say. */
struct jitter machine_fault_jitter(const struct fault *fault);

/*
 * A kvm-clock that jitters is published anew where its line turns (kvmclock/jitter.h), from a
 * timer. Under the machine's lock: once a new board is there; after its faults have changed.
 */
void machine_fault_jitter_attach(struct machine *machine);
void machine_fault_jitter_follow(struct machine *machine);

#endif
