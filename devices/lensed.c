/* SPDX-License-Identifier: BSD-2-Clause */
/* See lensed.h. */
#include "devices/lensed.h"

#include <stddef.h>

static struct lensed *lensed_of(struct device *dev)
{
    return (struct lensed *)dev;
}

bool lensed_is_active(const struct lensed *lensed)
{
    return lensed->inner != NULL;
}

static uint64_t until_the_end(uint64_t ns)
{
    return ns < DEVICE_END_NS ? ns : DEVICE_END_NS - 1;
}

/* Without its jitter. */
static uint64_t smooth_ns(const struct lensed *lensed, uint64_t now_ns)
{
    return until_the_end(lens_at(&lensed->lens, now_ns));
}

uint64_t lensed_now(const struct lensed *lensed, uint64_t now_ns)
{
    if (!lensed_is_active(lensed))
        return now_ns;
    return until_the_end(jitter_at(&lensed->jitter, smooth_ns(lensed, now_ns)));
}

/* In guest time; what is due at the end of all times or later never comes. */
static uint64_t next_deadline_ns(const struct lensed *lensed)
{
    uint64_t deadline_ns = timerq_next_deadline_ns(&lensed->timers);

    if (deadline_ns >= DEVICE_END_NS)
        return TIME_NEVER_NS;
    return lens_guest_ns(&lensed->lens, jitter_time_ns(&lensed->jitter, deadline_ns));
}

void lensed_follow(struct lensed *lensed)
{
    if (lensed_is_active(lensed))
        timerq_arm(lensed->outside, &lensed->timer, next_deadline_ns(lensed));
}

/* As late as the run outside is, in the device's time. */
static void fire(void *ctx, uint64_t deadline_ns)
{
    struct lensed *lensed = ctx;
    uint64_t run_now_ns = lensed->outside->run_now_ns;

    timerq_run(&lensed->timers,
               lensed_now(lensed, run_now_ns > deadline_ns ? run_now_ns : deadline_ns));
    lensed_follow(lensed);
}

static uint64_t read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    struct lensed *lensed = lensed_of(dev);
    uint64_t value =
        lensed->inner->ops->read(lensed->inner, lensed_now(lensed, now_ns), reg, size_bytes);

    lensed_follow(lensed);
    return value;
}

static void write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                  uint64_t value)
{
    struct lensed *lensed = lensed_of(dev);

    lensed->inner->ops->write(lensed->inner, lensed_now(lensed, now_ns), reg, size_bytes, value);
    lensed_follow(lensed);
}

static void reset(struct device *dev, uint64_t now_ns)
{
    struct lensed *lensed = lensed_of(dev);

    lensed->inner->ops->reset(lensed->inner, lensed_now(lensed, now_ns));
    lensed_follow(lensed);
}

static const struct device_ops ops = {
    .name = "lensed",
    .read = read,
    .write = write,
    .reset = reset,
};

void lensed_begin(struct lensed *lensed, struct device *inner, struct timerq *outside,
                  unsigned rank)
{
    *lensed = (struct lensed){.dev = {&ops}, .inner = inner, .outside = outside};
    timerq_move(outside, &lensed->timers, rank);
    timer_init(&lensed->timer, timer_rank(rank, 0), fire, lensed);
    lensed_follow(lensed);
}

static void begin_piece(struct lensed *lensed, uint64_t now_ns, int64_t ppb)
{
    lensed->lens = lens_with_rate(&lensed->lens, now_ns, ppb);
    lensed->lens.shown_ns = until_the_end(lensed->lens.shown_ns);
    lensed_follow(lensed);
}

void lensed_set_rate(struct lensed *lensed, uint64_t now_ns, int64_t ppb)
{
    lensed->ppb = ppb;
    lensed->stands = false;
    begin_piece(lensed, now_ns, ppb);
}

void lensed_step(struct lensed *lensed, uint64_t now_ns, uint64_t by_ns)
{
    begin_piece(lensed, now_ns, lensed->lens.ppb);
    lensed->lens.shown_ns += by_ns;
    jitter_step(&lensed->jitter, (int64_t)by_ns);
    lensed_follow(lensed);
}

void lensed_stick(struct lensed *lensed, uint64_t now_ns, bool stands)
{
    lensed->stands = stands;
    begin_piece(lensed, now_ns, stands ? LENS_STANDS_PPB : lensed->ppb);
}

void lensed_set_jitter(struct lensed *lensed, uint64_t now_ns, const struct jitter *jitter)
{
    uint64_t shown_ns = lensed_now(lensed, now_ns);

    begin_piece(lensed, now_ns, lensed->lens.ppb);
    if (jitter->by_ns == 0) {
        lensed->jitter = jitter_end(&lensed->jitter, lensed->lens.shown_ns);
    } else {
        lensed->lens.shown_ns = shown_ns;
        lensed->jitter = *jitter;
        lensed->jitter.zero_ns = (int64_t)shown_ns;
    }
    lensed_follow(lensed);
}
