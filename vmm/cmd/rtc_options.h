/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of `--rtc`: words with commas between them.
 *
 *   base=utc|localtime|YYYY-MM-DDTHH:MM:SS   what the clock shows at the start
 *   clock=vm|host                            what drives it, see machine_rtc.h
 *   nvram=FILE                               where it is kept, see nvram_file.h; no comma in FILE
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_RTC_OPTIONS_H
#define VMM_CMD_RTC_OPTIONS_H

#include <stdbool.h>

#include "vmm/cmd/options.h"

#define RTC_OPTIONS_ACCEPTED                                                                       \
    "base=utc, base=localtime or base=YYYY-MM-DDTHH:MM:SS with a year from 1970 to 2199, "         \
    "clock=vm or clock=host, and nvram=FILE; with commas between them and none in FILE"

/* Takes the words over; false if one is not accepted. */
bool rtc_options_apply(struct options *options, const char *value);

#endif
