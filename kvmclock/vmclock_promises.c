/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmclock_promises.h. */
#include "kvmclock/vmclock_promises.h"

#include <string.h>

#include "kvmclock/tsc_order.h"

#define BOUNDS (VMCLOCK_FLAG_TIME_MAXERROR_VALID | VMCLOCK_FLAG_PERIOD_MAXERROR_VALID)

static bool has_bounds(const struct vmclock_page *page)
{
    return (page->flags & BOUNDS) == BOUNDS;
}

static uint64_t saturate(vmclock_time value)
{
    return value < UINT64_MAX ? (uint64_t)value : UINT64_MAX;
}

/* The same period with another shift. Shifts differ by 1, where a rate is next to a power of two.
 */
static uint64_t with_shift(uint64_t period, uint8_t from, uint8_t to)
{
    return to > from ? saturate((vmclock_time)period << (to - from)) : period >> (from - to);
}

static vmclock_time passed(const struct vmclock_cone *cone, uint64_t tsc, uint64_t period)
{
    return ((vmclock_time)(tsc - cone->tsc) * period) >> cone->shift;
}

static struct vmclock_cone cone_of(const struct vmclock_page *page)
{
    uint64_t tsc = page->counter_value;
    vmclock_time time = vmclock_page_time(page, tsc), error = vmclock_page_max_error(page, tsc);
    uint64_t period = page->counter_period_frac_sec;
    uint64_t period_error = page->counter_period_maxerror_rate_frac_sec;

    return (struct vmclock_cone){
        .tsc = tsc,
        .lowest = time > error ? time - error : 0,
        .highest = time + error,
        .shift = page->counter_period_shift,
        .slowest = period > period_error ? period - period_error : 0,
        .fastest = saturate((vmclock_time)period + period_error),
    };
}

/* What the cone says from the page's counter_value on, in the page's units. */
static void move_to(struct vmclock_cone *cone, const struct vmclock_page *page)
{
    cone->lowest += passed(cone, page->counter_value, cone->slowest);
    cone->highest += passed(cone, page->counter_value, cone->fastest);
    cone->slowest = with_shift(cone->slowest, cone->shift, page->counter_period_shift);
    cone->fastest = with_shift(cone->fastest, cone->shift, page->counter_period_shift);
    cone->shift = page->counter_period_shift;
    cone->tsc = page->counter_value;
}

static bool cone_has(const struct vmclock_cone *cone, const struct vmclock_page *page)
{
    vmclock_time time = vmclock_page_time(page, page->counter_value);
    uint64_t period = page->counter_period_frac_sec;

    return cone->lowest <= time && time <= cone->highest && cone->slowest <= period &&
           period <= cone->fastest;
}

/* Both are of one TSC value. */
static void cut(struct vmclock_cone *cone, const struct vmclock_cone *other)
{
    if (other->lowest > cone->lowest)
        cone->lowest = other->lowest;
    if (other->highest < cone->highest)
        cone->highest = other->highest;
    if (other->slowest > cone->slowest)
        cone->slowest = other->slowest;
    if (other->fastest < cone->fastest)
        cone->fastest = other->fastest;
}

static vmclock_time distance(const struct vmclock_page *a, const struct vmclock_page *b,
                             uint64_t tsc)
{
    vmclock_time a_time = vmclock_page_time(a, tsc), b_time = vmclock_page_time(b, tsc);

    return a_time > b_time ? a_time - b_time : b_time - a_time;
}

static bool is_inside_at(const struct vmclock_page *bounds, const struct vmclock_page *page,
                         uint64_t tsc)
{
    return distance(bounds, page, tsc) <= vmclock_page_max_error(bounds, tsc);
}

static uint64_t cycles_of(const struct vmclock_page *page, vmclock_time time)
{
    return saturate((time << page->counter_period_shift) / (page->counter_period_frac_sec | 1));
}

static void forget_oldest(struct vmclock_promises *promises)
{
    promises->recent_count--;
    memmove(promises->recent, promises->recent + 1,
            promises->recent_count * sizeof promises->recent[0]);
}

static void forget_before(struct vmclock_promises *promises, uint64_t tsc)
{
    while (promises->recent_count > 0 && tsc_is_before(promises->recent[0].end_tsc, tsc))
        forget_oldest(promises);
}

