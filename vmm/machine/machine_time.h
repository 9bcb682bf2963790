/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's guest time: begins once, and follows a clock of the host from then on.
 *
 * Guest time 0 is a bracket of the host's clocks. The timer thread takes another one when an update
 * is due and publishes the rate that steering (kvmclock/steering.h) says. With
 * `--kvmclock-follow raw` guest time runs as CLOCK_MONOTONIC_RAW does, with `monotonic` as
 * CLOCK_MONOTONIC, which NTP keeps at the rate of true seconds. All devices follow, as there is one
 * guest time.
 *
 * Either way the TSC is measured against CLOCK_MONOTONIC_RAW, which runs at one rate of the host's
 * clocksource: that says how exactly the rate is known, and whether the TSC is constant at all. If
 * it is not, or the host says beforehand that it is not (kvmclock/host_facts.h), the user is told
 * once and kvm-clock goes on without TSC_STABLE; guest time still follows, but between two updates
 * it runs at the rate that the TSC had before.
 */
#ifndef VMM_MACHINE_MACHINE_TIME_H
#define VMM_MACHINE_MACHINE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/calibration.h"

struct machine;

/* As early as possible; start is a bracket of CLOCK_MONOTONIC_RAW. */
void machine_time_prepare(struct machine *machine, const struct clock_bracket *start);

/* Guest time is 0 now. 0 or -errno after an error line. */
int machine_time_start(struct machine *machine);

/* Whether kvm-clock may say TSC_STABLE by what is known of the host: see kvmclock/host_facts.h. */
bool machine_time_trusts_tsc(const struct machine *machine);

/* Under the lock, when next_update_ns has come. */
void machine_time_update(struct machine *machine, uint64_t now_ns);

/* Under the lock: guest time has been moved, as after a pause; it follows from where it is. */
void machine_time_moved(struct machine *machine);

/* At the end of a run: with --verbose the TSC's rate and its bound, if that is better than what was
 * said. */
void machine_time_report(const struct machine *machine);

#endif
