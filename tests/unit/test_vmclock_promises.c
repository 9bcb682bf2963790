/* SPDX-License-Identifier: BSD-2-Clause */
/* The contract of vmclock's pages, against hosts whose NTP does anything. */
#include "tests/unit/unit.h"

#include <stdbool.h>

#include "kvmclock/vmclock_promises.h"
#include "tests/unit/ntp_host.h"

#define RUNS      400
#define SECONDS   120
#define MAX_PAGES (SECONDS + 1)
#define BILLION   INT64_C(1000000000)

/* What a guest was shown: under a page it may have read TSC values up to last_tsc. */
struct shown {
    struct vmclock_page page;
    uint64_t last_tsc;
};

struct history {
    struct vmclock_promises promises;
    unsigned count;
    struct shown shown[MAX_PAGES];
    unsigned disruptions;
};

/* As the device does: nothing, or the next page, with a new marker if it has to be. */
static void update(struct history *history, struct ntp_host *host, enum vmclock_time_type type)
{
    struct vmclock_inputs inputs = ntp_host_inputs(host, type);
    uint64_t error_ns = vmclock_fields_reading_error_ns(&inputs);
    struct shown *last = history->count > 0 ? &history->shown[history->count - 1] : NULL;
    struct vmclock_page next = {0};

    vmclock_fields_fill(&next, &inputs);
    if (last != NULL && !vmclock_promises_is_news(&last->page, &next, error_ns))
        return;
    /* The writer is late at times. */
    fake_host_advance_ns(&host->host, 1 + fake_host_random(&host->host, 500000));
    if (last != NULL)
        last->last_tsc = ntp_host_guest_tsc(host);
    next.disruption_marker = history->disruptions;
    if (last == NULL) {
        vmclock_promises_begin(&history->promises, &next, error_ns);
    } else if (!vmclock_promises_follow(&history->promises, &last->page, &next, error_ns)) {
        next.disruption_marker = ++history->disruptions;
        vmclock_promises_begin(&history->promises, &next, error_ns);
    }
    history->shown[history->count++] = (struct shown){.page = next};
}

static int64_t any_of(struct ntp_host *host, int64_t limit)
{
    return (int64_t)fake_host_random(&host->host, 2 * (uint64_t)limit + 1) - limit;
}

/* Whatever an NTP client, an administrator or a lying server does to a host. */
static void something_happens(struct ntp_host *host)
{
    switch (fake_host_random(&host->host, 12)) {
    case 0:
        ntp_host_set_gain(host, any_of(host, 100000));
        break;
    case 1:
        ntp_host_set_gain(host, any_of(host, 1000000));
        break;
    case 2:
        ntp_host_set_gain(host, any_of(host, 83000000));
        break;
    case 3:
        host->utc_minus_monotonic_ns += (uint64_t)any_of(host, 2 * BILLION);
        break;
    case 4:
        host->utc_minus_monotonic_ns += (uint64_t)any_of(host, 3000000);
        break;
    case 5:
        host->ntp.synchronized = !host->ntp.synchronized;
        break;
    case 6:
        ntp_host_leap(host, fake_host_random(&host->host, 2) != 0 ? 1 : -1);
        break;
    case 7:
        host->tai_offset_sec = (int16_t)any_of(host, 50);
        break;
    case 8:
        host->ntp.max_error_us = fake_host_random(&host->host, 20000);
        host->ntp.estimated_error_us = fake_host_random(&host->host, 20000);
        break;
    default:
        host->ntp.max_error_us = 1 + fake_host_random(&host->host, 3000);
        host->ntp.estimated_error_us = 1;
        break;
    }
}

static vmclock_time distance_at(const struct vmclock_page *a, const struct vmclock_page *b,
                                uint64_t tsc)
{
    vmclock_time a_time = vmclock_page_time(a, tsc), b_time = vmclock_page_time(b, tsc);

    return a_time > b_time ? a_time - b_time : b_time - a_time;
}

static void assert_inside(const struct vmclock_page *bounds, const struct vmclock_page *page,
                          uint64_t tsc)
{
    assert_true(distance_at(bounds, page, tsc) <= vmclock_page_max_error(bounds, tsc));
}

/* Of the present of the later page, until it ends; and of TSC values that were read 8 s before it.
 */
static void assert_keeps(const struct shown *earlier, const struct shown *later,
                         struct ntp_host *host)
{
    uint64_t tsc = later->page.counter_value, first_tsc = earlier->page.counter_value;
    uint64_t promised_tsc = tsc - VMCLOCK_PROMISE_SEC * host->host.tsc_hz * 99 / 100;

    assert_inside(&earlier->page, &later->page, tsc);
    assert_inside(&earlier->page, &later->page, later->last_tsc);
    if (first_tsc < promised_tsc)
        first_tsc = promised_tsc;
    if (first_tsc > earlier->last_tsc)
        return;
    assert_inside(&earlier->page, &later->page, first_tsc);
    assert_inside(&earlier->page, &later->page, earlier->last_tsc);
    assert_inside(&earlier->page, &later->page,
                  first_tsc + fake_host_random(&host->host, earlier->last_tsc - first_tsc + 1));
}

