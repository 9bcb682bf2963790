/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sampler: a process of its own that reads the kernel's clocks between two readings of the TSC,
 * so many times a second, on one CPU after the other, and sends what it read on the second serial
 * port, as base/sample_stream.h says: sets, the current clocksource when it has changed, and the
 * lines of the kernel log that are about clocks or warn.
 */
#ifndef GUEST_IMAGES_PROBE_SAMPLER_H
#define GUEST_IMAGES_PROBE_SAMPLER_H

#include <stdint.h>
#include <sys/types.h>

/* Procfs and sysfs are mounted. -1: there is none. hz is not 0. */
pid_t sampler_start(uint64_t hz, int channel_fd);

/* The channel is at the beginning of a line then. */
void sampler_stop(pid_t sampler, int channel_fd);

#endif
