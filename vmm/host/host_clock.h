/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's clocks: the only place where the program reads one.
 *
 * Guest time comes from host_tsc() through the timebase, sampled once for each event. The others
 * serve calibration, the wall time at start, the reference device and waiting.
 */
#ifndef VMM_HOST_HOST_CLOCK_H
#define VMM_HOST_HOST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "kvmclock/calibration.h"
#include "kvmclock/host_facts.h"
#include "kvmclock/vmclock_page.h"
#include "snapshot/host_record.h"

/* All clocks of the host at one instant: TSC tsc, give or take tsc_width / 2. */
struct host_instant {
    uint64_t tsc;
    uint64_t tsc_width;
    uint64_t monotonic_raw_ns;
    uint64_t monotonic_ns;
    uint64_t realtime_ns;
};

/* What adjtimex says of the host's NTP; zeros if it fails. */
struct host_ntp {
    bool known;
    bool synchronized;
    int64_t frequency_ppb;
    int64_t offset_ns;
    /* By how much the clocks are told to gain, in parts per trillion: frequency and tick. */
    int64_t gain_ppt;
    uint64_t max_error_us;
    uint64_t estimated_error_us;
    /* What the kernel has for TAI - UTC; 0 unless somebody has set it. */
    int16_t tai_offset_sec;
    enum vmclock_leap leap;
};

/* The host's time-stamp counter. The CPU may read it before earlier instructions have completed. */
uint64_t host_tsc(void);

/*
 * The same, but read after all earlier instructions and before all later ones. That includes
 * earlier stores only if the caller puts a full fence between.
 */
uint64_t host_tsc_ordered(void);

/* What kernel and CPU say of the host's clocks. */
void host_facts_read(struct host_facts *facts);

void host_ntp_read(struct host_ntp *ntp);

/* A clock between two readings of the TSC: the narrowest of a few. */
struct clock_bracket host_clock_bracket(clockid_t clock);

/* All clocks together: the narrowest of a few brackets. */
void host_clock_sample(struct host_instant *instant);

/* The clocks of a snapshot's record of the host, and what adjtimex says of them. */
void host_clock_record(struct host_record *record);

/* CLOCK_MONOTONIC. */
uint64_t host_monotonic_ns(void);

/* CLOCK_MONOTONIC delta_ns from now, as pthread_cond_clockwait takes it. */
struct timespec host_monotonic_after(uint64_t delta_ns);

#endif
