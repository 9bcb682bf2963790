/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of how Linux chooses a clocksource, as a table with reasons. Of those that the machine
 * and the kernel offer, Linux chooses the one with the highest rating.
 *
 * One thing is taken from the kernel's own log: whether it trusts the TSC, because that depends on
 * how fast this host answers exits. Everything else follows from the machine.
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

/* The clocksource that Linux should have chosen; never NULL. */
const struct model_choice *model_choose(const struct check_machine *machine,
                                        const struct report *report);

#endif
