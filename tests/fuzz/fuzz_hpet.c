/* SPDX-License-Identifier: BSD-2-Clause */
/* HPET; a change of legacy replacement and a message are events, and the host tells it of EOIs. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/hpet.h"

#define TIMERS 5

static void on_legacy(void *ctx, uint64_t now_ns, bool active)
{
    struct fuzz_host *host = ctx;

    (void)now_ns;
    (void)active;
    host->event_count++;
}

static void on_message(void *ctx, uint32_t address, uint32_t data)
{
    struct fuzz_host *host = ctx;

    (void)data;
    if (address >> 20 != 0xfee)
        fuzz_fail("message to %#x, where no local APIC is", address);
    host->event_count++;
}

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    struct hpet_wiring wiring = {
        .timers = &host->timers,
        .timer_count = TIMERS,
        .irq0 = &host->lines[HPET_ROUTE_COUNT],
        .irq8 = &host->lines[HPET_ROUTE_COUNT + 1],
        .legacy = on_legacy,
        .message = on_message,
        .ctx = host,
    };

    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        wiring.routes[i] = &host->lines[i];
    hpet_init(chip, &wiring, now_ns);
}

static void host_act(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice)
{
    hpet_line_noticed(chip, now_ns, &host->lines[choice % (HPET_ROUTE_COUNT + 2)],
                      1 + (choice >> 8));
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct hpet),
    .length_bytes = HPET_LENGTH_BYTES,
    .init = init,
    .host_act = host_act,
    /* Each timer pulses its line, and each line may change. */
    .max_events = 2 * TIMERS + HPET_ROUTE_COUNT + 3,
    /* The timer of matches fires once a tick of 10 ns at most, the one of owed ticks once a
       nanosecond. */
    .max_fire_rate = {1100000000, 1},
};
