/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of `--kvmclock`, who publishes it, and `--kvmclock-follow`, which clock of the host.
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_CLOCK_OPTIONS_H
#define VMM_CMD_CLOCK_OPTIONS_H

#include <stdbool.h>

#include "vmm/cmd/options.h"

#define CLOCK_OPTIONS_KVMCLOCK_ACCEPTED "user, kernel or off"
#define CLOCK_OPTIONS_FOLLOW_ACCEPTED   "raw or monotonic"

/* Takes the value over; false if it is not accepted. */
bool clock_options_apply_kvmclock(struct options *options, const char *value);
bool clock_options_apply_follow(struct options *options, const char *value);

/* The value of --kvmclock that asks for mode. */
const char *clock_options_kvmclock_word(enum kvmclock_mode mode);

#endif
