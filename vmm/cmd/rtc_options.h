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

/*
 * Whether the text is a date that exists, as YYYY-MM-DDTHH:MM:SS; *seconds since 1970 UTC are then
 * valid. One before 1970 is a very late one.
 */
bool rtc_options_parse_date(const char *text, uint64_t *seconds);

/* Takes the words over; false if one is not accepted. */
bool rtc_options_apply(struct options *options, const char *value);

#endif
