/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user expects of a guest's clocks: the texts of `--expect`.
 *
 *   clocksource=NAME    the kernel has chosen this clocksource; NAME model: the one that Linux's
 *                       rules choose on this machine, see model.h
 *   available=A,B,C     the kernel offers all of these, and may offer others
 *   clockevent=NAME     every CPU's clock events come from this device
 *   broadcast=NAME      the kernel keeps this one for CPUs whose own device sleeps; none: it keeps
 *                       no device for that
 *   cpus=N              N CPUs are online
 *   drift<=N            CLOCK_MONOTONIC_RAW runs within N of the host's; N in ppb or ppm
 *   monotonic           no CPU has seen the kernel's clock go back
 *   realtime<=T         CLOCK_REALTIME is within T of the host's; T in ns, us, ms or s
 *   dmesg!=TEXT         no line of the kernel's log that the probe reports contains TEXT, and lines
 *                       of the kinds that it reports are all there
 *   stable              no line says that the kernel has measured a clock and found it unstable,
 *                       and they are all there
 *   checks              each check that the probe makes by itself has passed, or does not apply
 *   boot<=T             the probe runs within T of the guest's start
 *   profile=NAME        a usual set of these
 *
 * Numbers may have decimals.
 */
#ifndef CHECK_EXPECTATION_H
#define CHECK_EXPECTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-images/probe/parse.h"

#define EXPECTATION_TEXT_BYTES 160
#define EXPECTATIONS_MAX       32
/* Room for what is wrong with an expectation; a longer line is cut. */
#define EXPECTATION_ERROR_BYTES 640

enum expectation_kind {
    EXPECT_CLOCKSOURCE,
    EXPECT_AVAILABLE,
    EXPECT_CLOCKEVENT,
    EXPECT_BROADCAST,
    EXPECT_CPUS,
    EXPECT_DRIFT,
    EXPECT_MONOTONIC,
    EXPECT_REALTIME,
    EXPECT_DMESG,
    EXPECT_STABLE,
    EXPECT_CHECKS,
    EXPECT_BOOT,
};

struct expectation {
    enum expectation_kind kind;
    /* The text as the user or the profile gives it. */
    char text[EXPECTATION_TEXT_BYTES];
    /* The profile that it comes from; NULL if the user gave it. */
    const char *profile;
    /* Names of clocksources or of a clock event device; else empty. */
    struct name_list names;
    /* Of drift ppb, of realtime and boot ns, of cpus their number; else 0. */
    uint64_t limit;
    /* Of dmesg!= the place in text at which TEXT begins; else 0. */
    unsigned word_offset;
};

struct expectation_list {
    struct expectation items[EXPECTATIONS_MAX];
    unsigned count;
};

/* What the machine has: it decides whether an expectation can hold at all. */
struct check_machine {
    bool kvmclock;
    bool invtsc;
    bool hpet;
    bool pmtimer;
    unsigned cpu_count;
    /* --rtc or --time-rate gives the guest another date than the host's. */
    bool other_date;
    /* The guest was restored, and its date stood still since the save. */
    bool date_stood_still;
};

/*
 * Appends the expectation that text describes, or all of a profile. False: error holds one line
 * with the text and what is accepted, and the list is unchanged.
 */
bool expectation_add(struct expectation_list *list, const char *text, char *error,
                     size_t error_size);

/*
 * Whether all expectations can hold on this machine. False: one of them contradicts the machine or
 * another one, and error holds one line that names both.
 */
bool expectation_list_can_hold(const struct expectation_list *list,
                               const struct check_machine *machine, char *error, size_t error_size);

/*
 * Appends the expectations of a text, one in a line. Blanks around one do not count, nor do empty
 * lines and those that begin with '#'. False: error holds one line that says which one is wrong.
 */
bool expectation_add_lines(struct expectation_list *list, const char *text, char *error,
                           size_t error_size);

/* The smallest limit of the drift expectations, in ppb; 0 if there are none. */
uint64_t expectation_list_drift_ppb(const struct expectation_list *list);

#endif
