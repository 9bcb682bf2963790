/* SPDX-License-Identifier: BSD-2-Clause */
/* See properties.h. */
#include "tests/unit/unit.h"

#include "tests/unit/properties.h"

#include <stdlib.h>
#include <string.h>

#define STEPS    20000
#define START_NS UINT64_C(1000000)
#define SHIFT_NS UINT64_C(987654321987654321)

/* How a machine gets from one access to the next. */
enum manner {
    ON_TIME, /* every timer at its deadline */
    SPLIT,   /* the same, in three parts */
    RELOAD,  /* the same, and new chips take over by save and load, on the way and at the end */
    LATE,    /* not at all: only the bus runs timers */
};

/* A chip, on a bus of its own. */
struct member {
    const struct time_device *device;
    void *chip;
    struct bus bus;
    struct irq_line lines[PROPERTY_LINES];
};

/* Chips on one timer queue. */
struct machine {
    struct member members[PROPERTY_COMPANY];
    unsigned count;
    struct timerq timers;
    uint64_t start_ns;
    uint64_t now_ns;
    uint64_t irq_rises;
    /* Digest of the lines' changes, their order and their times since the start. */
    uint64_t irq_digest;
    /* How often several timers had one deadline. */
    uint64_t coincidences;
};

static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static enum irq_arrival on_irq(void *ctx, unsigned gsi, bool level)
{
    struct machine *machine = ctx;
    uint64_t seed =
        machine->irq_digest ^ (machine->now_ns - machine->start_ns) << 5 ^ gsi << 1 ^ level;

    machine->irq_rises += level;
    machine->irq_digest = next_random(&seed);
    return IRQ_ARRIVED;
}

static void make_chips(struct machine *machine)
{
    machine->timers = (struct timerq){0};
    for (unsigned i = 0; i < machine->count; i++) {
        struct member *member = &machine->members[i];
        const struct time_device *device = member->device;

        member->chip = calloc(1, device->chip_bytes);
        assert_non_null(member->chip);
        device->init(member->chip, &machine->timers, i, member->lines, machine->now_ns);
        bus_init(&member->bus, &machine->timers);
        bus_attach(&member->bus, (struct bus_range){0, device->length_bytes, member->chip, 0});
    }
}

static void machine_init(struct machine *machine, const struct time_device *const *devices,
                         uint64_t start_ns)
{
    *machine = (struct machine){.start_ns = start_ns, .now_ns = start_ns};
    while (devices[machine->count] != NULL) {
        assert_true(machine->count < PROPERTY_COMPANY);
        machine->members[machine->count].device = devices[machine->count];
        machine->count++;
    }
    make_chips(machine);
    for (unsigned i = 0; i < machine->count * PROPERTY_LINES; i++)
        machine->members[i / PROPERTY_LINES].lines[i % PROPERTY_LINES] =
            (struct irq_line){.drive = on_irq, .ctx = machine, .gsi = i};
}

static void machine_free(struct machine *machine)
{
    for (unsigned i = 0; i < machine->count; i++)
        free(machine->members[i].chip);
}

static void load(struct machine *machine, struct member *member, const struct device *old_chip)
{
    void *state = malloc(old_chip->ops->state_size_bytes);

    assert_non_null(state);
    device_save(old_chip, state);
    if (device_load(member->chip, machine->now_ns, state) != 0)
        fail_msg("%s: a state that a guest can reach is refused", member->device->name);
    free(state);
}

/*
 * Lines are the interrupt controller's memory, not the chip's: making a chip leaves them alone. The
 * last chip is loaded first: the order of loading says nothing.
 */
static void reload(struct machine *machine)
{
    struct machine old = *machine;

    for (unsigned i = 0; i < machine->count * PROPERTY_LINES; i++)
        machine->members[i / PROPERTY_LINES].lines[i % PROPERTY_LINES].drive = NULL;
    make_chips(machine);
    for (unsigned i = machine->count; i-- > 0;) {
        struct member *member = &machine->members[i];

        memcpy(member->lines, old.members[i].lines, sizeof member->lines);
        load(machine, member, old.members[i].chip);
    }
    machine_free(&old);
}

