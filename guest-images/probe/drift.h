/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drift: how much faster than the host's a guest clock runs, in parts per billion, and how sure
 * that is.
 *
 * A moment ties one instant of the host to the guest's clock in two ways:
 *
 *   bracket  the guest reads its clock, makes the one exit in which the host samples its clocks,
 *            and reads its clock again. The host's instant lies between the two reads; that is
 *            certain, but an exit is microseconds wide.
 *   pair     the guest reads TSC, its clock, TSC. This costs no exit, so it is much narrower; the
 *            host's record holds the same kind of pair of its own TSC and clock.
 *
 * Between two moments the brackets give a drift that assumes nothing. The pairs give a narrower one
 * that assumes that guest and host TSC run at one rate; it is used only where the brackets do not
 * contradict that. Every uncertainty is a bound: half the widths of both ends, over the baseline.
 */
#ifndef GUEST_IMAGES_PROBE_DRIFT_H
#define GUEST_IMAGES_PROBE_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/reference.h"

struct bracket {
    uint64_t before_ns;
    uint64_t after_ns;
    uint64_t before_tsc;
    uint64_t after_tsc;
    struct reference_record host;
};

struct tsc_pair {
    uint64_t before_tsc;
    uint64_t clock_ns;
    uint64_t after_tsc;
};

struct moment {
    struct bracket bracket;
    struct tsc_pair pair;
    /* The host's pair: of the records around this moment, the one with the narrowest sample. */
    struct reference_sample host_pair;
};

struct ppb {
    int64_t value;
    uint64_t uncertainty;
};

struct drift {
    /* False: no reference device, or its values do not make an interval. */
    bool known;
    uint64_t baseline_ns;
    /* The better of the two below. */
    struct ppb best;
    bool through_tsc;
    struct ppb by_bracket;
    /* The guest's TSC against the host's. */
    struct ppb tsc;
    /* The machine's guest time against the host's clock: two instants of one exit. */
    struct ppb machine;
};

/* The width of the guest's clock reads around the host's instant. */
uint64_t bracket_width_ns(const struct bracket *bracket);

/* The guest's clock minus a host clock at the bracket's instant, +- half the width. */
int64_t bracket_offset_ns(const struct bracket *bracket, uint64_t host_ns);

/* (measured - reference) / reference in parts per billion, saturated; reference is not 0. */
int64_t ppb_between(uint64_t measured, uint64_t reference);

/* The drift from one moment to a later one of the same clock. */
struct drift drift_between(const struct moment *start, const struct moment *end);

/*
 * Widens the uncertainties: what was read of the clock may be up to age_ns older than the read. One
 * end alone being so old is the worst case.
 */
void drift_allow_age(struct drift *drift, uint64_t age_ns);

/* The TSC's rate by the guest's own clock, 0 if unknown. */
uint64_t tsc_hz_between(const struct tsc_pair *start, const struct tsc_pair *end);

#endif
