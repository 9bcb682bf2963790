/* SPDX-License-Identifier: BSD-2-Clause */
/* pvpanic. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/pvpanic.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    pvpanic_init(chip, &(struct pvpanic_wiring){{fuzz_on_request, host}}, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct pvpanic),
    .length_bytes = PVPANIC_LENGTH_BYTES,
    .init = init,
    .max_events = 2,
    .max_fire_rate = {1, 1},
};
