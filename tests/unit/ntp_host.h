/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host with a CLOCK_REALTIME that NTP steers, and a guest whose TSC is the host's and
 * NTP_HOST_TSC_OFFSET: what the tests of vmclock's pages are about.
 */
#ifndef TESTS_UNIT_NTP_HOST_H
#define TESTS_UNIT_NTP_HOST_H

#include "kvmclock/vmclock_fields.h"
#include "tests/unit/fake_host.h"

#define NTP_HOST_TSC_OFFSET 12345

/* A host and its CLOCK_REALTIME, which gains gain_ppb on true time from since_ns on. */
struct ntp_host {
    struct fake_host host;
    struct calibration monotonic;
    struct vmclock_ntp ntp;
    int64_t gain_ppb;
    uint64_t since_ns;
    uint64_t monotonic_ns;
    uint64_t utc_minus_monotonic_ns;
    int16_t tai_offset_sec;
};

/* In step, with a rate of its clock that was measured for 20 ms. */
void ntp_host_init(struct ntp_host *host, uint64_t seed);

/* From now on its clocks gain so much on true time. */
void ntp_host_set_gain(struct ntp_host *host, int64_t gain_ppb);

/* A leap second: UTC is set back, or on with a negative sign, and TAI goes on. */
void ntp_host_leap(struct ntp_host *host, int sign);

/* 0.9 to 1.1 s, after which the rate is measured, and the error is said to be greater. */
void ntp_host_second(struct ntp_host *host);

/* What a page is made from: the clock is read now. */
struct vmclock_inputs ntp_host_inputs(struct ntp_host *host, enum vmclock_time_type time_type);

uint64_t ntp_host_guest_tsc(const struct ntp_host *host);

#endif
