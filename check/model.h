/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of Linux's choice of a clocksource, as a table with reasons: of those that the machine
 * and the kernel offer, the one with the highest rating. What the kernel thinks of the TSC depends
 * on how fast this host answers exits, so that alone is taken from the kernel's own log; the rest
 * follows from the machine.
 */
#ifndef CHECK_MODEL_H
#define CHECK_MODEL_H

#include "check/expectation.h"
#include "guest-images/probe/report.h"

/* clocksource=MODEL_NAME expects what the model says. */
#define MODEL_NAME "model"

struct model_choice {
    const char *name;
    const char *reason;
};

const struct model_choice *model_choose(const struct check_machine *machine,
                                        const struct report *report);

#endif
