/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm-clock keeps to the host's clock that it is to follow, and no publication steps it. Words on
 * the command line:
 *
 *   follow=raw|monotonic  that clock
 *   apart=PPM             the host's two clocks run that far apart: the other one must not fit
 *   stable=0|1            whether the page says TSC_STABLE
 *   change=0|1            when the payload is ready, the rate of that clock changes by some 100 ppm
 *                         and more; whether the page says TSC_STABLE after that
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/text.h"

/* Far more than it takes to find the rate. */
#define STEP_NS   (250 * NS_PER_MS)
#define STEPS     4
#define WINDOW_NS (100 * NS_PER_MS)
#define PPM       1000000
/* After a change they are 4 ms apart, then always twice as far, up to a second. */
#define PUBLICATIONS_TO_RECOVER 11

static struct pvclock_page page;

/* What reading the page has shown so far. */
static struct {
    struct pvclock_page publication;
    uint64_t latest_ns;
    uint32_t publications;
    bool went_back;
    bool stepped;
} seen;

/* One rate: the clock went that far in so many cycles, give or take half the width. */
struct window {
    struct reference_record from;
    struct reference_record to;
};

/* One that is next to one that was seen goes on where that is at the same instant. */
static void see_publication(const struct pvclock_page *now)
{
    if (now->version == seen.publication.version)
        return;
    if (seen.publications > 0 && now->version == seen.publication.version + 2 &&
        now->system_time_ns != pvclock_ns_at(&seen.publication, now->tsc_timestamp))
        seen.stepped = true;
    seen.publications++;
    seen.publication = *now;
}

static uint64_t page_ns(void)
{
    struct pvclock_page now;
    uint64_t tsc, now_ns;

    do {
        now = page;
        tsc = tsc_read();
    } while (now.version % 2 != 0 || now.version != page.version);
    see_publication(&now);
    now_ns = pvclock_ns_at(&now, tsc);
    seen.went_back = seen.went_back || now_ns < seen.latest_ns;
    seen.latest_ns = now_ns;
    return now_ns;
}

static uint64_t raw_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_raw_ns;
}

static uint64_t monotonic_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_ns;
}

static void wait_ns(uint64_t ns)
{
    uint64_t end_ns = page_ns() + ns;

    while (page_ns() < end_ns)
        cpu_pause();
}

static void check_follows(const char *name, struct sample first, uint64_t (*clock)(void))
{
    const struct tick_rate same = {1, 1, 0};

    for (unsigned i = 0; i < STEPS; i++) {
        wait_ns(STEP_NS);
        check_elapsed(name, first, sample_take(clock, page_ns), same);
    }
}

/* Waits until the samples are narrow enough for the time between them to tell the clocks apart. */
static void check_is_apart(struct sample first, uint64_t (*clock)(void), uint32_t ppm)
{
    uint64_t shortest, longest, apart_ns, got;
    struct sample last;

    do {
        wait_ns(STEP_NS);
        last = sample_take(clock, page_ns);
        shortest = last.before - first.after;
        longest = last.after - first.before;
        apart_ns = shortest / PPM * ppm;
    } while (longest - shortest > apart_ns / 4);
    got = last.value - first.value;
    check("the host's other clock runs at another rate",
          got + apart_ns / 2 < shortest || got > longest + apart_ns / 2);
}

static struct window window_take(void)
{
    struct window window;

    reference_read(&window.from);
    wait_ns(WINDOW_NS);
    reference_read(&window.to);
    return window;
}

static uint64_t window_clock_ns(const struct window *window, uint64_t (*clock)(void))
{
    if (clock == raw_ns)
        return window->to.host_monotonic_raw_ns - window->from.host_monotonic_raw_ns;
    return window->to.host_monotonic_ns - window->from.host_monotonic_ns;
}

/* In 10^-9 ns per cycle: at least, or at most. */
static uint64_t window_rate(const struct window *window, uint64_t (*clock)(void), bool at_most)
{
    uint64_t cycles = window->to.host_tsc - window->from.host_tsc;
    uint64_t width = window->to.host_tsc_width + window->from.host_tsc_width;

    return window_clock_ns(window, clock) * NS_PER_SEC /
           (at_most ? cycles - width : cycles + width);
}

static void wait_for_another_rate(const struct window *before, uint64_t (*clock)(void))
{
    struct window now;

    do
        now = window_take();
    while (window_rate(&now, clock, true) >= window_rate(before, clock, false) &&
           window_rate(&now, clock, false) <= window_rate(before, clock, true));
}

static void check_change(struct sample first, uint64_t (*clock)(void))
{
    struct window before = window_take();
    uint32_t publications;

    print("# ready\n");
    wait_for_another_rate(&before, clock);
    publications = seen.publications;
    while (seen.publications < publications + PUBLICATIONS_TO_RECOVER)
        wait_ns(NS_PER_MS);
    check_follows("and is where it is after that has changed its rate", first, clock);
}

static void check_stable(const char *name, const char *expected)
{
    if (expected != NULL)
        check_equal(name, page.flags & PVCLOCK_TSC_STABLE, text_number(expected));
}

void payload_main(const uint8_t *zero_page)
{
    const char *words = payload_command_line(zero_page);
    const char *follow = text_find_value(words, "follow");
    const char *apart = text_find_value(words, "apart");
    const char *change = text_find_value(words, "change");
    bool monotonic = follow != NULL && follow[0] == 'm';
    uint64_t (*followed)(void) = monotonic ? monotonic_ns : raw_ns;
    uint64_t (*other)(void) = monotonic ? raw_ns : monotonic_ns;
    struct sample first, first_of_other;

    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    check_stable("TSC_STABLE is what it is to be", text_find_value(words, "stable"));
    wait_ns(STEP_NS);
    first = sample_take(followed, page_ns);
    first_of_other = sample_take(other, page_ns);
    check_follows("kvm-clock runs as the host's clock", first, followed);
    if (apart != NULL)
        check_is_apart(first_of_other, other, text_number(apart));
    if (change != NULL)
        check_change(first, followed);
    check_stable("and TSC_STABLE what it is to be after that", change);
    check("no publication is a step", !seen.stepped && seen.publications > 0);
    check("and no reading goes back", !seen.went_back);
    check_done();
}
