/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HPET's counter and guest time read without the machine's lock: alone, and by threads that
 * race with others which take the lock, change the rate of guest time, and halt the counter. Also
 * built with TSan.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "devices/pc/hpet.h"
#include "kvmclock/kvmclock.h"
#include "vmm/machine/live_clock.h"

#define READER_COUNT 3
#define CHANGE_COUNT 30000
#define TSC_STEP     5
#define RATE_1_GHZ   (pvclock_scale_from_ratio(1, 1))

/* A machine with the parts that the counter follows from. */
static struct {
    pthread_mutex_t lock;
    struct live_clock live;
    struct timebase timebase;
    struct kvmclock clock;
    struct timerq timers;
    struct irq_line lines[HPET_ROUTE_COUNT + 2];
    struct hpet hpet;
    _Atomic uint64_t tsc;
    /* Called before somebody reads the TSC. */
    void (*before_tsc)(void);
    /* The latest values that any thread has read. */
    _Atomic uint64_t latest_counter;
    _Atomic uint64_t latest_ns;
    atomic_uint readings_that_went_back;
    atomic_uint times_ahead_of_guest_time;
    atomic_uint readings_without_lock;
    atomic_bool over;
} machine;

/* How far the TSC of this thread's CPU is behind. */
static _Thread_local uint64_t tsc_lag;

static uint64_t host_tsc(void)
{
    if (machine.before_tsc != NULL)
        machine.before_tsc();
    return atomic_fetch_add(&machine.tsc, TSC_STEP) - tsc_lag;
}

static uint64_t change_tsc(void *ctx)
{
    (void)ctx;
    live_clock_begin(&machine.live);
    return host_tsc();
}

static void on_legacy(void *ctx, uint64_t now_ns, bool active)
{
    (void)ctx;
    (void)now_ns;
    (void)active;
}

static void make_hpet(void)
{
    struct hpet_wiring wiring = {
        .timers = &machine.timers,
        .timer_count = HPET_DEFAULT_TIMERS,
        .irq0 = &machine.lines[0],
        .irq8 = &machine.lines[1],
        .legacy = on_legacy,
    };

    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        wiring.routes[i] = &machine.lines[2 + i];
    hpet_init(&machine.hpet, &wiring, 0);
}

static uint64_t now(void)
{
    return live_clock_raise(&machine.live, timebase_ns(&machine.timebase, host_tsc()));
}

static void publish(void)
{
    live_clock_end(&machine.live,
                   &(struct live_inputs){machine.timebase, hpet_counter(&machine.hpet)});
}

static void write_config(uint64_t config)
{
    pthread_mutex_lock(&machine.lock);
    live_clock_begin(&machine.live);
    machine.hpet.dev.ops->write(&machine.hpet.dev, now(), HPET_REG_CONFIG, 8, config);
    publish();
    pthread_mutex_unlock(&machine.lock);
}

static void change_rate(uint64_t ns, uint64_t cycles)
{
    pthread_mutex_lock(&machine.lock);
    kvmclock_set_scale(&machine.clock, pvclock_scale_from_ratio(ns, cycles));
    publish();
    pthread_mutex_unlock(&machine.lock);
}

/* Guest time and TSC are 0, and a counter that runs has been published. */
static void set_up(void)
{
    const struct kvmclock_wiring wiring = {.host_tsc = change_tsc, .timebase = &machine.timebase};

    memset(&machine, 0, sizeof machine);
    pthread_mutex_init(&machine.lock, NULL);
    machine.timebase = timebase_start(0, 0, RATE_1_GHZ, TSC_RATIO_ONE);
    kvmclock_init(&machine.clock, &wiring, 1, true);
    make_hpet();
    write_config(HPET_CONFIG_ENABLE);
}

static uint64_t read_both_with_lock(uint64_t *now_ns)
{
    uint64_t value;

    pthread_mutex_lock(&machine.lock);
    *now_ns = now();
    value = machine.hpet.dev.ops->read(&machine.hpet.dev, *now_ns, HPET_REG_COUNTER, 8);
    pthread_mutex_unlock(&machine.lock);
    return value;
}

static uint64_t read_with_lock(void)
{
    uint64_t now_ns;

    return read_both_with_lock(&now_ns);
}

static bool read_live(struct live_clock *live, uint64_t *value)
{
    struct hpet_counter counter;
    uint64_t now_ns;
    bool done = live_clock_read(live, host_tsc, &now_ns, &counter);

    if (done)
        *value = hpet_counter_at(&counter, now_ns);
    return done;
}

static void a_counter_that_was_never_published_is_read_with_the_lock(void **unused)
{
    struct live_clock live = {0};
    uint64_t counter;

    (void)unused;
    set_up();
    assert_true(live_clock_is_changing(&live));
    assert_false(read_live(&live, &counter));
}

static void without_the_lock_the_counter_is_that_of_guest_time(void **unused)
{
    uint64_t counter;

    (void)unused;
    set_up();
    atomic_store(&machine.tsc, 123456789);
    assert_true(read_live(&machine.live, &counter));
    assert_int_equal(counter, 12345678);
    write_config(0);
    atomic_store(&machine.tsc, 223456789);
    assert_true(read_live(&machine.live, &counter));
    assert_int_equal(counter, 12345679);
}

static void while_it_changes_the_counter_is_read_with_the_lock(void **unused)
{
    uint64_t counter;

    (void)unused;
    set_up();
    live_clock_begin(&machine.live);
    live_clock_begin(&machine.live);
    assert_true(live_clock_is_changing(&machine.live));
    assert_false(read_live(&machine.live, &counter));
    publish();
    assert_false(live_clock_is_changing(&machine.live));
    assert_true(read_live(&machine.live, &counter));
}

