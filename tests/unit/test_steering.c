/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest time that follows a clock of the host, whatever becomes of both. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/time_math.h"
#include "kvmclock/steering.h"
#include "tests/unit/fake_host.h"

#define MS UINT64_C(1000000)
/* Half of a fake bracket, both ends, and what a clock of whole nanoseconds leaves open. */
#define BRACKET_NS 80

/* A guest whose time is steered by a fake host's clock. */
struct guest {
    struct fake_host host;
    struct steering steering;
    struct timebase timebase;
    /* Clock minus guest time, as it was meant. */
    uint64_t zero_ns;
    uint64_t latest_ns;
};

/* True guest time now; it must never go back. */
static uint64_t guest_ns(struct guest *guest)
{
    uint64_t now_ns = timebase_ns(&guest->timebase, fake_host_tsc(&guest->host));

    assert_true(now_ns >= guest->latest_ns);
    guest->latest_ns = now_ns;
    return now_ns;
}

static int64_t guest_error_ns(struct guest *guest)
{
    return (int64_t)(guest_ns(guest) - (fake_host_clock_ns(&guest->host) - guest->zero_ns));
}

static void guest_update(struct guest *guest)
{
    struct clock_bracket bracket = fake_host_bracket(&guest->host);
    struct pvclock_scale scale =
        steering_update(&guest->steering, &guest->timebase, &bracket, &bracket);

    timebase_set_scale(&guest->timebase, fake_host_tsc(&guest->host), scale);
}

/* A machine's guest time begins 15 ms after the program. */
static void guest_start(struct guest *guest, uint64_t seed)
{
    struct clock_bracket bracket;
    struct pvclock_scale scale;

    *guest = (struct guest){0};
    fake_host_init(&guest->host, seed * 2654435761, 1);
    guest->host.tsc_hz =
        UINT64_C(1000000000) + fake_host_random(&guest->host, UINT64_C(4000000000));
    bracket = fake_host_bracket(&guest->host);
    steering_init(&guest->steering, 1, &bracket);
    fake_host_advance_ns(&guest->host, 15 * MS);
    bracket = fake_host_bracket(&guest->host);
    assert_true(steering_start(&guest->steering, &bracket, &scale));
    guest->timebase = timebase_start(clock_bracket_middle(&bracket), 0, scale, TSC_RATIO_ONE);
    guest->zero_ns = bracket.clock_ns;
}

/* One period, with a look at a random time in it, and the update at its end. */
static void guest_run_period(struct guest *guest)
{
    uint64_t period_ns = steering_period_ns(&guest->steering);
    uint64_t before_ns = fake_host_random(&guest->host, period_ns);

    fake_host_advance_ns(&guest->host, before_ns);
    guest_ns(guest);
    fake_host_advance_ns(&guest->host, period_ns - before_ns);
    guest_ns(guest);
    guest_update(guest);
    guest_ns(guest);
}

static void guest_run(struct guest *guest, unsigned periods)
{
    for (unsigned i = 0; i < periods; i++)
        guest_run_period(guest);
}

static void periods_double_up_to_a_second(void **unused)
{
    struct guest guest;
    uint64_t before_ns = 0;

    (void)unused;
    guest_start(&guest, 1);
    while (before_ns < 1000 * MS) {
        uint64_t period_ns = steering_period_ns(&guest.steering);

        assert_true(period_ns == 1000 * MS ||
                    (period_ns >= 15 * MS && period_ns > 1.9 * before_ns));
        before_ns = period_ns;
        guest_run_period(&guest);
    }
    assert_int_equal(steering_period_ns(&guest.steering), 1000 * MS);
}

static void guest_time_stays_within_a_bracket_of_the_clock(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct guest guest;

        guest_start(&guest, seed);
        for (unsigned i = 0; i < 100; i++) {
            guest_run_period(&guest);
            assert_in_range(guest_error_ns(&guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
        }
    }
}

static void an_interrupted_reader_does_not_move_guest_time(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct guest guest;

        guest_start(&guest, seed);
        guest_run(&guest, 5);
        guest.host.interrupted_per_mille = 500;
        guest.host.longest_interrupt_ns = 10 * MS;
        for (unsigned i = 0; i < 100; i++) {
            guest_run_period(&guest);
            assert_in_range(guest_error_ns(&guest) + 2 * BRACKET_NS, 0, 4 * BRACKET_NS);
        }
    }
}

