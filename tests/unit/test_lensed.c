/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HPET behind a lens L. Its register reads at guest time G are those of a bare HPET at L(G), and
 * what the bare one does with its lines at D the other does at the first G at which L(G) is D.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "devices/lensed.h"
#include "devices/pc/hpet.h"
#include "tests/unit/time_devices.h"

#define PROGRAMS  300
#define STEPS     100
#define EVENTS    4096
#define DEVICE    2
#define BEGIN_NS  UINT64_C(1000000000)
#define NEWEST_NS (BEGIN_NS * 1000)

struct event {
    uint64_t at_ns;
    unsigned line;
    bool level;
};

/* One of the two HPETs, with a record of its lines. */
struct rig {
    struct timerq timers;
    struct bus bus;
    struct hpet hpet;
    struct lensed lensed;
    struct irq_line lines[PROPERTY_LINES];
    uint64_t now_ns;
    struct event events[EVENTS];
    unsigned count;
};

static struct rig bare, lensed;
static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static enum irq_arrival on_line(void *ctx, unsigned line, bool level)
{
    struct rig *rig = ctx;

    assert_true(rig->count < EVENTS);
    rig->events[rig->count++] = (struct event){rig->now_ns, line, level};
    return IRQ_ARRIVED;
}

static void make(struct rig *rig)
{
    *rig = (struct rig){.now_ns = BEGIN_NS};
    for (unsigned i = 0; i < PROPERTY_LINES; i++)
        rig->lines[i] = (struct irq_line){.drive = on_line, .ctx = rig, .gsi = i};
    bus_init(&rig->bus, &rig->timers);
    hpet_device.init(&rig->hpet, &rig->timers, DEVICE, rig->lines, BEGIN_NS);
    bus_attach(&rig->bus, (struct bus_range){0, hpet_device.length_bytes, &rig->hpet.dev, 0});
}

/* Each timer at its own time. */
static void run_to(struct rig *rig, uint64_t until_ns)
{
    while (timerq_next_deadline_ns(&rig->timers) <= until_ns) {
        rig->now_ns = timerq_next_deadline_ns(&rig->timers);
        timerq_run(&rig->timers, rig->now_ns);
    }
    rig->now_ns = until_ns;
}

/* All that has happened since the last look is the same, at times that fit. */
static void assert_same_events(const struct lens *lens)
{
    assert_int_equal(lensed.count, bare.count);
    for (unsigned i = 0; i < bare.count; i++) {
        assert_int_equal(lensed.events[i].line, bare.events[i].line);
        assert_int_equal(lensed.events[i].level, bare.events[i].level);
        assert_int_equal(lensed.events[i].at_ns, lens_guest_ns(lens, bare.events[i].at_ns));
    }
    bare.count = lensed.count = 0;
}

static int64_t some_rate(void)
{
    static const int64_t rates[] = {LENS_STANDS_PPB, LENS_MAX_PPB, 0, 2000000, -500000000, 1};

    return rates[next_random() % 6];
}

/* Up to guest_ns, and then one access of the guest. */
static void step_both(uint64_t guest_ns)
{
    uint64_t random = next_random();
    uint64_t shown_ns = lensed_now(&lensed.lensed, guest_ns);
    struct lens lens = lensed.lensed.lens;

    run_to(&bare, shown_ns);
    run_to(&lensed, guest_ns);
    assert_same_events(&lens);
    assert_int_equal(hpet_device.act(&lensed.bus, guest_ns, random),
                     hpet_device.act(&bare.bus, shown_ns, random));
    assert_int_equal(lensed.count, bare.count);
    bare.count = lensed.count = 0;
}

static void run_program(uint64_t seed)
{
    uint64_t guest_ns = BEGIN_NS;

    random_state = seed;
    make(&bare);
    make(&lensed);
    for (unsigned step = 0; step < STEPS; step++) {
        guest_ns += next_random() % (UINT64_C(1) << next_random() % 24);
        if (step == STEPS / 4) {
            lensed_begin(&lensed.lensed, &lensed.hpet.dev, &lensed.timers, DEVICE);
            lensed.hpet.wiring.timers = &lensed.lensed.timers;
            bus_replace(&lensed.bus, &lensed.hpet.dev, &lensed.lensed.dev);
        }
        step_both(guest_ns);
        if (step > STEPS / 4 && next_random() % 8 == 0)
            lensed_set_rate(&lensed.lensed, guest_ns, some_rate());
    }
}

static void an_hpet_behind_a_lens_is_a_bare_one_at_another_time(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
        run_program(seed * UINT64_C(0x9e3779b97f4a7c15));
}

/* The counter of an HPET that runs and is asked for nothing else. */
static void a_rate_and_back_leaves_no_step(void **unused)
{
    uint64_t first, last;

    (void)unused;
    make(&lensed);
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_CONFIG, 4, 1);
    lensed_begin(&lensed.lensed, &lensed.hpet.dev, &lensed.timers, DEVICE);
    lensed.hpet.wiring.timers = &lensed.lensed.timers;
    bus_replace(&lensed.bus, &lensed.hpet.dev, &lensed.lensed.dev);
    lensed_set_rate(&lensed.lensed, 2 * BEGIN_NS, 2000000);
    first = bus_read(&lensed.bus, 3 * BEGIN_NS, HPET_REG_COUNTER, 8);
    assert_int_equal(first, 200200000);
    lensed_set_rate(&lensed.lensed, 3 * BEGIN_NS, 0);
    assert_int_equal(bus_read(&lensed.bus, 3 * BEGIN_NS, HPET_REG_COUNTER, 8), first);
    last = bus_read(&lensed.bus, 4 * BEGIN_NS, HPET_REG_COUNTER, 8);
    assert_int_equal(last - first, 100000000);
}

/* A late host finds out in one run what was due, by the device's time. */
static void a_late_run_is_late_in_the_device_s_time(void **unused)
{
    (void)unused;
    make(&lensed);
    lensed_begin(&lensed.lensed, &lensed.hpet.dev, &lensed.timers, DEVICE);
    lensed.hpet.wiring.timers = &lensed.lensed.timers;
    bus_replace(&lensed.bus, &lensed.hpet.dev, &lensed.lensed.dev);
    lensed_set_rate(&lensed.lensed, BEGIN_NS, LENS_MAX_PPB);
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_TIMER_CONFIG(0), 4,
              HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET |
                  HPET_FIRST_ROUTE << HPET_TIMER_ROUTE_SHIFT);
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_TIMER_COMPARATOR(0), 8, 1000);
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_CONFIG, 4, 1);
    assert_int_equal(timerq_next_deadline_ns(&lensed.timers), BEGIN_NS + 5000);
    timerq_run(&lensed.timers, BEGIN_NS + 52500);
    assert_int_equal(hpet_lost_ticks(&lensed.hpet).dropped, 9);
    assert_int_equal(timerq_next_deadline_ns(&lensed.timers), BEGIN_NS + 55000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hpet_behind_a_lens_is_a_bare_one_at_another_time),
        cmocka_unit_test(a_rate_and_back_leaves_no_step),
        cmocka_unit_test(a_late_run_is_late_in_the_device_s_time),
    };

    return cmocka_run_group_tests_name("lensed", tests, NULL, NULL);
}
