/* SPDX-License-Identifier: BSD-2-Clause */
/* pvpanic. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/pvpanic.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    (void)host;
    pvpanic_init(chip, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct pvpanic),
    .length_bytes = PVPANIC_LENGTH_BYTES,
    .init = init,
    .max_fire_rate = {1, 1},
};
