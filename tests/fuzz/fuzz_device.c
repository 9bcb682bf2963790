/* SPDX-License-Identifier: BSD-2-Clause */
/* See fuzz_device.h. */
#include "tests/fuzz/fuzz_device.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"

#define START_NS          UINT64_C(1000000)
#define LAST_NS           (DEVICE_END_NS - 1)
#define MAX_FIRES_PER_RUN 4
#define MAX_RUNS_ON_TIME  64
#define MAX_STATE_BYTES   8192
#define MSR_NUMBERS       (UINT64_C(1) << 32)

struct machine {
    struct fuzz_host host;
    struct bus bus;
    struct device *chip;
    uint64_t fire_count;
};

struct pair {
    struct machine first;
    struct machine second;
    uint64_t now_ns;
    uint64_t operation_count;
};

static enum irq_arrival on_irq(void *ctx, unsigned gsi, bool level)
{
    struct fuzz_host *host = ctx;

    (void)gsi;
    (void)level;
    host->event_count++;
    return (enum irq_arrival)(host->event_count % (IRQ_MASKED + 1));
}

void fuzz_on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct fuzz_host *host = ctx;

    (void)request;
    (void)value;
    host->event_count++;
}

/* --- One machine --- */

static void make_chip(struct machine *machine, uint64_t now_ns)
{
    machine->host.timers = (struct timerq){0};
    memset(machine->chip, 0, fuzz_device.chip_bytes);
    fuzz_device.init(machine->chip, &machine->host, now_ns);
    bus_init(&machine->bus, &machine->host.timers);
    bus_attach(&machine->bus,
               (struct bus_range){0,
                                  fuzz_device.msrs != NULL ? MSR_NUMBERS : fuzz_device.length_bytes,
                                  machine->chip, 0});
    if (machine->chip->ops->state_size_bytes > MAX_STATE_BYTES)
        fuzz_fail("MAX_STATE_BYTES is too small");
}

static void machine_init(struct machine *machine, uint64_t now_ns)
{
    *machine = (struct machine){.chip = malloc(fuzz_device.chip_bytes)};
    if (machine->chip == NULL)
        fuzz_fail("no memory");
    for (unsigned i = 0; i < FUZZ_LINES; i++)
        machine->host.lines[i] = (struct irq_line){on_irq, &machine->host, i, false};
    machine->host.chip = machine->chip;
    make_chip(machine, now_ns);
}

/* Events since event_count was `before`. */
static void check_events(const struct machine *machine, uint64_t before, const char *what)
{
    if (machine->host.event_count - before > fuzz_device.max_events)
        fuzz_fail("%s: %" PRIu64 " events at once", what, machine->host.event_count - before);
}

/* timerq_run, with what fires counted. */
static void run_timers(struct machine *machine, uint64_t now_ns)
{
    struct timerq *timers = &machine->host.timers;
    uint64_t before = machine->host.event_count;
    unsigned fires = 0;

    timers->run_now_ns = now_ns;
    while (timerq_next_deadline_ns(timers) <= now_ns) {
        struct timer *timer = timers->first;

        timerq_cancel(timers, timer);
        timer->fire(timer->ctx, timer->deadline_ns);
        if (++fires > MAX_FIRES_PER_RUN)
            fuzz_fail("timers fire %u times in one run", fires);
    }
    machine->fire_count += fires;
    check_events(machine, before, "run of the timers");
}

static void run_timers_on_time(struct machine *machine, uint64_t to_ns)
{
    for (unsigned i = 0; i < MAX_RUNS_ON_TIME; i++) {
        uint64_t deadline_ns = timerq_next_deadline_ns(&machine->host.timers);

        if (deadline_ns > to_ns)
            return;
        run_timers(machine, deadline_ns);
    }
    run_timers(machine, to_ns);
}

/* The lines are the interrupt controller's memory, not the chip's: they stay. */
static void replace_chip(struct machine *machine, uint64_t now_ns, const void *state)
{
    struct irq_line lines[FUZZ_LINES];

    memcpy(lines, machine->host.lines, sizeof lines);
    for (unsigned i = 0; i < FUZZ_LINES; i++)
        machine->host.lines[i].drive = NULL;
    make_chip(machine, now_ns);
    memcpy(machine->host.lines, lines, sizeof lines);
    if (device_load(machine->chip, now_ns, state) != 0)
        fuzz_fail("load refuses a state that save gave");
}

static struct access access_of(uint32_t reg, unsigned size_bytes)
{
    if (fuzz_device.msrs == NULL)
        return (struct access){.space = ACCESS_MEMORY, .size_bytes = size_bytes, .addr = reg};
    return (struct access){
        .space = ACCESS_MSR,
        .size_bytes = 8,
        .vcpu = reg / fuzz_device.msr_count,
        .addr = fuzz_device.msrs[reg % fuzz_device.msr_count],
    };
}

static uint64_t read_reg(struct machine *machine, uint64_t now_ns, uint32_t reg,
                         unsigned size_bytes)
{
    uint64_t before = machine->host.event_count;
    struct access access = access_of(reg, size_bytes);
    uint64_t value = bus_access(&machine->bus, now_ns, &access) ? access.value : UINT64_MAX;

    check_events(machine, before, "read");
    return size_bytes == 8 ? value : value & ((UINT64_C(1) << 8 * size_bytes) - 1);
}

static void write_reg(struct machine *machine, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                      uint64_t value)
{
    uint64_t before = machine->host.event_count;
    struct access access = access_of(reg, size_bytes);

    access.is_write = true;
    access.value = value;
    bus_access(&machine->bus, now_ns, &access);
    check_events(machine, before, "write");
}

