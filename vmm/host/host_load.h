/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of the host's CPUs is idle. Of those that this process may run on; any thread may ask.
 */
#ifndef VMM_HOST_HOST_LOAD_H
#define VMM_HOST_HOST_LOAD_H

#include <stdint.h>

/* How many CPUs this process may run on, at least 1. */
unsigned host_cpu_count(void);

/* How long they have been idle, all added up, in units of 10 ms; 0 if the host does not say. */
uint64_t host_idle_ticks(void);

#endif
