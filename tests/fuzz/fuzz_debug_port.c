/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug ports. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/debug_port.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    debug_port_init(chip, &(struct debug_port_wiring){{fuzz_on_request, host}}, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct debug_port),
    .length_bytes = DEBUG_PORT_REG_EXIT + DEBUG_PORT_EXIT_LENGTH_BYTES,
    .init = init,
    .max_events = 1,
    .max_fire_rate = {1, 1},
};
