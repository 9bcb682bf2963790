/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference device, with a host whose clocks stand. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/reference.h"

static void on_sample(void *ctx, struct reference_sample *sample)
{
    struct fuzz_host *host = ctx;

    host->event_count++;
    *sample = (struct reference_sample){1, 2, 3, 4, 5};
}

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    reference_init(chip, &(struct reference_wiring){on_sample, host}, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct reference),
    .length_bytes = REFERENCE_LENGTH_BYTES,
    .init = init,
    .max_events = 1,
    .max_fire_rate = {1, 1},
};
