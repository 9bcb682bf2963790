/* SPDX-License-Identifier: BSD-2-Clause */
/* Lost ticks of a late guest. See tests.h. */
#include <inttypes.h>
#include <string.h>

#include "base/time_math.h"
#include "guest-images/linux-tests/check.h"
#include "guest-images/linux-tests/tests.h"
#include "guest-images/probe/reference.h"
#include "guest-images/probe/report.h"
#include "guest-images/probe/sysinfo.h"

/* A guest that has not run for so long has been stopped, whoever did it. */
#define STOP_NS NS_PER_SEC
/* How long it waits to be stopped, and to catch up, by the host's clock. */
#define PATIENCE_NS (60 * NS_PER_SEC)
#define NS_PER_MS   1000000

/* The host's clock, and the guest's count of ticks right after. */
struct instant {
    uint64_t host_ns;
    uint64_t guest_ns;
};

static struct instant instant_take(void)
{
    struct bracket bracket = reference_take(CLOCK_MONOTONIC, 1).bracket;

    return (struct instant){bracket.host.sample.host_monotonic_raw_ns, bracket.after_ns};
}

/* How much less the guest's clock has counted than the host's. */
static int64_t behind_ns(const struct instant *start, const struct instant *end)
{
    return (int64_t)(end->host_ns - start->host_ns - (end->guest_ns - start->guest_ns));
}

/* Before and after the stop; false if there is none. */
static bool wait_for_stop(struct instant *before, struct instant *after)
{
    uint64_t start_ns;

    *after = instant_take();
    start_ns = after->host_ns;
    check_say("stop me");
    do {
        *before = *after;
        *after = instant_take();
    } while (after->host_ns - before->host_ns < STOP_NS && after->host_ns - start_ns < PATIENCE_NS);
    return after->host_ns - before->host_ns >= STOP_NS;
}

/* Until the guest is no more than limit_ns behind, or the host's clock has gone on by wait_ns. */
static int64_t wait_while_behind(const struct instant *start, int64_t limit_ns, uint64_t wait_ns)
{
    struct instant first = instant_take(), now;

    do
        now = instant_take();
    while (behind_ns(start, &now) > limit_ns && now.host_ns - first.host_ns < wait_ns);
    return behind_ns(start, &now);
}

/*
 * By how much the guest comes nearer to the host after it was furthest behind: until that is
 * enough_ns, or the host's clock has gone on by wait_ns. On a busy host a guest that is emulated
 * may take ticks no faster than they fall due, or slower, and then more than those of the stop are
 * owed; but only ticks that are made up for take it forward.
 */
static int64_t wait_for_gain(const struct instant *start, int64_t enough_ns, uint64_t wait_ns)
{
    struct instant first = instant_take(), now = first;
    int64_t furthest_ns = 0, gain_ns = 0;

    while (gain_ns < enough_ns && now.host_ns - first.host_ns < wait_ns) {
        int64_t behind;

        now = instant_take();
        behind = behind_ns(start, &now);
        if (behind > furthest_ns)
            furthest_ns = behind;
        if (furthest_ns - behind > gain_ns)
            gain_ns = furthest_ns - behind;
    }
    return gain_ns;
}

static bool is_counting_ticks(void)
{
    static struct report report;

    sysinfo_read_clocks(&report);
    return check(strstr(report.clocksource, "jiffies") != NULL,
                 "the clocksource is %s, a count of ticks", report.clocksource);
}

void test_lost_ticks(bool caught_up)
{
    struct instant before, after;
    int64_t gap_ns, gain_ns, behind;

    if (!check(reference_open(1, 1), "there is a reference device") || !is_counting_ticks() ||
        !check(wait_for_stop(&before, &after), "the guest is stopped for a second or more"))
        return;
    gap_ns = (int64_t)(after.host_ns - before.host_ns);
    behind = behind_ns(&before, &after);
    check(behind > gap_ns / 2, "after a stop of %" PRId64 " ms it is behind by %" PRId64 " ms",
          gap_ns / NS_PER_MS, behind / NS_PER_MS);
    if (caught_up) {
        gain_ns = wait_for_gain(&before, gap_ns / 4, PATIENCE_NS);
        check(gain_ns >= gap_ns / 4, "it catches up, by %" PRId64 " ms", gain_ns / NS_PER_MS);
    } else {
        behind = wait_while_behind(&before, gap_ns / 2, (uint64_t)gap_ns);
        check(behind > gap_ns / 2, "it stays behind, by %" PRId64 " ms", behind / NS_PER_MS);
    }
}
