/* SPDX-License-Identifier: BSD-2-Clause */
/* RTC; the host sets it, takes IRQ 8 from it and gives it back. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/rtc.h"

static void on_date_set(void *ctx, uint64_t now_ns)
{
    struct fuzz_host *host = ctx;

    (void)now_ns;
    host->event_count++;
}

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    rtc_init(
        chip,
        &(struct rtc_wiring){&host->timers, 0, &host->lines[0], &host->lines[1], on_date_set, host},
        now_ns, UINT64_C(1700000000) * NS_PER_SEC);
}

static void host_act(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice)
{
    const int64_t last_ns = RTC_WALL_END_SEC * (int64_t)NS_PER_SEC - 1;
    int64_t wall_ns;

    (void)host;
    if (choice < 0x100)
        rtc_set_irq_enabled(chip, now_ns, choice & 1);
    else if (choice < 0x10000) {
        /* A host clock that is a little ahead or behind. */
        if (rtc_wall_ns(chip, now_ns, &wall_ns) && wall_ns > INT64_C(1) << 36 &&
            wall_ns < last_ns - (INT64_C(1) << 36))
            rtc_set_wall(chip, now_ns, wall_ns + ((int64_t)choice - 0x8000) * (1 << 20));
    } else if (choice <= (uint64_t)last_ns)
        rtc_set_wall(chip, now_ns, (int64_t)choice);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct rtc),
    .length_bytes = 2,
    .init = init,
    .host_act = host_act,
    .max_events = 4,
    /* Beside its periods it has updates and alarms. */
    .max_fire_rate = {8192 + 2, 1},
};
