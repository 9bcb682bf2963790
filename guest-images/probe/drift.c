/* SPDX-License-Identifier: BSD-2-Clause */
/* See drift.h. */
#include "guest-images/probe/drift.h"

#include "base/time_math.h"

#define PPB 1000000000u

/* Beyond this a run is not what the probe makes, and sums of two would no longer fit. */
#define MAX_DELTA (UINT64_MAX / 4)

uint64_t bracket_width_ns(const struct bracket *bracket)
{
    return bracket->after_ns - bracket->before_ns;
}

static uint64_t middle(uint64_t low, uint64_t high)
{
    return low + (high - low) / 2;
}

int64_t bracket_offset_ns(const struct bracket *bracket, uint64_t host_ns)
{
    return (int64_t)(middle(bracket->before_ns, bracket->after_ns) - host_ns);
}

static uint64_t magnitude_ppb(uint64_t part, uint64_t whole)
{
    uint64_t ppb = mul_div_ceil(part, PPB, whole);

    return ppb > INT64_MAX ? INT64_MAX : ppb;
}

int64_t ppb_between(uint64_t measured, uint64_t reference)
{
    bool slow = measured < reference;
    uint64_t difference = slow ? reference - measured : measured - reference;
    uint64_t ppb = mul_div_floor(difference, PPB, reference);

    if (ppb > INT64_MAX)
        ppb = INT64_MAX;
    return slow ? -(int64_t)ppb : (int64_t)ppb;
}

/* The deltas from start to end that the comparisons are made of. */
struct deltas {
    uint64_t guest_ns;
    uint64_t guest_tsc;
    uint64_t pair_ns;
    uint64_t pair_tsc;
    uint64_t host_ns;
    uint64_t host_tsc;
    uint64_t host_pair_ns;
    uint64_t host_pair_tsc;
    uint64_t machine_ns;
    /* Half the widths of both ends. */
    uint64_t bracket_ns;
    uint64_t bracket_tsc;
    uint64_t pair_width_tsc;
    uint64_t host_width_tsc;
    uint64_t host_pair_width_tsc;
};

static uint64_t half_sum(uint64_t a, uint64_t b)
{
    return a / 2 + b / 2 + 1;
}

static struct deltas deltas_between(const struct moment *start, const struct moment *end)
{
    const struct bracket *b0 = &start->bracket, *b1 = &end->bracket;
    const struct tsc_pair *p0 = &start->pair, *p1 = &end->pair;
    const struct reference_sample *h0 = &start->host_pair, *h1 = &end->host_pair;

    return (struct deltas){
        .guest_ns = middle(b1->before_ns, b1->after_ns) - middle(b0->before_ns, b0->after_ns),
        .guest_tsc = middle(b1->before_tsc, b1->after_tsc) - middle(b0->before_tsc, b0->after_tsc),
        .pair_ns = p1->clock_ns - p0->clock_ns,
        .pair_tsc = middle(p1->before_tsc, p1->after_tsc) - middle(p0->before_tsc, p0->after_tsc),
        .host_ns = b1->host.sample.host_monotonic_raw_ns - b0->host.sample.host_monotonic_raw_ns,
        .host_tsc = b1->host.sample.host_tsc - b0->host.sample.host_tsc,
        .host_pair_ns = h1->host_monotonic_raw_ns - h0->host_monotonic_raw_ns,
        .host_pair_tsc = h1->host_tsc - h0->host_tsc,
        .machine_ns = b1->host.guest_ns - b0->host.guest_ns,
        .bracket_ns = half_sum(bracket_width_ns(b0), bracket_width_ns(b1)),
        .bracket_tsc = half_sum(b0->after_tsc - b0->before_tsc, b1->after_tsc - b1->before_tsc),
        .pair_width_tsc = half_sum(p0->after_tsc - p0->before_tsc, p1->after_tsc - p1->before_tsc),
        .host_width_tsc = half_sum(b0->host.sample.host_tsc_width, b1->host.sample.host_tsc_width),
        .host_pair_width_tsc = half_sum(h0->host_tsc_width, h1->host_tsc_width),
    };
}

