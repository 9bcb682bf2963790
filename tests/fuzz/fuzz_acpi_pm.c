/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI PM block; its power button is the host's. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/pc/acpi_pm.h"

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    acpi_pm_init(chip,
                 &(struct acpi_pm_wiring){
                     &host->timers, 0, &host->lines[0], {fuzz_on_request, host}, 24, true},
                 now_ns);
}

static void host_act(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice)
{
    (void)host;
    (void)choice;
    acpi_pm_press_power_button(chip, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct acpi_pm),
    .length_bytes = ACPI_PM_LENGTH_BYTES,
    .init = init,
    .host_act = host_act,
    .max_events = 2,
    .max_fire_rate = {1, 1},
};