static void advance_on_time(struct machine *machine, uint64_t to_ns)
{
    while (timerq_next_deadline_ns(&machine->timers) <= to_ns) {
        const struct timer *first = machine->timers.first;

        machine->now_ns = first->deadline_ns;
        machine->coincidences +=
            first->next != NULL && first->next->deadline_ns == first->deadline_ns;
        timerq_run(&machine->timers, machine->now_ns);
    }
    machine->now_ns = to_ns;
    timerq_run(&machine->timers, to_ns);
}

static void advance(struct machine *machine, uint64_t delta_ns, enum manner manner)
{
    uint64_t to_ns = machine->now_ns + delta_ns;

    if (manner == SPLIT) {
        advance_on_time(machine, machine->now_ns + delta_ns / 3);
        advance_on_time(machine, machine->now_ns + delta_ns / 5);
    }
    if (manner == RELOAD) {
        advance_on_time(machine, machine->now_ns + delta_ns / 3);
        reload(machine);
    }
    if (manner == LATE)
        machine->now_ns = to_ns;
    else
        advance_on_time(machine, to_ns);
    if (manner == RELOAD)
        reload(machine);
}

static unsigned max_step_log2(const struct machine *machine)
{
    unsigned least = 64;

    for (unsigned i = 0; i < machine->count; i++)
        if (machine->members[i].device->max_step_log2 < least)
            least = machine->members[i].device->max_step_log2;
    return least;
}

/* The same access on each, beginning with any of them; a digest of what they read. */
static uint64_t act(struct machine *machine, uint64_t random)
{
    uint64_t digest = 0;

    for (unsigned i = 0; i < machine->count; i++) {
        struct member *member = &machine->members[(i + random % 7) % machine->count];

        digest ^= member->device->act(&member->bus, machine->now_ns, random);
        if (machine->count > 1)
            digest = next_random(&digest);
    }
    return digest;
}

/* Runs a random program on a machine on time and on another one, and compares them at each step. */
static void assert_same_run(const struct time_device *const *devices, const char *property,
                            enum manner manner, uint64_t shift_ns)
{
    const char *name = devices[0]->name;
    struct machine on_time;
    struct machine other;
    uint64_t seed = 1;

    machine_init(&on_time, devices, START_NS);
    machine_init(&other, devices, START_NS + shift_ns);
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t delta_ns = next_random(&seed) >> (64 - max_step_log2(&on_time));
        uint64_t random = next_random(&seed);

        /* Steps of all sizes, and none at all. */
        delta_ns >>= random % (max_step_log2(&on_time) + 1);
        random = next_random(&seed);
        advance(&on_time, delta_ns, ON_TIME);
        advance(&other, delta_ns, manner);
        if (act(&other, random) != act(&on_time, random))
            fail_msg("%s: %s: step %u reads something else", name, property, step);
        if (manner != LATE && other.irq_digest != on_time.irq_digest)
            fail_msg("%s: %s: step %u interrupts differ", name, property, step);
    }
    if (on_time.irq_rises == 0 || (on_time.count > 1 && on_time.coincidences == 0))
        fail_msg("%s: %s: no interrupts, or none at one time: this proves nothing", name, property);
    machine_free(&on_time);
    machine_free(&other);
}

static void assert_long_run(const struct time_device *device, uint64_t end_ns, uint64_t step_ns,
                            enum manner manner)
{
    const struct time_device *const alone[] = {device, NULL};
    struct machine machine;
    struct member *member = &machine.members[0];

    machine_init(&machine, alone, START_NS);
    device->start_ticks(&member->bus, START_NS);
    for (uint64_t ns = step_ns; ns <= end_ns; ns += step_ns) {
        uint64_t expected = ticks_from_ns(ns, device->tick_rate);
        uint64_t ticks;

        advance(&machine, step_ns, manner);
        timerq_run(&machine.timers, machine.now_ns);
        ticks = device->ticks(member->chip, &member->bus, machine.now_ns, machine.irq_rises);
        if ((expected - ticks + 1) % device->tick_modulus > 2)
            fail_msg("%s: long run: %ju ticks instead of %ju after %ju ns", device->name,
                     (uintmax_t)ticks, (uintmax_t)expected, (uintmax_t)ns);
    }
    machine_free(&machine);
}