static bool is_interval(uint64_t delta)
{
    return delta != 0 && delta <= MAX_DELTA;
}

static bool deltas_usable(const struct deltas *d)
{
    return is_interval(d->host_ns) && is_interval(d->host_tsc) && d->guest_ns <= MAX_DELTA &&
           d->guest_tsc <= MAX_DELTA && d->bracket_ns <= MAX_DELTA && d->bracket_tsc <= MAX_DELTA &&
           d->host_width_tsc <= MAX_DELTA;
}

/* The pairs can be used if nothing measured says that the two TSCs run at different rates. */
static bool tsc_rates_agree(const struct deltas *d, const struct ppb *tsc)
{
    uint64_t magnitude = tsc->value < 0 ? (uint64_t)-tsc->value : (uint64_t)tsc->value;

    return is_interval(d->pair_ns) && is_interval(d->pair_tsc) && d->pair_width_tsc <= MAX_DELTA &&
           is_interval(d->host_pair_ns) && is_interval(d->host_pair_tsc) &&
           d->host_pair_width_tsc <= MAX_DELTA && magnitude <= tsc->uncertainty;
}

static struct ppb ppb_by_pairs(const struct deltas *d)
{
    uint64_t host_ns = mul_div_floor(d->pair_tsc, d->host_pair_ns, d->host_pair_tsc);
    uint64_t width_tsc = d->pair_width_tsc + d->host_pair_width_tsc;

    if (host_ns == 0)
        return (struct ppb){0, UINT64_MAX};
    return (struct ppb){ppb_between(d->pair_ns, host_ns), magnitude_ppb(width_tsc, d->pair_tsc)};
}

void drift_allow_age(struct drift *drift, uint64_t age_ns)
{
    uint64_t more;

    if (!drift->known)
        return;
    more = magnitude_ppb(age_ns, drift->baseline_ns);
    drift->best.uncertainty += more;
    drift->by_bracket.uncertainty += more;
}

struct drift drift_between(const struct moment *start, const struct moment *end)
{
    struct deltas d = deltas_between(start, end);
    struct drift drift = {0};
    struct ppb by_pairs;
    uint64_t host_width_ns;

    if (!deltas_usable(&d))
        return drift;
    host_width_ns = mul_div_ceil(d.host_width_tsc, d.host_ns, d.host_tsc);
    drift.known = true;
    drift.baseline_ns = d.host_ns;
    drift.by_bracket.value = ppb_between(d.guest_ns, d.host_ns);
    drift.by_bracket.uncertainty = magnitude_ppb(d.bracket_ns + host_width_ns, d.host_ns);
    drift.machine.value = ppb_between(d.machine_ns, d.host_ns);
    drift.machine.uncertainty = magnitude_ppb(2 * d.bracket_ns, d.host_ns);
    drift.tsc.value = ppb_between(d.guest_tsc, d.host_tsc);
    drift.tsc.uncertainty = magnitude_ppb(d.bracket_tsc, d.host_tsc);
    drift.best = drift.by_bracket;
    if (!tsc_rates_agree(&d, &drift.tsc))
        return drift;
    by_pairs = ppb_by_pairs(&d);
    if (by_pairs.uncertainty < drift.best.uncertainty) {
        drift.best = by_pairs;
        drift.through_tsc = true;
    }
    return drift;
}

uint64_t tsc_hz_between(const struct tsc_pair *start, const struct tsc_pair *end)
{
    uint64_t delta_ns = end->clock_ns - start->clock_ns;

    if (!is_interval(delta_ns))
        return 0;
    return mul_div_floor(middle(end->before_tsc, end->after_tsc) -
                             middle(start->before_tsc, start->after_tsc),
                         NS_PER_SEC, delta_ns);
}
