/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vmclock page is to say, from what is known of the host and of the guest's TSC.
 *
 * Inputs: a clock between two readings of the host's TSC (calibration.h), its rate R in nanoseconds
 * per cycle times 2^48 with a bound b, the guest's TSC as a function of the host's (guest_tsc.h),
 * and what adjtimex says.
 *
 * counter_value: the guest's TSC at tsc_before. No vCPU is behind it.
 *
 * time: what the clock showed in the middle of the bracket, less R times half the bracket. With TAI
 * it is more by the offset. Rounded down to 2^-64 s.
 *
 *   maximum error     adjtimex maxerror, half the bracket and the clock's resolution
 *   estimated error   the same with esterror
 *
 * counter_period_shift s: the largest with period * 2^(64+s) < 2^64.
 *
 * counter_period: R / 2^48 / 10^9 * 2^(64+s), divided by the ratio of the guest's TSC. Each
 * division rounds down, which is less than 2^-62 of it.
 *
 *   maximum error     b and VMCLOCK_NTP_PPM: by so much the host's kernel may change the rate
 *   estimated error   b and VMCLOCK_WANDER_PPB: by so much NTP goes on moving a good clock
 *
 * The kernel lets maxerror grow up to 16 s, and an unsynchronized host says just that: a limit and
 * no bound. The errors of the time are then not valid, and the status says the rest: FREERUNNING,
 * as Linux's own vmclock_host says of a host that was never synchronized, too.
 *
 * Worked example: 2.3 GHz, R = 2^48 / 2.3: shift 31, period 0xEF06365B277CF376. 3.5 GHz: 31,
 * 0x9D12B601631798AC. To the last digits this needs R to 64 bits; R has 47, so 10^-14 is left.
 *
 * Pure.
 */
#ifndef KVMCLOCK_VMCLOCK_FIELDS_H
#define KVMCLOCK_VMCLOCK_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/calibration.h"
#include "kvmclock/guest_tsc.h"
#include "kvmclock/vmclock_page.h"

#define VMCLOCK_NTP_PPM    500
#define VMCLOCK_WANDER_PPB 100

/* The host's kernel on its clock; the words are those of adjtimex. */
struct vmclock_ntp {
    bool synchronized;
    enum vmclock_leap leap;
    uint64_t max_error_us;
    uint64_t estimated_error_us;
};

struct vmclock_inputs {
    /* What the clock showed, UTC since the epoch. */
    struct clock_bracket utc;
    uint64_t resolution_ns;
    uint64_t rate;
    /* UINT64_MAX: there is no bound. */
    uint64_t rate_bound_ppt;
    struct guest_tsc tsc;
    /* NULL: this is the guest's own clock and not the host's, and nothing is known of it. */
    const struct vmclock_ntp *ntp;
    /* TAI - UTC; with TAI as time_type it is known. */
    bool tai_offset_is_known;
    int16_t tai_offset_sec;
    enum vmclock_time_type time_type;
};

/*
 * Fills all that describes the clock; of flags it sets or clears its own. Other fields stay, and so
 * do the constant ones and the marker.
 */
void vmclock_fields_fill(struct vmclock_page *fields, const struct vmclock_inputs *inputs);

/* How far the time at counter_value can be from the clock that was read. */
uint64_t vmclock_fields_reading_error_ns(const struct vmclock_inputs *inputs);

#endif
