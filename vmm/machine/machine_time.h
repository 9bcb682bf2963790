/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's guest time: begins once, and follows a clock of the host from then on.
 *
 * Guest time 0 is a bracket of the host's clocks. The timer thread takes another one when an update
 * is due and publishes the rate that steering (kvmclock/steering.h) says. An update is due by
 * CLOCK_MONOTONIC, not by guest time, which stands still if the TSC does. With
 * `--kvmclock-follow raw` guest time runs as CLOCK_MONOTONIC_RAW does, with `monotonic` as
 * CLOCK_MONOTONIC, which NTP keeps at the rate of true seconds. All devices follow, as there is one
 * guest time.
 *
 * With `--time-rate` it runs at k times that clock, and the host's waits are as much shorter: see
 * machine_dilation.h.
 *
 * With `realtime` guest time is to be CLOCK_REALTIME, less what that was at guest time 0: so the
 * guest's wall clock shows the host's date, or one that is as far from it as at the start. Guest
 * time runs at the rate of CLOCK_MONOTONIC, and at up to follow_max_ppm more or less while it is
 * away from there. It is away after somebody has set the host's clock, and after a pause or a
 * restore that froze guest time; `restore --time at=` begins with another date. The zero is in the
 * snapshot, so this goes on where the guest goes on.
 *
 * Either way the TSC is measured against CLOCK_MONOTONIC_RAW, which runs at one rate of the host's
 * clocksource: that says how exactly the rate is known, and whether the TSC is constant at all. If
 * it is not, or the host says beforehand that it is not (kvmclock/host_facts.h), the user is told
 * once and kvm-clock goes on without TSC_STABLE; guest time still follows, but between two updates
 * it runs at the rate that the TSC had before.
 *
 * The host's TSC may even fall back: on a host that was suspended, or that is itself a VM and was
 * moved to another host. Guest time stands still from then on, as it never steps back. The next
 * update gives it a new base: it goes on from where CLOCK_MONOTONIC says that it would be without
 * the fall, at the rate that the TSC had before. That is at least what any vCPU has read, because
 * guest time is less than 500 parts per million plus the greatest correction from CLOCK_MONOTONIC:
 * so much is added. If CLOCK_MONOTONIC has gone on for longer than an update can be late it has
 * stepped as well, and MACHINE_TIME_GO_ON_MAX_NS counts in its place.
 *
 * The pages of kvm-clock follow while no vCPU runs, each for the TSC that its vCPU has then: after
 * a suspend KVM has moved the offsets, so that the guest's TSCs have not fallen.
 */
#ifndef VMM_MACHINE_MACHINE_TIME_H
#define VMM_MACHINE_MACHINE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/calibration.h"

/* Two updates are at most a second apart, and one can be late. */
#define MACHINE_TIME_GO_ON_MAX_NS UINT64_C(2000000000)

struct machine;

/* As early as possible; start is a bracket of CLOCK_MONOTONIC_RAW. */
void machine_time_prepare(struct machine *machine, const struct clock_bracket *start);

/* Guest time is 0 now. 0 or -errno after an error line. */
int machine_time_start(struct machine *machine);

/* Whether kvm-clock may say TSC_STABLE by what is known of the host: see kvmclock/host_facts.h. */
bool machine_time_trusts_tsc(const struct machine *machine);

/*
 * Once guest time has begun, before the vCPUs run: the date was zero_ns at guest time 0. Nothing
 * unless the date is followed.
 */
void machine_time_set_date(struct machine *machine, uint64_t zero_ns);

/* Whether --kvmclock-follow realtime is in force. */
bool machine_time_follows_date(const struct machine *machine);

/*
 * Under the lock: how far guest time is behind the date that it follows, when the host's
 * CLOCK_REALTIME is realtime_ns; negative if it is ahead. False: it follows none.
 */
bool machine_time_left_ns(const struct machine *machine, uint64_t realtime_ns, uint64_t guest_ns,
                          int64_t *left_ns);

/* Under the lock: when the next update is due, by CLOCK_MONOTONIC. */
uint64_t machine_time_due_monotonic_ns(const struct machine *machine);

/*
 * The least time by CLOCK_MONOTONIC in which guest time goes on by guest_ns, however it is
 * corrected: who waits for a guest time looks again then. Once guest time has begun.
 */
uint64_t machine_time_least_host_ns(const struct machine *machine, uint64_t guest_ns);

/* Under the lock: an update. monotonic_ns is CLOCK_MONOTONIC now. */
void machine_time_update(struct machine *machine, uint64_t monotonic_ns);

/*
 * Under the lock, unless a date is followed: from now on guest time goes on by so many parts per
 * billion more than the clock that it follows; and how many those are.
 */
void machine_time_set_rate(struct machine *machine, int64_t ppb);
int64_t machine_time_rate_ppb(const struct machine *machine);

/*
 * Under the lock, before a cut: guest time no longer goes to the date by a rate, until the next
 * update. What it goes on by after the cut may be hours, and is to be as long for the guest.
 */
void machine_time_end_slew(struct machine *machine);

/*
 * Under the lock: guest time has been moved, as after a pause; it follows from where it is, or goes
 * to the date.
 */
void machine_time_moved(struct machine *machine);

/*
 * The same after a jump. The next update is due when it was: idle time may be skipped more often
 * than an update comes.
 */
void machine_time_jumped(struct machine *machine);

/*
 * At the end of a run: with --verbose, prints the TSC's rate and its bound, if the bound has become
 * narrower since the last time that it was printed.
 */
void machine_time_report(const struct machine *machine);

#endif