/* Another thread gets in when the reading has its copy and not yet its TSC. */
static void halve_the_rate(void)
{
    machine.before_tsc = NULL;
    atomic_store(&machine.tsc, 5000000);
    change_rate(1, 2);
    atomic_store(&machine.tsc, 9000000);
}

static void a_reading_that_a_change_overtakes_gives_up_and_leaves_no_trace(void **unused)
{
    uint64_t counter;

    (void)unused;
    set_up();
    atomic_store(&machine.tsc, 1000000);
    machine.before_tsc = halve_the_rate;
    assert_false(read_live(&machine.live, &counter));
    assert_int_equal(read_with_lock(), 500000 + 200000);
}

static void a_tsc_that_is_behind_takes_no_reading_back(void **unused)
{
    uint64_t first, second;

    (void)unused;
    set_up();
    atomic_store(&machine.tsc, 1000000);
    assert_true(read_live(&machine.live, &first));
    atomic_store(&machine.tsc, 500000);
    assert_true(read_live(&machine.live, &second));
    assert_int_equal(second, first);
    assert_int_equal(read_with_lock(), first);
}

/* --- Threads --- */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* The host suspends a thread: this comes by a signal, anywhere. */
static void on_suspend(int signal_number)
{
    (void)signal_number;
    nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
}

/* No time that anybody was given is later than guest time by the TSC that is ahead of all. */
static void check_guest_time(void)
{
    uint64_t given_ns;

    pthread_mutex_lock(&machine.lock);
    given_ns = atomic_load(&machine.live.now_ns);
    if (given_ns > timebase_ns(&machine.timebase, host_tsc()))
        atomic_fetch_add(&machine.times_ahead_of_guest_time, 1);
    pthread_mutex_unlock(&machine.lock);
}

/* Notes a value that was read; before is the latest when the reading began. */
static void note(_Atomic uint64_t *latest, uint64_t before, uint64_t value)
{
    if (value < before)
        atomic_fetch_add(&machine.readings_that_went_back, 1);
    while (before < value && !atomic_compare_exchange_weak(latest, &before, value))
        ;
}

/* The counter, and guest time, which is what the PM timer follows from. */
static void take_reading(bool with_lock)
{
    uint64_t before = atomic_load(&machine.latest_counter);
    uint64_t before_ns = atomic_load(&machine.latest_ns);
    struct hpet_counter counter;
    uint64_t now_ns, value;

    if (with_lock || !live_clock_read(&machine.live, host_tsc, &now_ns, &counter)) {
        value = read_both_with_lock(&now_ns);
    } else {
        value = hpet_counter_at(&counter, now_ns);
        atomic_fetch_add(&machine.readings_without_lock, 1);
    }
    note(&machine.latest_counter, before, value);
    note(&machine.latest_ns, before_ns, now_ns);
}

/* Its CPU's TSC is behind by the argument. */
static void *reader(void *lag)
{
    tsc_lag = *(const uint64_t *)lag;
    for (unsigned i = 0; !atomic_load(&machine.over); i++)
        take_reading(i % 8 == 0);
    return NULL;
}

/* Rates from 0.5 to 2 GHz: a step that a real change of rate hides in the rounding is plain. */
static void change_at_random(uint32_t *state)
{
    check_guest_time();
    switch (next_random(state) % 4) {
    case 0:
        write_config(0);
        break;
    case 1:
        write_config(HPET_CONFIG_ENABLE);
        break;
    default:
        change_rate(50 + next_random(state) % 150, 100);
        break;
    }
}

static void race(uint64_t lag)
{
    uint64_t lags[READER_COUNT];
    pthread_t threads[READER_COUNT];
    uint32_t state = 12345;

    signal(SIGUSR1, on_suspend);
    for (unsigned i = 0; i < READER_COUNT; i++) {
        lags[i] = i * lag;
        assert_int_equal(pthread_create(&threads[i], NULL, reader, &lags[i]), 0);
    }
    for (unsigned i = 0; i < CHANGE_COUNT || atomic_load(&machine.readings_without_lock) == 0;
         i++) {
        change_at_random(&state);
        if (i % 4 == 0)
            pthread_kill(threads[next_random(&state) % READER_COUNT], SIGUSR1);
    }
    atomic_store(&machine.over, true);
    for (unsigned i = 0; i < READER_COUNT; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(machine.readings_that_went_back, 0);
    assert_int_equal(machine.times_ahead_of_guest_time, 0);
    assert_in_range(machine.latest_counter, 1, machine.tsc / 5);
}

static void no_reading_by_any_thread_is_less_than_one_that_was_made_before(void **unused)
{
    (void)unused;
    set_up();
    race(0);
}

static void and_none_is_with_tscs_that_are_behind_each_other(void **unused)
{
    (void)unused;
    set_up();
    atomic_store(&machine.tsc, 100000);
    race(300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_that_was_never_published_is_read_with_the_lock),
        cmocka_unit_test(without_the_lock_the_counter_is_that_of_guest_time),
        cmocka_unit_test(while_it_changes_the_counter_is_read_with_the_lock),
        cmocka_unit_test(a_reading_that_a_change_overtakes_gives_up_and_leaves_no_trace),
        cmocka_unit_test(a_tsc_that_is_behind_takes_no_reading_back),
        cmocka_unit_test(no_reading_by_any_thread_is_less_than_one_that_was_made_before),
        cmocka_unit_test(and_none_is_with_tscs_that_are_behind_each_other),
    };

    return cmocka_run_group_tests_name("live_clock", tests, NULL, NULL);
}
