/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest time that goes to the host's date by a rate, whatever somebody sets the host's date to. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "base/time_math.h"
#include "kvmclock/steering.h"
#include "tests/unit/fake_host.h"

#define MS       UINT64_C(1000000)
#define MILLION  1000000
#define START_NS UINT64_C(1700000000000000000)
/* Half of a fake bracket, both ends, and what a clock of whole nanoseconds leaves open. */
#define BRACKET_NS 80
/* What the measured rate may be off in a second, and what two readings leave open. */
#define RATE_SLACK_NS 1000

/* A host whose date is its clock and more; the clock is never stepped. */
struct guest {
    struct fake_host host;
    struct steering steering;
    struct timebase timebase;
    uint64_t date_zero_ns;
    uint64_t ahead_ns;
    uint32_t max_ppm;
    /* An update comes late by up to so much of its period. */
    unsigned late_percent;
};

static uint64_t guest_ns(const struct guest *guest)
{
    return timebase_ns(&guest->timebase, fake_host_tsc(&guest->host));
}

static int64_t error_ns(const struct guest *guest)
{
    return (int64_t)(guest_ns(guest) -
                     (fake_host_clock_ns(&guest->host) + guest->ahead_ns - guest->date_zero_ns));
}

static void update(struct guest *guest)
{
    struct clock_bracket bracket = fake_host_bracket(&guest->host);
    struct clock_bracket date = fake_host_bracket(&guest->host);
    struct pvclock_scale scale;

    date.clock_ns += guest->ahead_ns;
    scale = steering_update(&guest->steering, &guest->timebase, &bracket, &date);
    timebase_set_scale(&guest->timebase, fake_host_tsc(&guest->host), scale);
}

/* Guest time never goes back, and its rate is within the limit. */
static void pass(struct guest *guest, uint64_t ns)
{
    uint64_t before_ns = guest_ns(guest), passed_ns, slack_ns;

    fake_host_advance_ns(&guest->host, ns);
    passed_ns = guest_ns(guest) - before_ns;
    slack_ns = ns * guest->max_ppm / MILLION + RATE_SLACK_NS;
    assert_in_range(passed_ns, ns > slack_ns ? ns - slack_ns : 0, ns + slack_ns);
}

static void run(struct guest *guest, unsigned periods)
{
    for (unsigned i = 0; i < periods; i++) {
        uint64_t period_ns = steering_period_ns(&guest->steering);

        pass(guest, fake_host_random(&guest->host, period_ns));
        pass(guest, period_ns / 2);
        pass(guest, period_ns * fake_host_random(&guest->host, guest->late_percent + 1) / 100);
        update(guest);
    }
}

/* As run, in steps that are a period each. */
static void run_on_time(struct guest *guest, unsigned periods)
{
    for (unsigned i = 0; i < periods; i++) {
        pass(guest, steering_period_ns(&guest->steering));
        update(guest);
    }
}

