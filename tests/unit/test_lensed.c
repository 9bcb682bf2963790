/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chip behind a lens L. Its register reads at guest time G are those of a bare chip at L(G), and
 * what the bare one does with its lines at D the other does at the first G at which L(G) is D.
 */
#include "tests/unit/unit.h"

#include <stddef.h>

#include "base/time_math.h"
#include "devices/lensed.h"
#include "devices/pc/acpi_pm.h"
#include "devices/pc/hpet.h"
#include "devices/pc/pit.h"
#include "devices/pc/rtc.h"
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

/* The chips, and where each has its queue of timers. */
static const struct kind {
    const struct time_device *device;
    size_t timers_offset;
} kinds[] = {
    {&pit_device, offsetof(struct pit, wiring.timers)},
    {&rtc_device, offsetof(struct rtc, wiring.timers)},
    {&hpet_device, offsetof(struct hpet, wiring.timers)},
    {&acpi_pm_device, offsetof(struct acpi_pm, wiring.timers)},
    {&acpi_pm_32_device, offsetof(struct acpi_pm, wiring.timers)},
};
#define KINDS (sizeof kinds / sizeof kinds[0])
#define HPET  2

/* One of the two chips, with a record of its lines. */
struct rig {
    struct timerq timers;
    struct bus bus;
    union {
        struct device dev;
        struct pit pit;
        struct rtc rtc;
        struct hpet hpet;
        struct acpi_pm pm;
    };
    struct lensed lensed;
    struct irq_line lines[PROPERTY_LINES];
    uint64_t now_ns;
    struct event events[EVENTS];
    unsigned count;
};

static struct rig bare, lensed;
static const struct kind *kind;
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
    kind->device->init(&rig->dev, &rig->timers, DEVICE, rig->lines, BEGIN_NS);
    bus_attach(&rig->bus, (struct bus_range){0, kind->device->length_bytes, &rig->dev, 0});
}

static void put_behind_lens(void)
{
    lensed_begin(&lensed.lensed, &lensed.dev, &lensed.timers, DEVICE);
    *(struct timerq **)((char *)&lensed.dev + kind->timers_offset) = &lensed.lensed.timers;
    bus_replace(&lensed.bus, &lensed.dev, &lensed.lensed.dev);
}

static void make_hpet_behind_lens(void)
{
    kind = &kinds[HPET];
    make(&lensed);
    put_behind_lens();
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
static void assert_same_events(const struct lens *lens, const struct jitter *jitter)
{
    assert_int_equal(lensed.count, bare.count);
    for (unsigned i = 0; i < bare.count; i++) {
        assert_int_equal(lensed.events[i].line, bare.events[i].line);
        assert_int_equal(lensed.events[i].level, bare.events[i].level);
        assert_int_equal(lensed.events[i].at_ns,
                         lens_guest_ns(lens, jitter_time_ns(jitter, bare.events[i].at_ns)));
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
    struct jitter jitter = lensed.lensed.jitter;

    run_to(&bare, shown_ns);
    run_to(&lensed, guest_ns);
    assert_same_events(&lens, &jitter);
    assert_int_equal(kind->device->act(&lensed.bus, guest_ns, random),
                     kind->device->act(&bare.bus, shown_ns, random));
    assert_int_equal(lensed.count, bare.count);
    bare.count = lensed.count = 0;
}

static void set_jitter(uint64_t guest_ns)
{
    uint64_t every_ns = 2 + next_random() % (UINT64_C(1) << next_random() % 35);
    const struct jitter jitter = {
        .by_ns = next_random() % 2 == 0 ? every_ns / 2 : 0,
        .every_ns = every_ns,
        .seed = next_random(),
        .walks = next_random() % 2 == 0,
    };
    uint64_t shown_ns = lensed_now(&lensed.lensed, guest_ns);

    lensed_set_jitter(&lensed.lensed, guest_ns, &jitter);
    assert_int_equal(lensed_now(&lensed.lensed, guest_ns), shown_ns);
}

static void change_lens(uint64_t guest_ns)
{
    if (next_random() % 3 == 0)
        set_jitter(guest_ns);
    else if (next_random() % 3 == 0)
        lensed_stick(&lensed.lensed, guest_ns, next_random() % 2 == 0);
    else
        lensed_set_rate(&lensed.lensed, guest_ns, some_rate());
}

static void run_program(uint64_t seed)
{
    uint64_t guest_ns = BEGIN_NS;

    random_state = seed;
    make(&bare);
    make(&lensed);
    for (unsigned step = 0; step < STEPS; step++) {
        guest_ns += next_random() % (UINT64_C(1) << next_random() % kind->device->max_step_log2);
        if (step == STEPS / 4)
            put_behind_lens();
        step_both(guest_ns);
        if (step > STEPS / 4 && next_random() % 8 == 0)
            change_lens(guest_ns);
    }
}

static void a_chip_behind_a_lens_is_a_bare_one_at_another_time(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < KINDS; i++)
        for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
            kind = &kinds[i];
            run_program(seed * UINT64_C(0x9e3779b97f4a7c15));
        }
}

/* A clock that stands, whose rate is set meanwhile, goes on at that rate. */
static void a_stick_ends_at_the_rate_that_was_set(void **unused)
{
    (void)unused;
    make_hpet_behind_lens();
    lensed_set_rate(&lensed.lensed, BEGIN_NS, 500);
    lensed_stick(&lensed.lensed, BEGIN_NS, true);
    assert_int_equal(lensed_now(&lensed.lensed, 2 * BEGIN_NS), BEGIN_NS);
    lensed_stick(&lensed.lensed, 2 * BEGIN_NS, false);
    assert_int_equal(lensed_now(&lensed.lensed, 3 * BEGIN_NS), 2 * BEGIN_NS + 500);
    lensed_stick(&lensed.lensed, 3 * BEGIN_NS, true);
    lensed_set_rate(&lensed.lensed, 3 * BEGIN_NS, -500);
    assert_int_equal(lensed_now(&lensed.lensed, 4 * BEGIN_NS), 3 * BEGIN_NS);
    assert_false(lensed.lensed.stands);
}

