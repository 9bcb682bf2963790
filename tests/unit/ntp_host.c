/* SPDX-License-Identifier: BSD-2-Clause */
/* See ntp_host.h. */
#include "tests/unit/ntp_host.h"

#include "base/time_math.h"

#define UTC_NS  (UINT64_C(1780000000) * NS_PER_SEC)
#define BILLION INT64_C(1000000000)

static uint64_t monotonic_ns(const struct ntp_host *host)
{
    uint64_t passed_ns = host->host.time_ps / 1000 - host->since_ns;

    return host->monotonic_ns + passed_ns +
           (uint64_t)((__int128)passed_ns * host->gain_ppb / BILLION);
}

void ntp_host_set_gain(struct ntp_host *host, int64_t gain_ppb)
{
    host->monotonic_ns = monotonic_ns(host);
    host->since_ns = host->host.time_ps / 1000;
    host->gain_ppb = gain_ppb;
}

static struct clock_bracket read_monotonic(struct ntp_host *host)
{
    struct clock_bracket bracket = {.tsc_before = fake_host_tsc(&host->host)};

    fake_host_advance_ns(&host->host, 10 + fake_host_random(&host->host, 20));
    bracket.clock_ns = monotonic_ns(host);
    fake_host_advance_ns(&host->host, 10 + fake_host_random(&host->host, 20));
    bracket.tsc_after = fake_host_tsc(&host->host);
    return bracket;
}

void ntp_host_init(struct ntp_host *host, uint64_t seed)
{
    struct clock_bracket bracket;

    *host = (struct ntp_host){
        .ntp = {true, VMCLOCK_LEAP_NONE, 2000, 50}, .tai_offset_sec = 37, .monotonic_ns = 1};
    host->utc_minus_monotonic_ns = UTC_NS;
    fake_host_init(&host->host, seed * 2654435761, 1);
    host->host.tsc_hz = UINT64_C(1000000000) + fake_host_random(&host->host, UINT64_C(4000000000));
    bracket = read_monotonic(host);
    calibration_init(&host->monotonic, 1, &bracket);
    fake_host_advance_ns(&host->host, 20000000);
    bracket = read_monotonic(host);
    calibration_add(&host->monotonic, &bracket);
}

struct vmclock_inputs ntp_host_inputs(struct ntp_host *host, enum vmclock_time_type time_type)
{
    struct vmclock_inputs inputs = {
        .utc = read_monotonic(host),
        .resolution_ns = 1,
        .rate = host->monotonic.rate,
        .rate_bound_ppt = calibration_bound_ppt(&host->monotonic),
        .tsc = {.ratio = TSC_RATIO_ONE, .offset = NTP_HOST_TSC_OFFSET},
        .ntp = &host->ntp,
        .tai_offset_is_known = true,
        .tai_offset_sec = host->tai_offset_sec,
        .time_type = time_type,
    };

    inputs.utc.clock_ns += host->utc_minus_monotonic_ns;
    return inputs;
}

uint64_t ntp_host_guest_tsc(const struct ntp_host *host)
{
    return fake_host_tsc(&host->host) + NTP_HOST_TSC_OFFSET;
}

void ntp_host_second(struct ntp_host *host)
{
    struct clock_bracket bracket;

    fake_host_advance_ns(&host->host, 900000000 + fake_host_random(&host->host, 200000000));
    bracket = read_monotonic(host);
    calibration_add(&host->monotonic, &bracket);
    host->ntp.max_error_us += 500;
}

void ntp_host_leap(struct ntp_host *host, int sign)
{
    host->utc_minus_monotonic_ns -= (uint64_t)(sign * BILLION);
    host->tai_offset_sec = (int16_t)(host->tai_offset_sec + sign);
    host->ntp.leap = sign > 0 ? VMCLOCK_LEAP_POS : VMCLOCK_LEAP_POST_NEG;
}
