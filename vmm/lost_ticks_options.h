/*
 * The value of `--lost-ticks`: words with commas between them, the last of each device counts.
 *
 *   pit=drop|burst|slew   and likewise rtc= and hpet=; see devices/tick_policy.h
 */
#ifndef VMM_LOST_TICKS_OPTIONS_H
#define VMM_LOST_TICKS_OPTIONS_H

#include <stdbool.h>

#include "vmm/options.h"

#define LOST_TICKS_OPTIONS_ACCEPTED                                                                \
    "pit=, rtc= and hpet=, each with drop, burst or slew, and commas between them"

/* Takes the words over; false if one is not accepted. */
bool lost_ticks_options_apply(struct options *options, const char *value);

/* The word that stands for it. */
const char *lost_ticks_options_word(enum lost_ticks kind);

#endif