/* Asked at one time twice it says one thing, and it is right again soon after the end. */
static void a_jitter_is_a_function_of_time_and_ends(void **unused)
{
    const struct jitter jitter = {.by_ns = 400000, .every_ns = 1000000, .seed = 5};
    const struct jitter end = {0};
    uint64_t latest = 0, wrong = 0, ns;

    (void)unused;
    make_hpet_behind_lens();
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_CONFIG, 4, 1);
    lensed_set_jitter(&lensed.lensed, BEGIN_NS, &jitter);
    for (ns = BEGIN_NS; ns < 2 * BEGIN_NS; ns += 70001) {
        uint64_t counter = bus_read(&lensed.bus, ns, HPET_REG_COUNTER, 8);

        assert_int_equal(bus_read(&lensed.bus, ns, HPET_REG_COUNTER, 8), counter);
        assert_true(counter >= latest);
        assert_in_range(counter - (ns - BEGIN_NS) / 10 + 40001, 0, 80001);
        latest = counter;
        wrong += counter != (ns - BEGIN_NS) / 10;
    }
    assert_true(wrong > 10000);
    lensed_set_jitter(&lensed.lensed, ns, &end);
    ns += jitter.every_ns;
    assert_int_equal(bus_read(&lensed.bus, ns, HPET_REG_COUNTER, 8), (ns - BEGIN_NS) / 10);
}

static void a_step_is_exact_whatever_the_jitter(void **unused)
{
    const struct jitter jitter = {.by_ns = 400000, .every_ns = 1000000, .seed = 5};
    uint64_t before_ns;

    (void)unused;
    make_hpet_behind_lens();
    lensed_set_jitter(&lensed.lensed, BEGIN_NS, &jitter);
    before_ns = lensed_now(&lensed.lensed, 2 * BEGIN_NS + 12345);
    lensed_step(&lensed.lensed, 2 * BEGIN_NS + 12345, 777777);
    assert_int_equal(lensed_now(&lensed.lensed, 2 * BEGIN_NS + 12345), before_ns + 777777);
}

static void a_step_is_as_if_that_time_had_passed(void **unused)
{
    (void)unused;
    make_hpet_behind_lens();
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_CONFIG, 4, 1);
    lensed_set_rate(&lensed.lensed, BEGIN_NS, LENS_MAX_PPB);
    lensed_step(&lensed.lensed, 2 * BEGIN_NS, 5 * BEGIN_NS);
    assert_int_equal(bus_read(&lensed.bus, 2 * BEGIN_NS, HPET_REG_COUNTER, 8), 700000000);
    assert_int_equal(bus_read(&lensed.bus, 3 * BEGIN_NS, HPET_REG_COUNTER, 8), 900000000);
}

/* The counter of an HPET that runs and is asked for nothing else. */
static void a_rate_and_back_leaves_no_step(void **unused)
{
    uint64_t first, last;

    (void)unused;
    make_hpet_behind_lens();
    bus_write(&lensed.bus, BEGIN_NS, HPET_REG_CONFIG, 4, 1);
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
    make_hpet_behind_lens();
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

static void never(void *ctx, uint64_t deadline_ns)
{
    (void)ctx;
    (void)deadline_ns;
    fail();
}

static void at_the_end_of_its_time_a_device_stands(void **unused)
{
    const uint64_t end_ns = DEVICE_END_NS - 1;
    struct timer timer;

    (void)unused;
    make_hpet_behind_lens();
    timer_init(&timer, timer_rank(DEVICE, 9), never, NULL);
    timerq_arm(&lensed.lensed.timers, &timer, end_ns + 1);
    lensed_set_rate(&lensed.lensed, BEGIN_NS, LENS_MAX_PPB);
    lensed_step(&lensed.lensed, BEGIN_NS, end_ns - 1000 - BEGIN_NS);
    assert_int_equal(timerq_next_deadline_ns(&lensed.timers), TIME_NEVER_NS);
    assert_int_equal(lensed_now(&lensed.lensed, BEGIN_NS + 400), end_ns - 200);
    assert_int_equal(lensed_now(&lensed.lensed, BEGIN_NS + 600), end_ns);
    lensed_set_rate(&lensed.lensed, 2 * BEGIN_NS, 0);
    assert_int_equal(lensed_now(&lensed.lensed, 3 * BEGIN_NS), end_ns);
    timerq_run(&lensed.timers, 3 * BEGIN_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chip_behind_a_lens_is_a_bare_one_at_another_time),
        cmocka_unit_test(a_stick_ends_at_the_rate_that_was_set),
        cmocka_unit_test(a_jitter_is_a_function_of_time_and_ends),
        cmocka_unit_test(a_step_is_exact_whatever_the_jitter),
        cmocka_unit_test(a_step_is_as_if_that_time_had_passed),
        cmocka_unit_test(a_rate_and_back_leaves_no_step),
        cmocka_unit_test(a_late_run_is_late_in_the_device_s_time),
        cmocka_unit_test(at_the_end_of_its_time_a_device_stands),
    };

    return cmocka_run_group_tests_name("lensed", tests, NULL, NULL);
}