/* What a rate leaves behind that was measured worse than the one that follows it. */
static void an_error_is_gone_after_one_period(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct guest guest;
        int64_t error_ns;

        guest_start(&guest, seed);
        guest_run(&guest, 20);
        error_ns = (int64_t)fake_host_random(&guest.host, 900000) - 450000;
        guest.timebase.guest_ns += (uint64_t)error_ns;
        guest.latest_ns = 0;
        guest_update(&guest);
        guest_run(&guest, 1);
        assert_in_range(guest_error_ns(&guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
    }
}

static void a_greater_error_is_removed_by_500_ppm_without_a_step(void **unused)
{
    struct guest guest;

    (void)unused;
    for (int sign = -1; sign <= 1; sign += 2) {
        guest_start(&guest, 7);
        guest_run(&guest, 20);
        guest.timebase.guest_ns += (uint64_t)(sign * (int64_t)(10 * MS));
        guest.latest_ns = 0;
        guest_update(&guest);
        guest_run(&guest, 10);
        assert_in_range(sign * guest_error_ns(&guest), 5 * MS - 1000, 5 * MS + 1000);
        guest_run(&guest, 11);
        assert_in_range(guest_error_ns(&guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
    }
}

static void a_jump_of_over_a_second_is_kept(void **unused)
{
    struct guest guest;

    (void)unused;
    guest_start(&guest, 7);
    guest_run(&guest, 20);
    guest.host.clock_step_ns = (int64_t)(1500 * MS);
    guest_run(&guest, 20);
    guest.zero_ns += 1500 * MS;
    assert_in_range(guest_error_ns(&guest) + 2 * BRACKET_NS, 0, 4 * BRACKET_NS);
}

/* As after a pause for which guest time stood still. */
static void realigned_guest_time_follows_from_where_it_is(void **unused)
{
    struct guest guest;

    (void)unused;
    guest_start(&guest, 7);
    guest_run(&guest, 20);
    timebase_set_ns(&guest.timebase, guest.timebase.host_tsc + guest.host.tsc_hz / 4,
                    guest.timebase.guest_ns);
    guest.zero_ns += 250 * MS;
    fake_host_advance_ns(&guest.host, 250 * MS);
    steering_realign(&guest.steering);
    for (unsigned i = 0; i < 20; i++) {
        guest_run_period(&guest);
        assert_in_range(guest_error_ns(&guest) + 2 * BRACKET_NS, 0, 4 * BRACKET_NS);
    }
}

/* What NTP does to CLOCK_MONOTONIC: up to 500 ppm, which with a fixed clock is the TSC's rate. */
static void guest_time_follows_a_clock_whose_rate_changes(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct guest guest;
        uint64_t ppm, hz;

        guest_start(&guest, seed);
        hz = guest.host.tsc_hz;
        guest_run(&guest, 20);
        for (unsigned change = 0; change < 10; change++) {
            ppm = fake_host_random(&guest.host, 1000);
            fake_host_set_tsc_hz(&guest.host, hz - hz / 2000 + hz / MS * ppm);
            guest_run(&guest, 1);
            assert_in_range(guest_error_ns(&guest) + (int64_t)MS, 0, 2 * MS);
            guest_run(&guest, 16);
            assert_in_range(guest_error_ns(&guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
        }
    }
}

/* A TSC that runs at half its rate for a while, as power management did once. */
static void guest_time_follows_the_clock_on_a_host_whose_tsc_is_not_constant(void **unused)
{
    struct guest guest;
    uint64_t hz;

    (void)unused;
    guest_start(&guest, 7);
    hz = guest.host.tsc_hz;
    guest_run(&guest, 20);
    fake_host_set_tsc_hz(&guest.host, hz / 2);
    guest_run(&guest, 1);
    assert_in_range(-guest_error_ns(&guest), 490 * MS, 510 * MS);
    guest_run(&guest, 20);
    assert_in_range(-guest_error_ns(&guest), 480 * MS, 510 * MS);
    fake_host_set_tsc_hz(&guest.host, hz);
    guest_run(&guest, 1100);
    assert_in_range(guest_error_ns(&guest) + BRACKET_NS, 0, 2 * BRACKET_NS);
}

static void a_clock_too_coarse_for_the_time_measured_is_refused(void **unused)
{
    static const struct clock_bracket first = {1000, 50000000, 1100};
    static const struct clock_bracket second = {30000000, 70000000, 30000100};
    struct steering steering;
    struct pvclock_scale scale;

    (void)unused;
    steering_init(&steering, 280, &first);
    assert_true(steering_start(&steering, &second, &scale));
    steering_init(&steering, 10 * MS, &first);
    assert_false(steering_start(&steering, &second, &scale));
}

/* Guest time less what it is to be: gained_ns more than the clock by since_ns, and ppb from there.
 */
static int64_t bent_error_ns(struct guest *guest, uint64_t since_ns, int64_t gained_ns, int64_t ppb)
{
    int64_t passed_ns = (int64_t)(fake_host_clock_ns(&guest->host) - since_ns);

    return guest_error_ns(guest) - gained_ns - (int64_t)((__int128)passed_ns * ppb / 1000000000);
}

static void guest_set_rate(struct guest *guest, int64_t ppb)
{
    struct clock_bracket bracket = fake_host_bracket(&guest->host);

    steering_set_rate(&guest->steering, bracket.clock_ns, ppb);
    guest_update(guest);
}

/* 500 ppm faster, then slower, then as the clock: what was gained is kept, and nothing steps. */
static void guest_time_goes_faster_or_slower_than_the_clock_as_asked(void **unused)
{
    static const int64_t rates[] = {500000, -500000, 12345, 0};

    (void)unused;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct guest guest;
        int64_t gained_ns = 0;

        guest_start(&guest, seed);
        guest_run(&guest, 20);
        for (unsigned i = 0; i < 4; i++) {
            uint64_t since_ns = fake_host_clock_ns(&guest.host);

            guest_set_rate(&guest, rates[i]);
            for (unsigned j = 0; j < 50; j++) {
                guest_run_period(&guest);
                assert_in_range(bent_error_ns(&guest, since_ns, gained_ns, rates[i]) +
                                    2 * BRACKET_NS,
                                0, 4 * BRACKET_NS);
            }
            gained_ns +=
                (int64_t)(fake_host_clock_ns(&guest.host) - since_ns) * rates[i] / 1000000000;
        }
        assert_in_range(gained_ns, 1, MS);
    }
}

/* The rate is that of guest time, not of the clock's readings: it outlasts a realignment. */
static void a_rate_outlasts_a_realignment(void **unused)
{
    struct guest guest;
    uint64_t since_ns;

    (void)unused;
    guest_start(&guest, 7);
    guest_run(&guest, 20);
    guest_set_rate(&guest, 500000);
    guest.timebase.guest_ns += 3600 * NS_PER_SEC;
    steering_realign(&guest.steering);
    guest_set_rate(&guest, -500000);
    since_ns = fake_host_clock_ns(&guest.host);
    guest_run(&guest, 50);
    assert_in_range(bent_error_ns(&guest, since_ns, (int64_t)(3600 * NS_PER_SEC), -500000) +
                        2 * BRACKET_NS,
                    0, 4 * BRACKET_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_double_up_to_a_second),
        cmocka_unit_test(a_clock_too_coarse_for_the_time_measured_is_refused),
        cmocka_unit_test(guest_time_stays_within_a_bracket_of_the_clock),
        cmocka_unit_test(an_interrupted_reader_does_not_move_guest_time),
        cmocka_unit_test(an_error_is_gone_after_one_period),
        cmocka_unit_test(a_greater_error_is_removed_by_500_ppm_without_a_step),
        cmocka_unit_test(a_jump_of_over_a_second_is_kept),
        cmocka_unit_test(realigned_guest_time_follows_from_where_it_is),
        cmocka_unit_test(guest_time_follows_a_clock_whose_rate_changes),
        cmocka_unit_test(guest_time_follows_the_clock_on_a_host_whose_tsc_is_not_constant),
        cmocka_unit_test(guest_time_goes_faster_or_slower_than_the_clock_as_asked),
        cmocka_unit_test(a_rate_outlasts_a_realignment),
    };

    return cmocka_run_group_tests_name("steering", tests, NULL, NULL);
}
