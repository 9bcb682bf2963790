/* SPDX-License-Identifier: BSD-2-Clause */
/* The reset ports. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/reset_control.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    reset_control_init(chip, &(struct reset_control_wiring){{fuzz_on_request, host}}, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct reset_control),
    .length_bytes = RESET_CONTROL_REG_CF9 + 1,
    .init = init,
    .max_events = 1,
    .max_fire_rate = {1, 1},
};
