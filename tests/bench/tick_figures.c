/* SPDX-License-Identifier: BSD-2-Clause */
/* See tick_figures.h. */
#include "tests/bench/tick_figures.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

/*
 * How far before the line, in periods, a tick may be: while the phase is a guess and the source may
 * be fast, and when the line is that of the earliest tenth. A tick so late that it comes then, and
 * the next of which is lost, is taken for the next one: nothing tells them apart.
 */
#define EARLY_OF_GUESS 0.25
#define EARLY          0.05
/*
 * Ticks at the end, and the part of all ticks at the start, in which a backlog, if it is one, is
 * made up for. The start has more, because a guest that starts is slow for a while.
 */
#define END_TICKS  16
#define START_PART 50
/* Parts of a period in which the phase is looked for. */
#define PHASES 64
/* Which take two periods to less than a picosecond. */
#define BISECTIONS 42

/* A source as it would tick were it never late. */
struct line {
    double origin_ns;
    double period_ns;
    /* What a tick may be before it, in periods. */
    double early;
};

static double lateness_ns(const struct tick *tick, struct line line)
{
    return tick->at_ns - line.origin_ns - (double)tick->period * line.period_ns;
}

static double least_lateness_ns(const struct tick *ticks, size_t count, struct line line)
{
    double least_ns = lateness_ns(&ticks[0], line);

    for (size_t i = 1; i < count; i++)
        least_ns = fmin(least_ns, lateness_ns(&ticks[i], line));
    return least_ns;
}

/* The lateness that a tenth of some ticks is below, found by bisection. */
static double decile_ns(const struct tick *ticks, size_t count, struct line line)
{
    double low_ns = -line.period_ns, high_ns = line.period_ns;

    for (int i = 0; i < BISECTIONS; i++) {
        double middle_ns = (low_ns + high_ns) / 2;
        size_t below = 0;

        for (size_t k = 0; k < count; k++)
            below += lateness_ns(&ticks[k], line) < middle_ns;
        if (below < count / 10)
            low_ns = middle_ns;
        else
            high_ns = middle_ns;
    }
    return high_ns;
}

/* By how many periods tick i is behind, if it is the tick of the last one that has begun. */
static long behind(const struct tick *ticks, size_t i, struct line line)
{
    double periods = (ticks[i].at_ns - line.origin_ns) / line.period_ns;

    return (long)floor(periods + line.early) - (long)i;
}

static long least_behind(const struct tick *ticks, size_t first, size_t end, struct line line)
{
    long least = LONG_MAX;

    for (size_t i = first; i < end; i++)
        if (behind(ticks, i, line) < least)
            least = behind(ticks, i, line);
    return least;
}

/* What a tick is behind and its successors are not is late; what never gets less is lost. */
static void find_periods(struct tick *ticks, size_t count, struct line line)
{
    long lost = LONG_MAX;

    for (size_t i = count; i-- > 0;) {
        if (behind(ticks, i, line) < lost)
            lost = behind(ticks, i, line);
        ticks[i].period = (long)i + lost;
    }
}

/* Where in its period a tick came, in parts of PHASES. */
static size_t phase_of(const struct tick *tick, double first_ns, double period_ns)
{
    double periods = (tick->at_ns - first_ns) / period_ns;

    return (size_t)((periods - floor(periods)) * PHASES) % PHASES;
}

/*
 * A line of that period through the phase at which most ticks come, the quarter of a period in
 * which there are the most. A few ticks, such as a backlog at the start, do not move it, and lost
 * ones do not either: they are whole periods.
 */
static struct line guess(const struct tick *ticks, size_t count, double period_ns)
{
    struct line line = {ticks[0].at_ns, period_ns, EARLY_OF_GUESS};
    size_t at_phase[PHASES] = {0}, in_quarter = 0, most = 0, best = 0;

    for (size_t i = 0; i < count; i++)
        at_phase[phase_of(&ticks[i], ticks[0].at_ns, period_ns)]++;
    for (size_t phase = 0; phase < PHASES / 4; phase++)
        in_quarter += at_phase[phase];
    for (size_t phase = 0; phase < PHASES; phase++) {
        if (in_quarter > most) {
            most = in_quarter;
            best = phase;
        }
        in_quarter += at_phase[(phase + PHASES / 4) % PHASES];
        in_quarter -= at_phase[phase];
    }
    line.origin_ns += (double)best / PHASES * period_ns;
    return line;
}

/*
 * Through the earliest tenth of the first fifth of the ticks and that of the last fifth. A tenth,
 * because a few ticks may have been taken for others.
 */
static struct line fit(const struct tick *ticks, size_t count, struct line line)
{
    size_t fifth = count / 5, last = count - fifth;
    double first_ns = decile_ns(ticks, fifth, line);
    double drift_ns = decile_ns(ticks + last, fifth, line) - first_ns;
    double drift_per_period = drift_ns / (double)(ticks[last].period - ticks[0].period);

    line.origin_ns += first_ns;
    line.period_ns += drift_per_period;
    return line;
}

static int compare(const void *a, const void *b)
{
    double a_ns = ((const struct tick *)a)->at_ns, b_ns = ((const struct tick *)b)->at_ns;

    return (a_ns > b_ns) - (a_ns < b_ns);
}

struct tick_figures tick_figures_of(struct tick *ticks, size_t count, double period_ns)
{
    struct line exact = guess(ticks, count, period_ns), own;
    struct tick_figures figures;

    find_periods(ticks, count, exact);
    own = fit(ticks, count, exact);
    own.early = EARLY;
    find_periods(ticks, count, own);
    own = fit(ticks, count, own);
    own.origin_ns += least_lateness_ns(ticks, count, own);
    exact.origin_ns = own.origin_ns;
    figures.lost = least_behind(ticks, count - END_TICKS, count, exact) -
                   least_behind(ticks, 0, count / START_PART + END_TICKS, exact);
    figures.rate_error_ppb = (period_ns / own.period_ns - 1) * 1e9;
    for (size_t i = 0; i < count; i++)
        ticks[i].at_ns = lateness_ns(&ticks[i], own);
    qsort(ticks, count, sizeof ticks[0], compare);
    figures.median_ns = ticks[count / 2].at_ns;
    figures.p99_ns = ticks[count * 99 / 100].at_ns;
    figures.max_ns = ticks[count - 1].at_ns;
    return figures;
}
