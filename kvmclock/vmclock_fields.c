/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmclock_fields.h. */
#include "kvmclock/vmclock_fields.h"

#include "base/time_math.h"

#define PPT_OF_PPM         UINT64_C(1000000)
#define PPT_OF_PPB         UINT64_C(1000)
#define PARTS_PER_TRILLION UINT64_C(1000000000000)
#define NS_PER_US          1000
/* NTP_PHASE_LIMIT of the kernel. */
#define MAX_ERROR_LIMIT_US UINT64_C(16000000)

#define OWN_FLAGS                                                                                  \
    (VMCLOCK_FLAG_TAI_OFFSET_VALID | VMCLOCK_FLAG_PERIOD_ESTERROR_VALID |                          \
     VMCLOCK_FLAG_PERIOD_MAXERROR_VALID | VMCLOCK_FLAG_TIME_ESTERROR_VALID |                       \
     VMCLOCK_FLAG_TIME_MAXERROR_VALID)

typedef unsigned __int128 u128;

/* value * 2^exponent */
struct scaled {
    u128 value;
    int exponent;
};

static int bits_of(u128 value)
{
    uint64_t high = (uint64_t)(value >> 64);

    return high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)value | 1);
}

/* Rounded down, with at least 64 bits left; the divisor has at most 63. */
static struct scaled divide(struct scaled number, uint64_t divisor)
{
    int shift = 127 - bits_of(number.value);

    number.value = (number.value << shift) / divisor;
    number.exponent -= shift;
    return number;
}

static void fill_period(struct vmclock_page *fields, const struct vmclock_inputs *inputs)
{
    struct tsc_ratio ratio = inputs->tsc.ratio;
    struct scaled period = {inputs->rate, (int)ratio.frac_bits + 64 - CALIBRATION_RATE_SHIFT};
    int excess;

    period = divide(divide(period, ratio.mul), NS_PER_SEC);
    excess = bits_of(period.value) - 64;
    /* A second or more for a cycle has no place in the page, and no TSC takes it. */
    if (inputs->rate == 0 || period.exponent + excess > 0) {
        fields->counter_period_shift = 0;
        fields->counter_period_frac_sec = inputs->rate == 0 ? 0 : UINT64_MAX;
        return;
    }
    fields->counter_period_shift = (uint8_t) - (period.exponent + excess);
    fields->counter_period_frac_sec = (uint64_t)(period.value >> excess);
}

/* There is none after a change of the rate, which can be as great as NTP makes it. */
static uint64_t bound_ppt(const struct vmclock_inputs *inputs)
{
    return inputs->rate_bound_ppt < PARTS_PER_TRILLION ? inputs->rate_bound_ppt
                                                       : VMCLOCK_NTP_PPM * PPT_OF_PPM;
}

static void fill_period_errors(struct vmclock_page *fields, const struct vmclock_inputs *inputs)
{
    uint64_t ppt = bound_ppt(inputs);

    fields->counter_period_esterror_rate_frac_sec = mul_div_ceil(
        fields->counter_period_frac_sec, ppt + VMCLOCK_WANDER_PPB * PPT_OF_PPB, PARTS_PER_TRILLION);
    fields->counter_period_maxerror_rate_frac_sec = mul_div_ceil(
        fields->counter_period_frac_sec, ppt + VMCLOCK_NTP_PPM * PPT_OF_PPM, PARTS_PER_TRILLION);
    fields->flags |= VMCLOCK_FLAG_PERIOD_ESTERROR_VALID | VMCLOCK_FLAG_PERIOD_MAXERROR_VALID;
}

/* Half the bracket in cycles, rounded down. */
static uint64_t half_width(const struct vmclock_inputs *inputs)
{
    return (inputs->utc.tsc_after - inputs->utc.tsc_before) / 2;
}

/* The clock has less than 2^63 ns, so all of it fits. */
static void fill_time(struct vmclock_page *fields, const struct vmclock_inputs *inputs)
{
    u128 ns = ((u128)inputs->utc.clock_ns << CALIBRATION_RATE_SHIFT) -
              (u128)half_width(inputs) * inputs->rate;
    u128 sec = (ns >> CALIBRATION_RATE_SHIFT) / NS_PER_SEC;
    u128 rest = ns - ((sec * NS_PER_SEC) << CALIBRATION_RATE_SHIFT);

    fields->counter_value = guest_tsc_at(&inputs->tsc, inputs->utc.tsc_before);
    fields->time_sec = (uint64_t)sec;
    if (inputs->time_type == VMCLOCK_TIME_TAI)
        fields->time_sec += (uint64_t)(int64_t)inputs->tai_offset_sec;
    fields->time_frac_sec = (uint64_t)((rest << (64 - CALIBRATION_RATE_SHIFT)) / NS_PER_SEC);
}

/* The TSC shows whole cycles: the bracket may be wider by one. */
uint64_t vmclock_fields_reading_error_ns(const struct vmclock_inputs *inputs)
{
    return mul_div_ceil(half_width(inputs) + 1, inputs->rate,
                        UINT64_C(1) << CALIBRATION_RATE_SHIFT) +
           inputs->resolution_ns;
}

static void fill_time_errors(struct vmclock_page *fields, const struct vmclock_inputs *inputs)
{
    uint64_t reading_error_ns = vmclock_fields_reading_error_ns(inputs);
    const struct vmclock_ntp *ntp = inputs->ntp;
    bool bounded = ntp->synchronized && ntp->max_error_us < MAX_ERROR_LIMIT_US &&
                   ntp->estimated_error_us <= ntp->max_error_us;

    if (!bounded)
        return;
    fields->time_esterror_nanosec = ntp->estimated_error_us * NS_PER_US + reading_error_ns;
    fields->time_maxerror_nanosec = ntp->max_error_us * NS_PER_US + reading_error_ns;
    fields->flags |= VMCLOCK_FLAG_TIME_ESTERROR_VALID | VMCLOCK_FLAG_TIME_MAXERROR_VALID;
}

/*
 * A page in UTC never says what TAI is: Linux from 7.0 on takes the offset for TAI - UTC with the
 * wrong sign, and makes a clock of it that is late by twice the offset.
 */
static void fill_tai_offset(struct vmclock_page *fields, const struct vmclock_inputs *inputs)
{
    fields->tai_offset_sec = 0;
    if (inputs->time_type != VMCLOCK_TIME_TAI || !inputs->tai_offset_is_known)
        return;
    fields->tai_offset_sec = inputs->tai_offset_sec;
    fields->flags |= VMCLOCK_FLAG_TAI_OFFSET_VALID;
}

void vmclock_fields_fill(struct vmclock_page *fields, const struct vmclock_inputs *inputs)
{
    fields->flags &= ~OWN_FLAGS;
    fields->clock_status = VMCLOCK_STATUS_FREERUNNING;
    fields->leap_indicator = VMCLOCK_LEAP_NONE;
    fields->counter_period_esterror_rate_frac_sec = 0;
    fields->counter_period_maxerror_rate_frac_sec = 0;
    fields->time_esterror_nanosec = fields->time_maxerror_nanosec = 0;
    fill_period(fields, inputs);
    fill_time(fields, inputs);
    fill_tai_offset(fields, inputs);
    if (inputs->ntp == NULL)
        return;
    fill_period_errors(fields, inputs);
    fill_time_errors(fields, inputs);
    fields->leap_indicator = (uint8_t)inputs->ntp->leap;
    if (inputs->ntp->synchronized)
        fields->clock_status = VMCLOCK_STATUS_SYNCHRONIZED;
}
