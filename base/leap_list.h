/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leap-seconds.list: since when TAI has been ahead of UTC by how many seconds, and until when that
 * is known.
 *
 * The file is of the IERS, and systems have it in their packages of time zones. Its times are
 * seconds since 1900. A line "#@ N" is the date of its expiry; other lines that begin with '#' are
 * comments; any other is "N OFFSET", in ascending order of N: from N on TAI is OFFSET seconds
 * ahead.
 *
 * Pure.
 */
#ifndef BASE_LEAP_LIST_H
#define BASE_LEAP_LIST_H

#include <stdbool.h>
#include <stdint.h>

/* There were 28 up to 2017. */
#define LEAP_LIST_MAX 100

struct leap_list_entry {
    uint64_t since_sec;
    int16_t tai_offset_sec;
};

/* Times are seconds since 1970, UTC. */
struct leap_list {
    unsigned count;
    struct leap_list_entry entries[LEAP_LIST_MAX];
    uint64_t expires_sec;
};

/* False if the text is no such list: a line is none of those, or there is no offset or no expiry.
 */
bool leap_list_parse(struct leap_list *list, const char *text);

/* TAI - UTC at that date; false if the list begins later. */
bool leap_list_offset(const struct leap_list *list, uint64_t utc_sec, int16_t *tai_offset_sec);

#endif
