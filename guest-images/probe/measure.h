/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The measurements, in their order. The clocksource that the kernel had chosen comes first, for
 * half of the time and undisturbed; then each other one by a switch through sysfs; then the first
 * one again.
 */
#ifndef GUEST_IMAGES_PROBE_MEASURE_H
#define GUEST_IMAGES_PROBE_MEASURE_H

#include "guest-images/probe/report.h"

/*
 * Waits while the kernel still calibrates its TSC against another clock: it replaces the
 * clocksource "tsc-early" by "tsc" about a second after it has started. Reads the clocks again.
 */
void measure_wait_for_tsc(struct report *report);

/* Fills in what report->options.seconds of measuring give; devtmpfs and sysfs are mounted. */
void measure_run(struct report *report);

#endif
