/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How exact a periodic interrupt was, from the times at which its handler ran.
 *
 * A tick can be late, never early, so the earliest ones near each end give the source's own period,
 * and the earliest of all its phase: lateness is counted from there. That leaves out the least
 * delay that there is, and the source's rate, which has a figure of its own: a source with a wrong
 * rate is not called late. Ticks that come late in a row are late if the backlog is made up for,
 * and if it is not, those between are lost. Where many are lost, what is left says little of
 * lateness.
 */
#ifndef TESTS_BENCH_TICK_FIGURES_H
#define TESTS_BENCH_TICK_FIGURES_H

#include <stddef.h>

struct tick_figures {
    /* Periods that have passed without a tick; negative: ticks that no period accounts for. */
    long lost;
    /* Of the source's frequency; positive is fast. */
    double rate_error_ppb;
    double median_ns;
    double p99_ns;
    double max_ns;
};

struct tick {
    /* When the handler ran; tick_figures_of leaves the tick's lateness here, ascending. */
    double at_ns;
    /* Of the period that it is the tick of; tick_figures_of fills it in. */
    long period;
};

#define TICK_FIGURES_MIN 100

/*
 * Of count ticks in rising order, at least TICK_FIGURES_MIN. period_ns is exact for the source: its
 * own may differ by so little that it makes less than a quarter of a period over all of them.
 */
struct tick_figures tick_figures_of(struct tick *ticks, size_t count, double period_ns);

#endif