/* The state after an access, which is undone; its value is returned. */
static uint64_t try_access(struct member *member, uint64_t now_ns, bool is_write, uint32_t reg,
                           void *after)
{
    struct device *dev = member->chip;
    void *before = malloc(dev->ops->state_size_bytes);
    uint64_t value = 0;

    assert_non_null(before);
    device_save(dev, before);
    if (is_write)
        dev->ops->write(dev, now_ns, reg, 1, 0x5a);
    else
        value = dev->ops->read(dev, now_ns, reg, 1);
    device_save(dev, after);
    if (dev->ops->rearm != NULL)
        dev->ops->rearm(dev, now_ns);
    assert_int_equal(device_load(dev, now_ns, before), 0);
    free(before);
    return value;
}

static void assert_has_no_time(struct machine *machine, bool is_write, uint32_t reg)
{
    struct member *member = &machine->members[0];
    const struct device *dev = member->chip;
    uint64_t digest = machine->irq_digest, now_ns = machine->now_ns;
    uint64_t deadline_ns = timerq_next_deadline_ns(&machine->timers);
    uint8_t now[256] = {0}, later[256] = {0};

    assert_in_range(dev->ops->state_size_bytes, 1, sizeof now);
    if (try_access(member, now_ns, is_write, reg, now) !=
            try_access(member, now_ns + 86400 * NS_PER_SEC, is_write, reg, later) ||
        memcmp(now, later, sizeof now) != 0)
        fail_msg("%s: register %u has to do with time", member->device->name, reg);
    if (machine->irq_digest != digest || timerq_next_deadline_ns(&machine->timers) != deadline_ns)
        fail_msg("%s: register %u moves a line or a timer", member->device->name, reg);
}

/* How many accesses have nothing to do with time as the machine is. */
static unsigned check_timeless(struct machine *machine)
{
    const struct device *dev = machine->members[0].chip;
    unsigned count = 0;

    for (uint32_t reg = 0; reg < machine->members[0].device->length_bytes; reg++)
        for (int is_write = 0; is_write < 2; is_write++)
            if (dev->ops->is_timeless(dev, is_write != 0, reg, 1)) {
                assert_has_no_time(machine, is_write != 0, reg);
                count++;
            }
    return count;
}

void assert_timeless(const struct time_device *device)
{
    const struct time_device *const alone[] = {device, NULL};
    unsigned with = 0, without = 0;
    struct machine machine;
    uint64_t seed = 1;

    machine_init(&machine, alone, START_NS);
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t random = next_random(&seed);

        advance(&machine, random >> (64 - max_step_log2(&machine)) >> random % 24, ON_TIME);
        act(&machine, next_random(&seed));
        if (check_timeless(&machine) > 0)
            with++;
        else
            without++;
    }
    if (with < STEPS / 100 || without < STEPS / 100)
        fail_msg("%s: timeless in %u of %u steps: this proves nothing", device->name, with, STEPS);
    machine_free(&machine);
}

void assert_properties(const struct time_device *device)
{
    const struct time_device *const alone[] = {device, NULL};
    const struct time_device *const twins[] = {device, device, NULL};
    const uint64_t day_ns = 86400 * NS_PER_SEC;

    assert_same_run(alone, "split", SPLIT, 0);
    assert_same_run(alone, "shift", ON_TIME, SHIFT_NS);
    assert_same_run(alone, "save and load", RELOAD, 0);
    assert_same_run(alone, "late host", LATE, 0);
    assert_company(twins);
    if (device->start_ticks == NULL)
        return;
    assert_long_run(device, day_ns, 7 * NS_PER_SEC + 123456789, ON_TIME);
    assert_long_run(device, 400 * day_ns, 3600 * NS_PER_SEC + 987654321, LATE);
}

void assert_company(const struct time_device *const *devices)
{
    assert_same_run(devices, "company", RELOAD, 0);
}
