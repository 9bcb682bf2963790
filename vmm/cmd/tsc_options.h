/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --tsc and --tsc-best-effort. The value of --tsc is [VCPU:]WORD,WORD with a word of
 *
 *   khz=N            the rate, in whole kilohertz as KVM takes it
 *   offset=[+|-]N    how far the TSC is ahead of those without an offset; with ns, us, ms or s, and
 *                    nanoseconds without
 *
 * VCPU is the number of one vCPU, from 0; without it, the words are for all. The option may be
 * given more than once. Where two of them say something of the same vCPU, the last counts.
 */
#ifndef VMM_CMD_TSC_OPTIONS_H
#define VMM_CMD_TSC_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table tsc_option_table;

/* --tsc-best-effort, which restore has as well. */
bool tsc_options_apply_best_effort(struct options *options, const char *value);

/* Takes the words over; false if one is not accepted. */
bool tsc_options_apply(struct options *options, const char *value);

#endif
