/* SPDX-License-Identifier: BSD-2-Clause */
/* PIT; the host takes IRQ 0 from it and gives it back, and tells it of EOIs. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/pit.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    pit_init(chip, &(struct pit_wiring){&host->timers, 0, &host->lines[0]}, now_ns);
}

static void host_act(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice)
{
    (void)host;
    if (choice & 2)
        pit_irq0_noticed(chip, now_ns, 1 + (choice >> 8));
    else
        pit_set_irq_enabled(chip, now_ns, choice & 1);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct pit),
    .length_bytes = PIT_REG_COUNT,
    .init = init,
    .host_act = host_act,
    /* A wide access is four of a byte; an edge is two changes. */
    .max_events = 8,
    /*
     * OUT has a period of two clocks at least: half a firing a clock. The owed ticks of a burst
     * come a quarter of a period apart (tick_policy.h): two more. A clock is 88 / 105,000,000 s.
     */
    .max_fire_rate = {262500000, 88},
};