static void begin(struct guest *guest, uint64_t seed, uint32_t max_ppm)
{
    struct clock_bracket bracket;
    struct pvclock_scale scale;

    *guest = (struct guest){.ahead_ns = START_NS, .max_ppm = max_ppm};
    fake_host_init(&guest->host, seed * 2654435761, 1);
    guest->host.tsc_hz =
        UINT64_C(1000000000) + fake_host_random(&guest->host, UINT64_C(4000000000));
    bracket = fake_host_bracket(&guest->host);
    steering_init(&guest->steering, 1, &bracket);
    fake_host_advance_ns(&guest->host, 15 * MS);
    bracket = fake_host_bracket(&guest->host);
    assert_true(steering_start(&guest->steering, &bracket, &scale));
    guest->timebase = timebase_start(clock_bracket_middle(&bracket), 0, scale, TSC_RATIO_ONE);
    guest->date_zero_ns = bracket.clock_ns + guest->ahead_ns;
    steering_follow_date(&guest->steering, max_ppm, guest->date_zero_ns);
    /* Until the rate is known to a few parts per billion. */
    for (unsigned i = 0; i < 20; i++) {
        fake_host_advance_ns(&guest->host, steering_period_ns(&guest->steering));
        update(guest);
    }
    assert_in_range(error_ns(guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
}

static void assert_is_there(const struct guest *guest)
{
    assert_in_range(error_ns(guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
}

static void set_date(struct guest *guest, int64_t by_ns)
{
    guest->ahead_ns += (uint64_t)by_ns;
}

/* Either way, at each limit: it takes as long as it must, never goes away again, and arrives. */
static void a_date_set_by_2_s_is_reached_without_a_step(void **unused)
{
    static const struct {
        uint32_t max_ppm;
        unsigned periods;
    } rows[] = {{500, 4000}, {10000, 200}, {100000, 20}};

    (void)unused;
    for (unsigned row = 0; row < 3; row++)
        for (int sign = -1; sign <= 1; sign += 2) {
            struct guest guest;
            int64_t left_ns = 2000 * (int64_t)MS;

            begin(&guest, row + 1, rows[row].max_ppm);
            set_date(&guest, sign * 2000 * (int64_t)MS);
            update(&guest);
            run_on_time(&guest, rows[row].periods / 2);
            assert_in_range(-sign * error_ns(&guest), left_ns / 2 - 10 * (int64_t)MS,
                            left_ns / 2 + 10 * (int64_t)MS);
            run_on_time(&guest, rows[row].periods / 2 + 2);
            assert_is_there(&guest);
            run_on_time(&guest, 20);
            assert_is_there(&guest);
        }
}

/* By how much is random, and so is how late the host is: up to as late again. */
static void guest_time_never_goes_away_from_the_date_again(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct guest guest;
        int64_t before_ns;

        begin(&guest, seed, 100000);
        guest.late_percent = 50;
        set_date(&guest, (int64_t)fake_host_random(&guest.host, 8000 * MS) - 4000 * (int64_t)MS);
        update(&guest);
        before_ns = llabs(error_ns(&guest));
        for (unsigned i = 0; i < 200; i++) {
            run(&guest, 1);
            assert_in_range(llabs(error_ns(&guest)), 0, before_ns + BRACKET_NS);
            before_ns = llabs(error_ns(&guest));
        }
        assert_in_range(error_ns(&guest) + 2 * BRACKET_NS, 0, 4 * BRACKET_NS);
    }
}

/* What NTP does to both clocks; with a fixed clock that is the TSC's rate. */
static void a_slew_of_300_ppm_is_followed_within_two_periods(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct guest guest;
        uint64_t hz;

        begin(&guest, seed, 500);
        hz = guest.host.tsc_hz;
        for (int sign = -1; sign <= 1; sign += 2) {
            fake_host_set_tsc_hz(&guest.host, hz + (uint64_t)(sign * (int64_t)(hz / 10000 * 3)));
            fake_host_advance_ns(&guest.host, steering_period_ns(&guest.steering));
            update(&guest);
            assert_in_range(error_ns(&guest) + (int64_t)MS, 0, 2 * MS);
            for (unsigned i = 0; i < 16; i++) {
                fake_host_advance_ns(&guest.host, steering_period_ns(&guest.steering));
                update(&guest);
            }
            assert_is_there(&guest);
        }
    }
}

/* A second set comes before the first is made good. */
static void the_date_may_be_set_again_on_the_way(void **unused)
{
    struct guest guest;

    (void)unused;
    begin(&guest, 3, 100000);
    set_date(&guest, 2000 * (int64_t)MS);
    run_on_time(&guest, 5);
    set_date(&guest, -3000 * (int64_t)MS);
    run_on_time(&guest, 30);
    assert_is_there(&guest);
}

/* An hour, at the default: it goes there at the limit for 83 days, and looks no different at the
 * end. */
static void a_date_far_away_is_approached_at_the_limit(void **unused)
{
    struct guest guest;
    int64_t before_ns;

    (void)unused;
    begin(&guest, 3, 500);
    set_date(&guest, 3600 * 1000 * (int64_t)MS);
    update(&guest);
    before_ns = error_ns(&guest);
    run_on_time(&guest, 1000);
    assert_in_range(error_ns(&guest) - before_ns, 499 * MS, 501 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_set_by_2_s_is_reached_without_a_step),
        cmocka_unit_test(guest_time_never_goes_away_from_the_date_again),
        cmocka_unit_test(a_slew_of_300_ppm_is_followed_within_two_periods),
        cmocka_unit_test(the_date_may_be_set_again_on_the_way),
        cmocka_unit_test(a_date_far_away_is_approached_at_the_limit),
    };

    return cmocka_run_group_tests_name("steering_date", tests, NULL, NULL);
}
