/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAI - UTC, of which a host need not know anything: its kernel says 0 unless an NTP client has
 * told it. So the user may say it, or name a leap-seconds.list (base/leap_list.h).
 *
 * A number of the user's follows the leap seconds that the kernel makes from then on. A list says
 * it for each date; inside a leap second, which the kernel counts as the last second of the day
 * once more, it is already that of the next day, as the kernel's own is.
 */
#ifndef VMM_HOST_TAI_OFFSET_H
#define VMM_HOST_TAI_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/leap_list.h"
#include "vmm/host/host_clock.h"

/* Where Debian's tzdata has the list. */
#define TAI_OFFSET_LIST_PATH "/usr/share/zoneinfo/leap-seconds.list"

enum tai_offset_source {
    TAI_OFFSET_UNSAID, /* the kernel's, or that of TAI_OFFSET_LIST_PATH unless that has expired */
    TAI_OFFSET_NUMBER,
    TAI_OFFSET_KERNEL,
    TAI_OFFSET_LIST,
};

/* What the user says. */
struct tai_offset_choice {
    enum tai_offset_source source;
    int16_t sec;
    /* With TAI_OFFSET_LIST; belongs to argv. */
    const char *path;
};

struct tai_offset {
    enum tai_offset_source source;
    int16_t sec;
    int16_t kernel_sec;
    /* Empty: there is none. */
    struct leap_list list;
};

/*
 * Reads the list, if there is to be one, at that date. A line says if the user's has expired. 0, or
 * a negative errno after an error line: the user's list cannot be read, or is none.
 */
int tai_offset_open(struct tai_offset *offset, const struct tai_offset_choice *choice,
                    uint64_t utc_sec);

/*
 * What it is at that date, when adjtimex says this of the host. False, and *sec stays, if it is not
 * known.
 */
bool tai_offset_at(struct tai_offset *offset, uint64_t utc_sec, const struct host_ntp *ntp,
                   int16_t *sec);

#endif
