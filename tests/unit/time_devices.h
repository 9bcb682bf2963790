/* SPDX-License-Identifier: BSD-2-Clause */
/* The time devices, as the properties of properties.h are checked with them. */
#ifndef TESTS_UNIT_TIME_DEVICES_H
#define TESTS_UNIT_TIME_DEVICES_H

#include "tests/unit/properties.h"

extern const struct time_device acpi_pm_device;
extern const struct time_device acpi_pm_32_device;
extern const struct time_device pit_device;
extern const struct time_device rtc_device;
extern const struct time_device hpet_device;
/* It has nothing that ticks: no long run. */
extern const struct time_device serial_device;

#endif