/* --- Operations on both --- */

static void advance(struct pair *pair, uint64_t delta_ns)
{
    pair->now_ns = delta_ns < LAST_NS - pair->now_ns ? pair->now_ns + delta_ns : LAST_NS;
    run_timers_on_time(&pair->first, pair->now_ns);
}

static void settle(struct pair *pair)
{
    run_timers(&pair->first, pair->now_ns);
    run_timers(&pair->second, pair->now_ns);
}

static void read_both(struct pair *pair, uint32_t reg, unsigned size_bytes)
{
    uint64_t first = read_reg(&pair->first, pair->now_ns, reg, size_bytes);
    uint64_t second = read_reg(&pair->second, pair->now_ns, reg, size_bytes);

    if (first != second)
        fuzz_fail("operation %" PRIu64 ": register %#x reads %#" PRIx64 ", and %#" PRIx64
                  " after a late run or a load",
                  pair->operation_count, reg, first, second);
}

static void write_both(struct pair *pair, uint32_t reg, unsigned size_bytes, uint64_t value)
{
    write_reg(&pair->first, pair->now_ns, reg, size_bytes, value);
    write_reg(&pair->second, pair->now_ns, reg, size_bytes, value);
}

static void save_and_load(struct pair *pair)
{
    _Alignas(8) uint8_t state[MAX_STATE_BYTES];

    device_save(pair->first.chip, state);
    replace_chip(&pair->second, pair->now_ns, state);
}

/* The chip's own state with something else at one place, or nothing but bytes of the input. */
static void load_bytes(struct pair *pair, struct fuzz_input *input, bool all, unsigned size_bytes)
{
    const uint32_t state_bytes = pair->first.chip->ops->state_size_bytes;
    _Alignas(8) uint8_t state[MAX_STATE_BYTES];
    uint64_t value;

    device_save(pair->first.chip, state);
    if (all) {
        for (uint32_t i = 0; i < state_bytes; i++)
            state[i] = (uint8_t)fuzz_take(input, 1);
    } else {
        uint32_t offset = (uint32_t)fuzz_take(input, 2) % state_bytes;

        value = fuzz_take(input, size_bytes);
        if (size_bytes > state_bytes - offset)
            size_bytes = state_bytes - offset;
        memcpy(state + offset, &value, size_bytes);
    }
    if (device_load(pair->first.chip, pair->now_ns, state) == 0) {
        settle(pair);
        save_and_load(pair);
    }
}

static void reset_or_act(struct pair *pair, bool reset, uint64_t choice)
{
    struct machine *const machines[] = {&pair->first, &pair->second};

    for (unsigned i = 0; i < 2; i++) {
        uint64_t before = machines[i]->host.event_count;

        if (reset)
            machines[i]->chip->ops->reset(machines[i]->chip, pair->now_ns);
        else if (fuzz_device.host_act != NULL)
            fuzz_device.host_act(machines[i]->chip, &machines[i]->host, pair->now_ns, choice);
        check_events(machines[i], before, reset ? "reset" : "host");
    }
}

/* The low 3 bits say what to do, the others how. */
static void operate(struct pair *pair, struct fuzz_input *input)
{
    unsigned code = (unsigned)fuzz_take(input, 1);
    unsigned how = code >> 3;
    unsigned size_bytes = 1u << how % 4;
    uint32_t reg;

    switch (code & 7) {
    case 0:
        read_both(pair, (uint32_t)(fuzz_take(input, 2) % fuzz_device.length_bytes), size_bytes);
        break;
    case 1:
        read_both(pair, (uint32_t)(how % fuzz_device.length_bytes), 1);
        break;
    case 2:
        reg = (uint32_t)(fuzz_take(input, 2) % fuzz_device.length_bytes);
        write_both(pair, reg, size_bytes, fuzz_take(input, size_bytes));
        break;
    case 3:
        advance(pair, fuzz_take(input, 2) << how);
        return;
    case 4:
        advance(pair, fuzz_take(input, 2) << (16 + how));
        return;
    case 5:
        save_and_load(pair);
        break;
    case 6:
        load_bytes(pair, input, how < 4, size_bytes);
        break;
    case 7:
        reset_or_act(pair, how == 0, fuzz_take(input, size_bytes));
        break;
    }
}

static void check_both(const struct pair *pair)
{
    uint64_t ticks = ticks_from_ns(pair->now_ns - START_NS, fuzz_device.max_fire_rate);

    for (unsigned i = 0; i < FUZZ_LINES; i++)
        if (pair->first.host.lines[i].level != pair->second.host.lines[i].level)
            fuzz_fail("operation %" PRIu64 ": line %u differs after a late run or a load",
                      pair->operation_count, i);
    if (pair->first.fire_count > pair->operation_count + ticks + 1)
        fuzz_fail("timers have fired %" PRIu64 " times in %" PRIu64 " ns", pair->first.fire_count,
                  pair->now_ns - START_NS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct fuzz_input input = {bytes, size_bytes};
    struct pair pair = {.now_ns = START_NS};

    machine_init(&pair.first, START_NS);
    machine_init(&pair.second, START_NS);
    while (input.left > 0) {
        uint64_t before_ns = pair.now_ns;

        if ((input.bytes[0] & 7) != 3 && (input.bytes[0] & 7) != 4)
            settle(&pair);
        operate(&pair, &input);
        pair.operation_count++;
        fuzz_count();
        if (pair.now_ns == before_ns) {
            settle(&pair);
            check_both(&pair);
        }
    }
    free(pair.first.chip);
    free(pair.second.chip);
    return 0;
}
