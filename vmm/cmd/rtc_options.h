/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --rtc. Its value is words with commas between them; the last of each kind counts.
 *
 *   base=utc|localtime|YYYY-MM-DDTHH:MM:SS   what the clock shows at the start
 *   clock=vm|host                            what drives it, see machine_rtc.h
 *   nvram=FILE                               where it is kept, see nvram_file.h; no comma in FILE
 */
#ifndef VMM_CMD_RTC_OPTIONS_H
#define VMM_CMD_RTC_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table rtc_option_table;

/* Takes the words over; false if one is not accepted. */
bool rtc_options_apply(struct options *options, const char *value);

#endif
