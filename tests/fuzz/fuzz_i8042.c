/* SPDX-License-Identifier: BSD-2-Clause */
/* i8042. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/i8042.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    i8042_init(chip, &(struct i8042_wiring){{fuzz_on_request, host}}, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct i8042),
    .length_bytes = I8042_REG_STATUS + 1,
    .init = init,
    .max_events = 1,
    .max_fire_rate = {1, 1},
};