/* shown ends; false if there is no room. */
static bool remember(struct vmclock_promises *promises, const struct vmclock_page *shown,
                     uint64_t end_tsc)
{
    if (promises->recent_count == VMCLOCK_RECENT_PAGES)
        return false;
    promises->recent[promises->recent_count++] = (struct vmclock_recent){*shown, end_tsc};
    return true;
}

/* Of TSC values from oldest_tsc on. */
static bool past_has(const struct vmclock_promises *promises, const struct vmclock_page *page,
                     uint64_t oldest_tsc)
{
    for (unsigned i = 0; i < promises->recent_count; i++) {
        const struct vmclock_recent *recent = &promises->recent[i];
        uint64_t first_tsc = recent->page.counter_value;

        if (tsc_is_before(first_tsc, oldest_tsc))
            first_tsc = oldest_tsc;
        if (!is_inside_at(&recent->page, page, first_tsc) ||
            !is_inside_at(&recent->page, page, recent->end_tsc))
            return false;
    }
    return true;
}

static bool keeps_the_past(struct vmclock_promises *promises, const struct vmclock_page *shown,
                           const struct vmclock_page *next)
{
    uint64_t tsc = next->counter_value;
    uint64_t oldest_tsc = tsc - cycles_of(next, VMCLOCK_PROMISE_SEC * VMCLOCK_SECOND);

    forget_before(promises, oldest_tsc);
    if (has_bounds(shown) && !remember(promises, shown, tsc))
        return false;
    return past_has(promises, next, oldest_tsc);
}

/* Without bounds of the time: by what has been measured. */
static bool was_set(const struct vmclock_promises *promises, const struct vmclock_page *shown,
                    const struct vmclock_page *next, uint64_t reading_error_ns)
{
    struct vmclock_page measured = *shown;

    measured.time_maxerror_nanosec = promises->reading_error_ns + reading_error_ns;
    return (shown->flags & VMCLOCK_FLAG_PERIOD_MAXERROR_VALID) != 0 &&
           !is_inside_at(&measured, next, next->counter_value);
}

static void bind(struct vmclock_promises *promises, const struct vmclock_page *page)
{
    struct vmclock_cone cone = cone_of(page);

    if (promises->is_bound)
        cut(&promises->cone, &cone);
    else
        promises->cone = cone;
    promises->is_bound = true;
}

void vmclock_promises_begin(struct vmclock_promises *promises, const struct vmclock_page *page,
                            uint64_t reading_error_ns)
{
    promises->reading_error_ns = reading_error_ns;
    promises->is_bound = false;
    promises->recent_count = 0;
    if (has_bounds(page))
        bind(promises, page);
}

bool vmclock_promises_follow(struct vmclock_promises *promises, const struct vmclock_page *shown,
                             const struct vmclock_page *next, uint64_t reading_error_ns)
{
    if (tsc_is_before(next->counter_value, shown->counter_value))
        return false;
    if (!has_bounds(shown) && was_set(promises, shown, next, reading_error_ns))
        return false;
    if (promises->is_bound) {
        move_to(&promises->cone, next);
        if (!cone_has(&promises->cone, next) || !keeps_the_past(promises, shown, next))
            return false;
    }
    promises->reading_error_ns = reading_error_ns;
    if (has_bounds(next))
        bind(promises, next);
    return true;
}

static bool is_off(const struct vmclock_page *shown, const struct vmclock_page *next,
                   uint64_t reading_error_ns)
{
    return distance(shown, next, next->counter_value) > vmclock_time_from_ns(reading_error_ns);
}

static bool is_better(const struct vmclock_page *shown, const struct vmclock_page *next)
{
    uint64_t tsc = next->counter_value;

    return has_bounds(next) &&
           vmclock_page_max_error(shown, tsc) > 2 * vmclock_page_max_error(next, tsc);
}

bool vmclock_promises_is_news(const struct vmclock_page *shown, const struct vmclock_page *next,
                              uint64_t reading_error_ns)
{
    return shown->flags != next->flags || shown->clock_status != next->clock_status ||
           shown->leap_indicator != next->leap_indicator ||
           shown->tai_offset_sec != next->tai_offset_sec || is_off(shown, next, reading_error_ns) ||
           is_better(shown, next);
}
