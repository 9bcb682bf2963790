/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the usual causes fits what the report shows. Each function is for an expectation that
 * has failed.
 */
#ifndef CHECK_WHY_NOT_H
#define CHECK_WHY_NOT_H

#include <stdint.h>

#include "check/causes.h"
#include "guest-images/probe/report.h"

/* Why the kernel does not offer a clocksource. */
enum cause_id why_not_available(const struct report *report, const char *name);

/* Why the kernel has not chosen a clocksource. */
enum cause_id why_not_chosen(const struct report *report, const char *name);

/* Why a CPU's clock events come from another device. */
enum cause_id why_not_event(const char *wanted);

/* Why one of the probe's own checks, of this name, has failed. */
enum cause_id why_not_check(const char *name);

/* Why the rate, which was measured, is not within the limit. */
enum cause_id why_not_rate(const struct report *report, uint64_t limit_ppb);

/* Why CLOCK_REALTIME is not within the limit. */
enum cause_id why_not_realtime(const struct offset *offset, uint64_t limit_ns);

#endif