static void assert_contract(const struct history *history, struct ntp_host *host)
{
    for (unsigned later = 1; later < history->count; later++)
        for (unsigned earlier = 0; earlier < later; earlier++)
            if (history->shown[earlier].page.time_maxerror_nanosec > 0 &&
                history->shown[earlier].page.disruption_marker ==
                    history->shown[later].page.disruption_marker)
                assert_keeps(&history->shown[earlier], &history->shown[later], host);
}

static unsigned run(uint64_t seed, unsigned happens_in_10, enum vmclock_time_type time_type)
{
    struct history history = {0};
    struct ntp_host host;

    ntp_host_init(&host, seed);
    update(&history, &host, time_type);
    for (unsigned i = 0; i < SECONDS; i++) {
        ntp_host_second(&host);
        if (fake_host_random(&host.host, 10) < happens_in_10)
            something_happens(&host);
        update(&history, &host, time_type);
    }
    history.shown[history.count - 1].last_tsc = ntp_host_guest_tsc(&host);
    assert_contract(&history, &host);
    return history.disruptions;
}

static void
what_a_later_page_says_is_inside_the_bounds_of_each_earlier_one_with_its_marker(void **unused)
{
    unsigned disruptions = 0;

    (void)unused;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        disruptions += run(seed, 1, VMCLOCK_TIME_TAI);
        disruptions += run(seed, 5, VMCLOCK_TIME_UTC);
    }
    assert_true(disruptions > RUNS);
}

/* The wander of a good host: 20 ppb now and then, and its errors grow and shrink. */
static void a_host_that_ntp_keeps_in_step_disrupts_nothing_in_a_day(void **unused)
{
    struct vmclock_page shown = {0}, next = {0};
    struct vmclock_promises promises;
    struct vmclock_inputs inputs;
    struct ntp_host host;
    unsigned published = 0;

    (void)unused;
    ntp_host_init(&host, 7);
    inputs = ntp_host_inputs(&host, VMCLOCK_TIME_TAI);
    vmclock_fields_fill(&shown, &inputs);
    vmclock_promises_begin(&promises, &shown, vmclock_fields_reading_error_ns(&inputs));
    for (unsigned i = 0; i < 86400; i++) {
        ntp_host_second(&host);
        if (i % 64 == 0) {
            ntp_host_set_gain(&host, any_of(&host, 20));
            host.ntp.max_error_us = 2000;
        }
        inputs = ntp_host_inputs(&host, VMCLOCK_TIME_TAI);
        vmclock_fields_fill(&next, &inputs);
        if (!vmclock_promises_is_news(&shown, &next, vmclock_fields_reading_error_ns(&inputs)))
            continue;
        assert_true(vmclock_promises_follow(&promises, &shown, &next,
                                            vmclock_fields_reading_error_ns(&inputs)));
        shown = next;
        published++;
    }
    assert_true(published > 86400 / 64 / 4);
    assert_true(published < 86400 / 2);
}

/* Two pages of an unhurried host; the second after a second, in which the host may be changed. */
struct pair {
    struct ntp_host host;
    struct vmclock_promises promises;
    struct vmclock_page shown;
    struct vmclock_page next;
    uint64_t error_ns;
};

static void pair_begin(struct pair *pair)
{
    struct vmclock_inputs inputs;

    ntp_host_init(&pair->host, 3);
    for (unsigned i = 0; i < 100; i++)
        ntp_host_second(&pair->host);
    pair->host.ntp.max_error_us = 2000;
    inputs = ntp_host_inputs(&pair->host, VMCLOCK_TIME_TAI);
    pair->shown = pair->next = (struct vmclock_page){0};
    vmclock_fields_fill(&pair->shown, &inputs);
    vmclock_promises_begin(&pair->promises, &pair->shown, vmclock_fields_reading_error_ns(&inputs));
    ntp_host_second(&pair->host);
}

static void pair_end(struct pair *pair)
{
    struct vmclock_inputs inputs = ntp_host_inputs(&pair->host, VMCLOCK_TIME_TAI);

    vmclock_fields_fill(&pair->next, &inputs);
    pair->error_ns = vmclock_fields_reading_error_ns(&inputs);
}

static bool pair_is_news(struct pair *pair)
{
    pair_end(pair);
    return vmclock_promises_is_news(&pair->shown, &pair->next, pair->error_ns);
}

static bool pair_follows(struct pair *pair)
{
    pair_end(pair);
    return vmclock_promises_follow(&pair->promises, &pair->shown, &pair->next, pair->error_ns);
}

