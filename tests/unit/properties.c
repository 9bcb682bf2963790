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
    RELOAD,  /* the same, and a new chip takes over by save and load, on the way and at the end */
    LATE,    /* not at all: only the bus runs timers */
};

struct machine {
    const struct time_device *device;
    struct timerq timers;
    struct bus bus;
    struct irq_line lines[PROPERTY_LINES];
    void *chip;
    uint64_t start_ns;
    uint64_t now_ns;
    uint64_t irq_rises;
    /* Digest of the lines' changes and their times since the start. */
    uint64_t irq_digest;
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

static void make_chip(struct machine *machine)
{
    const struct time_device *device = machine->device;

    machine->timers = (struct timerq){0};
    machine->chip = calloc(1, device->chip_bytes);
    assert_non_null(machine->chip);
    device->init(machine->chip, &machine->timers, machine->lines, machine->now_ns);
    bus_init(&machine->bus, &machine->timers);
    bus_attach(&machine->bus, (struct bus_range){0, device->length_bytes, machine->chip, 0});
}

static void machine_init(struct machine *machine, const struct time_device *device,
                         uint64_t start_ns)
{
    *machine = (struct machine){.device = device, .start_ns = start_ns, .now_ns = start_ns};
    make_chip(machine);
    for (unsigned i = 0; i < PROPERTY_LINES; i++)
        machine->lines[i] = (struct irq_line){.drive = on_irq, .ctx = machine, .gsi = i};
}

/* Lines are the interrupt controller's memory, not the chip's: making a chip leaves them alone. */
static void reload(struct machine *machine)
{
    struct irq_line lines[PROPERTY_LINES];
    struct device *old_chip = machine->chip;
    void *state = malloc(old_chip->ops->state_size_bytes);

    assert_non_null(state);
    device_save(old_chip, state);
    memcpy(lines, machine->lines, sizeof(lines));
    for (unsigned i = 0; i < PROPERTY_LINES; i++)
        machine->lines[i].drive = NULL;
    make_chip(machine);
    memcpy(machine->lines, lines, sizeof(lines));
    if (device_load(machine->chip, machine->now_ns, state) != 0)
        fail_msg("%s: a state that a guest can reach is refused", machine->device->name);
    free(state);
    free(old_chip);
}

static void advance_on_time(struct machine *machine, uint64_t to_ns)
{
    while (timerq_next_deadline_ns(&machine->timers) <= to_ns) {
        machine->now_ns = timerq_next_deadline_ns(&machine->timers);
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

/* Runs a random program on a machine on time and on another one, and compares them at each step. */
static void assert_same_run(const struct time_device *device, const char *property,
                            enum manner manner, uint64_t shift_ns)
{
    struct machine on_time;
    struct machine other;
    uint64_t seed = 1;

    machine_init(&on_time, device, START_NS);
    machine_init(&other, device, START_NS + shift_ns);
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t delta_ns = next_random(&seed) >> (64 - device->max_step_log2);
        uint64_t random = next_random(&seed);
        uint64_t value;

        /* Steps of all sizes, and none at all. */
        delta_ns >>= random % (device->max_step_log2 + 1);
        random = next_random(&seed);
        advance(&on_time, delta_ns, ON_TIME);
        advance(&other, delta_ns, manner);
        value = device->act(&on_time.bus, on_time.now_ns, random);
        if (device->act(&other.bus, other.now_ns, random) != value)
            fail_msg("%s: %s: step %u reads something else", device->name, property, step);
        if (manner != LATE && other.irq_digest != on_time.irq_digest)
            fail_msg("%s: %s: step %u interrupts differ", device->name, property, step);
    }
    if (on_time.irq_rises == 0)
        fail_msg("%s: the program gets no interrupt: it proves nothing", device->name);
    free(on_time.chip);
    free(other.chip);
}

static void assert_long_run(const struct time_device *device, uint64_t end_ns, uint64_t step_ns,
                            enum manner manner)
{
    struct machine machine;

    machine_init(&machine, device, START_NS);
    device->start_ticks(&machine.bus, START_NS);
    for (uint64_t ns = step_ns; ns <= end_ns; ns += step_ns) {
        uint64_t expected = ticks_from_ns(ns, device->tick_rate);
        uint64_t ticks;

        advance(&machine, step_ns, manner);
        timerq_run(&machine.timers, machine.now_ns);
        ticks = device->ticks(machine.chip, &machine.bus, machine.now_ns, machine.irq_rises);
        if ((expected - ticks + 1) % device->tick_modulus > 2)
            fail_msg("%s: long run: %ju ticks instead of %ju after %ju ns", device->name,
                     (uintmax_t)ticks, (uintmax_t)expected, (uintmax_t)ns);
    }
    free(machine.chip);
}

void assert_properties(const struct time_device *device)
{
    const uint64_t day_ns = 86400 * NS_PER_SEC;

    assert_same_run(device, "split", SPLIT, 0);
    assert_same_run(device, "shift", ON_TIME, SHIFT_NS);
    assert_same_run(device, "save and load", RELOAD, 0);
    assert_same_run(device, "late host", LATE, 0);
    if (device->start_ticks == NULL)
        return;
    assert_long_run(device, day_ns, 7 * NS_PER_SEC + 123456789, ON_TIME);
    assert_long_run(device, 400 * day_ns, 3600 * NS_PER_SEC + 987654321, LATE);
}
