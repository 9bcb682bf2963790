/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of `--tsc`: [VCPU:]WORD,WORD with a word of
 *
 *   khz=N            the rate, in whole kilohertz as KVM takes it
 *   offset=[+|-]N    how far the TSC is ahead of those without an offset; with ns, us, ms or s, and
 *                    nanoseconds without
 *
 * VCPU is the number of one, from 0; without it, the words are for all. The option may be given
 * more than once: of what is said twice of a vCPU the last counts.
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_TSC_OPTIONS_H
#define VMM_CMD_TSC_OPTIONS_H

#include <stdbool.h>

#include "vmm/cmd/options.h"

#define TSC_OPTIONS_ACCEPTED                                                                       \
    "khz=N with N from 1000 to 10000000, and offset=N with a sign and ns, us, ms or s if wanted; " \
    "a comma between them, and VCPU: before them if they are for one vCPU"

/* Takes the words over; false if one is not accepted. */
bool tsc_options_apply(struct options *options, const char *value);

#endif