static void a_page_that_is_still_right_is_not_published_again(void **unused)
{
    struct pair pair;

    (void)unused;
    pair_begin(&pair);
    assert_false(pair_is_news(&pair));
    pair.host.ntp.leap = VMCLOCK_LEAP_PRE_POS;
    assert_true(pair_is_news(&pair));
    pair_begin(&pair);
    pair.host.ntp.synchronized = false;
    assert_true(pair_is_news(&pair));
    pair_begin(&pair);
    pair.host.utc_minus_monotonic_ns += 200;
    assert_true(pair_is_news(&pair));
    pair_begin(&pair);
    pair.host.ntp.max_error_us = 100;
    assert_true(pair_is_news(&pair));
}

static void a_step_within_the_bounds_needs_no_marker_and_one_beyond_does(void **unused)
{
    struct pair pair;

    (void)unused;
    pair_begin(&pair);
    pair.host.utc_minus_monotonic_ns += 1900000;
    assert_true(pair_follows(&pair));
    pair_begin(&pair);
    pair.host.utc_minus_monotonic_ns += 2100000;
    assert_false(pair_follows(&pair));
    pair_begin(&pair);
    pair.host.utc_minus_monotonic_ns -= 2100000;
    assert_false(pair_follows(&pair));
}

static void a_leap_second_needs_no_marker_in_tai(void **unused)
{
    struct pair pair;

    (void)unused;
    pair_begin(&pair);
    ntp_host_leap(&pair.host, 1);
    assert_true(pair_is_news(&pair));
    assert_true(pair_follows(&pair));
    assert_int_equal(pair.next.tai_offset_sec, 38);
    assert_int_equal(pair.next.leap_indicator, VMCLOCK_LEAP_POS);
}

static void a_rate_that_was_ruled_out_needs_a_marker(void **unused)
{
    struct pair pair;

    (void)unused;
    pair_begin(&pair);
    ntp_host_set_gain(&pair.host, 400000);
    ntp_host_second(&pair.host);
    ntp_host_second(&pair.host);
    assert_true(pair_follows(&pair));
    pair_begin(&pair);
    ntp_host_set_gain(&pair.host, 600000);
    ntp_host_second(&pair.host);
    ntp_host_second(&pair.host);
    assert_false(pair_follows(&pair));
}

/*
 * The host gains 600 us in the latest two of six seconds. A line of that rate was 1.2 ms early at
 * their begin.
 */
static void a_line_that_contradicts_the_past_needs_a_marker(void **unused)
{
    struct pair pair;

    (void)unused;
    for (uint64_t max_error_us = 900; max_error_us <= 1500; max_error_us += 600) {
        pair_begin(&pair);
        pair.shown.time_maxerror_nanosec = max_error_us * 1000;
        vmclock_promises_begin(&pair.promises, &pair.shown, 100);
        assert_true(pair_follows(&pair));
        pair.shown = pair.next;
        for (unsigned i = 0; i < 3; i++)
            ntp_host_second(&pair.host);
        ntp_host_set_gain(&pair.host, 300000);
        for (unsigned i = 0; i < 2; i++)
            ntp_host_second(&pair.host);
        assert_int_equal(pair_follows(&pair), max_error_us == 1500);
    }
}

static void without_bounds_a_clock_that_was_set_needs_a_marker(void **unused)
{
    struct pair pair;

    (void)unused;
    pair_begin(&pair);
    pair.shown.flags &= ~VMCLOCK_FLAG_TIME_MAXERROR_VALID;
    pair.host.ntp.synchronized = false;
    pair.host.utc_minus_monotonic_ns += 400000;
    assert_true(pair_follows(&pair));
    pair_begin(&pair);
    pair.shown.flags &= ~VMCLOCK_FLAG_TIME_MAXERROR_VALID;
    pair.host.ntp.synchronized = false;
    pair.host.utc_minus_monotonic_ns += 700000;
    assert_false(pair_follows(&pair));
}

static void a_counter_that_has_fallen_back_needs_a_marker(void **unused)
{
    struct pair pair;

    (void)unused;
    pair_begin(&pair);
    pair_end(&pair);
    pair.next.counter_value = pair.shown.counter_value - 1;
    assert_false(vmclock_promises_follow(&pair.promises, &pair.shown, &pair.next, pair.error_ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_a_later_page_says_is_inside_the_bounds_of_each_earlier_one_with_its_marker),
        cmocka_unit_test(a_host_that_ntp_keeps_in_step_disrupts_nothing_in_a_day),
        cmocka_unit_test(a_page_that_is_still_right_is_not_published_again),
        cmocka_unit_test(a_step_within_the_bounds_needs_no_marker_and_one_beyond_does),
        cmocka_unit_test(a_leap_second_needs_no_marker_in_tai),
        cmocka_unit_test(a_rate_that_was_ruled_out_needs_a_marker),
        cmocka_unit_test(a_line_that_contradicts_the_past_needs_a_marker),
        cmocka_unit_test(without_bounds_a_clock_that_was_set_needs_a_marker),
        cmocka_unit_test(a_counter_that_has_fallen_back_needs_a_marker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
