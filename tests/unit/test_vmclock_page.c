/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of vmclock: its layout, its arithmetic, and what it says of a host's clock. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "kvmclock/vmclock_fields.h"
#include "kvmclock/vmclock_page.h"

#define GHZ      UINT64_C(1000000000)
#define UTC_SEC  UINT64_C(1780000000)
#define PPT      UINT64_C(1000000000000)
#define HOST_TSC UINT64_C(7000000000)

static const struct vmclock_ntp in_step = {
    .synchronized = true, .max_error_us = 5000, .estimated_error_us = 20};

/* A clock of UTC_SEC read in a bracket of 100 cycles, by a TSC of that rate, with TAI known. */
static struct vmclock_inputs inputs_of(uint64_t tsc_hz)
{
    return (struct vmclock_inputs){
        .utc = {HOST_TSC, UTC_SEC * NS_PER_SEC, HOST_TSC + 100},
        .resolution_ns = 1,
        .rate = mul_div_floor(GHZ, UINT64_C(1) << CALIBRATION_RATE_SHIFT, tsc_hz),
        .rate_bound_ppt = 1000,
        .tsc = {.ratio = TSC_RATIO_ONE},
        .ntp = &in_step,
        .tai_offset_is_known = true,
        .tai_offset_sec = 37,
        .time_type = VMCLOCK_TIME_TAI,
    };
}

static struct vmclock_page fields_of(const struct vmclock_inputs *inputs)
{
    struct vmclock_page fields = {.flags = VMCLOCK_FLAG_NOTIFICATION_PRESENT};

    vmclock_fields_fill(&fields, inputs);
    return fields;
}

static struct vmclock_page page_of_1_ghz(void)
{
    return (struct vmclock_page){
        .counter_value = 1000,
        .counter_period_shift = 29,
        .counter_period_frac_sec = UINT64_C(0x89705F4136B4A597),
        .time_sec = UTC_SEC,
    };
}

static void each_field_is_where_linux_has_it(void **unused)
{
    (void)unused;
#define AT(field, offset) assert_int_equal(offsetof(struct vmclock_page, field), offset)
    AT(magic, 0x00);
    AT(size, 0x04);
    AT(version, 0x08);
    AT(counter_id, 0x0a);
    AT(time_type, 0x0b);
    AT(seq_count, 0x0c);
    AT(disruption_marker, 0x10);
    AT(flags, 0x18);
    AT(clock_status, 0x22);
    AT(leap_second_smearing_hint, 0x23);
    AT(tai_offset_sec, 0x24);
    AT(leap_indicator, 0x26);
    AT(counter_period_shift, 0x27);
    AT(counter_value, 0x28);
    AT(counter_period_frac_sec, 0x30);
    AT(counter_period_esterror_rate_frac_sec, 0x38);
    AT(counter_period_maxerror_rate_frac_sec, 0x40);
    AT(time_sec, 0x48);
    AT(time_frac_sec, 0x50);
    AT(time_esterror_nanosec, 0x58);
    AT(time_maxerror_nanosec, 0x60);
    AT(vm_generation_counter, 0x68);
#undef AT
}

static void a_write_leaves_what_is_constant_and_an_even_seq_count(void **unused)
{
    struct vmclock_page page, next = page_of_1_ghz();

    (void)unused;
    vmclock_page_init(&page,
                      &(struct vmclock_page){.magic = VMCLOCK_MAGIC, .seq_count = 7, .version = 1});
    assert_int_equal(page.seq_count, 6);
    next.seq_count = 99;
    vmclock_page_write(&page, &next);
    assert_int_equal(page.seq_count, 8);
    assert_int_equal(page.magic, VMCLOCK_MAGIC);
    assert_int_equal(page.version, 1);
    assert_int_equal(page.counter_period_frac_sec, next.counter_period_frac_sec);
    page.seq_count = UINT32_MAX;
    vmclock_page_write(&page, &next);
    assert_int_equal(page.seq_count, 0);
}

static void time_is_the_reference_and_the_periods_since(void **unused)
{
    struct vmclock_page page = page_of_1_ghz();

    (void)unused;
    assert_int_equal(vmclock_time_ns(vmclock_page_time(&page, 1000)), UTC_SEC * NS_PER_SEC);
    assert_int_equal(vmclock_time_ns(vmclock_page_time(&page, 1000 + 86400 * GHZ) + (1 << 20)),
                     (UTC_SEC + 86400) * NS_PER_SEC);
    assert_int_equal(vmclock_time_ns(vmclock_page_time(&page, 500) + (1 << 20)),
                     UTC_SEC * NS_PER_SEC - 500);
}

static void the_error_grows_from_that_of_the_time_by_that_of_the_period(void **unused)
{
    struct vmclock_page page = page_of_1_ghz();

    (void)unused;
    page.time_maxerror_nanosec = 300;
    page.counter_period_maxerror_rate_frac_sec = page.counter_period_frac_sec / 1000;
    assert_int_equal(vmclock_time_ns(vmclock_page_max_error(&page, 1000) + (1 << 20)), 300);
    assert_int_equal(vmclock_time_ns(vmclock_page_max_error(&page, 1000 + GHZ) + (1 << 20)),
                     1000300);
}

static void nanoseconds_are_times_and_back(void **unused)
{
    (void)unused;
    assert_true(vmclock_time_from_ns(3 * NS_PER_SEC) == 3 * VMCLOCK_SECOND);
    assert_true(vmclock_time_from_ns(NS_PER_SEC / 2) == VMCLOCK_SECOND / 2);
    assert_int_equal(vmclock_time_ns(vmclock_time_from_ns(1) + 1), 1);
    assert_int_equal(vmclock_time_ns(~(vmclock_time)0), UINT64_MAX);
}

/* The rates of the worked examples, with what R can hold of them, which is 47 bits. */
static void the_period_has_the_published_values(void **unused)
{
    static const struct {
        uint64_t hz;
        uint8_t shift;
        uint64_t period;
    } rows[] = {
        {GHZ, 29, UINT64_C(0x89705F4136B4A597)},
        {UINT64_C(2300000000), 31, UINT64_C(0xEF06365B277CF376)},
        {UINT64_C(2500000000), 31, UINT64_C(0xDBE6FECEBDEDD5BE)},
        {UINT64_C(3000000000), 31, UINT64_C(0xB7407F019E46321E)},
        {UINT64_C(3500000000), 31, UINT64_C(0x9D12B601631798AC)},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vmclock_inputs inputs = inputs_of(rows[i].hz);
        struct vmclock_page fields = fields_of(&inputs);

        assert_int_equal(fields.counter_period_shift, rows[i].shift);
        assert_true(fields.counter_period_frac_sec <= rows[i].period);
        assert_true(rows[i].period - fields.counter_period_frac_sec <= rows[i].period >> 46);
    }
}

static void the_period_is_r_with_no_other_error_than_a_floor(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page fields = fields_of(&inputs);

    (void)unused;
    assert_int_equal(inputs.rate, UINT64_C(1) << 48);
    assert_true(fields.counter_period_frac_sec == UINT64_C(0x89705F4136B4A597));
}

static void the_shift_is_the_largest_at_every_rate(void **unused)
{
    (void)unused;
    for (uint64_t hz = 1000000; hz < 20 * GHZ; hz += hz / 1009 + 1) {
        struct vmclock_inputs inputs = inputs_of(hz);
        struct vmclock_page fields = fields_of(&inputs);
        unsigned floor_log2 = 63u - (unsigned)__builtin_clzll(hz);

        assert_int_equal(fields.counter_period_frac_sec >> 63, 1);
        assert_true(fields.counter_period_shift == floor_log2 || (hz & (hz - 1)) == 0 ||
                    hz - (UINT64_C(1) << floor_log2) < hz >> 40);
    }
}

static void at_a_power_of_two_the_shift_is_one_less(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page fields;

    (void)unused;
    /* 10^9 / 2^30 ns a cycle is exact: R is 10^9 * 2^18. */
    inputs.rate = GHZ << 18;
    fields = fields_of(&inputs);
    assert_int_equal(fields.counter_period_shift, 29);
    assert_true(fields.counter_period_frac_sec == UINT64_C(1) << 63);
}

static void a_scaled_tsc_has_the_period_of_the_guests(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(UINT64_C(3500000000)), plain = inputs_of(2 * GHZ);
    struct vmclock_page scaled, guest = fields_of(&plain);
    uint64_t difference;

    (void)unused;
    inputs.tsc.ratio = tsc_ratio_from_khz(2000000, 3500000, TSC_RATIO_BITS_VMX);
    scaled = fields_of(&inputs);
    difference = scaled.counter_period_frac_sec - guest.counter_period_frac_sec;
    assert_int_equal(scaled.counter_period_shift, guest.counter_period_shift);
    assert_true(difference < scaled.counter_period_frac_sec >> 45 ||
                -difference < scaled.counter_period_frac_sec >> 45);
}

/* No ratio that a file may hold gives a shift that a guest could not use. */
static void a_rate_that_no_tsc_has_is_cut_off(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);

    (void)unused;
    inputs.tsc.ratio = (struct tsc_ratio){1, TSC_RATIO_BITS_VMX};
    assert_true(fields_of(&inputs).counter_period_frac_sec == UINT64_MAX);
    inputs.rate = 0;
    assert_int_equal(fields_of(&inputs).counter_period_frac_sec, 0);
}

static void the_counter_is_that_of_the_guest_before_the_clock_was_read(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);

    (void)unused;
    inputs.tsc.offset = -(uint64_t)6999999000;
    assert_int_equal(fields_of(&inputs).counter_value, 1000);
}

static void the_clock_was_read_in_the_middle_of_the_bracket(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page fields;

    (void)unused;
    inputs.time_type = VMCLOCK_TIME_UTC;
    fields = fields_of(&inputs);
    assert_int_equal(
        vmclock_time_ns(vmclock_page_time(&fields, fields.counter_value + 50) + (1 << 20)),
        UTC_SEC * NS_PER_SEC);
    assert_int_equal(vmclock_fields_reading_error_ns(&inputs), 52);
}

static void tai_is_utc_and_the_offset_and_utc_never_says_one(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page tai = fields_of(&inputs), utc;

    (void)unused;
    inputs.time_type = VMCLOCK_TIME_UTC;
    utc = fields_of(&inputs);
    assert_int_equal(tai.time_sec, utc.time_sec + 37);
    assert_true(tai.time_frac_sec == utc.time_frac_sec);
    assert_int_equal(tai.tai_offset_sec, 37);
    assert_true((tai.flags & VMCLOCK_FLAG_TAI_OFFSET_VALID) != 0);
    assert_int_equal(utc.tai_offset_sec, 0);
    assert_true((utc.flags & VMCLOCK_FLAG_TAI_OFFSET_VALID) == 0);
}

static void the_errors_are_adjtimexs_and_half_the_bracket(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page fields = fields_of(&inputs);

    (void)unused;
    assert_int_equal(fields.time_maxerror_nanosec, 5000 * 1000 + 52);
    assert_int_equal(fields.time_esterror_nanosec, 20 * 1000 + 52);
    assert_int_equal(fields.flags,
                     VMCLOCK_FLAG_NOTIFICATION_PRESENT | VMCLOCK_FLAG_TAI_OFFSET_VALID |
                         VMCLOCK_FLAG_PERIOD_ESTERROR_VALID | VMCLOCK_FLAG_PERIOD_MAXERROR_VALID |
                         VMCLOCK_FLAG_TIME_ESTERROR_VALID | VMCLOCK_FLAG_TIME_MAXERROR_VALID);
}

static void the_rate_is_bounded_by_the_measurement_and_what_ntp_may_do(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page fields = fields_of(&inputs);
    uint64_t period = fields.counter_period_frac_sec;

    (void)unused;
    assert_int_equal(fields.counter_period_maxerror_rate_frac_sec,
                     mul_div_ceil(period, 1000 + 500000000, PPT));
    assert_int_equal(fields.counter_period_esterror_rate_frac_sec,
                     mul_div_ceil(period, 1000 + 100000, PPT));
    inputs.rate_bound_ppt = UINT64_MAX;
    fields = fields_of(&inputs);
    assert_int_equal(fields.counter_period_maxerror_rate_frac_sec,
                     mul_div_ceil(period, 1000000000, PPT));
}

static void assert_unbounded(const struct vmclock_inputs *inputs)
{
    struct vmclock_page fields = fields_of(inputs);

    assert_true((fields.flags &
                 (VMCLOCK_FLAG_TIME_MAXERROR_VALID | VMCLOCK_FLAG_TIME_ESTERROR_VALID)) == 0);
    assert_int_equal(fields.time_maxerror_nanosec, 0);
    assert_int_equal(fields.time_esterror_nanosec, 0);
}

static void a_host_that_is_not_synchronized_runs_freely_and_bounds_nothing(void **unused)
{
    struct vmclock_ntp ntp = in_step;
    struct vmclock_inputs inputs = inputs_of(GHZ);

    (void)unused;
    assert_int_equal(fields_of(&inputs).clock_status, VMCLOCK_STATUS_SYNCHRONIZED);
    inputs.ntp = &ntp;
    ntp.synchronized = false;
    assert_int_equal(fields_of(&inputs).clock_status, VMCLOCK_STATUS_FREERUNNING);
    assert_unbounded(&inputs);
}

static void the_limit_of_the_kernel_is_no_bound(void **unused)
{
    struct vmclock_ntp ntp = in_step;
    struct vmclock_inputs inputs = inputs_of(GHZ);

    (void)unused;
    inputs.ntp = &ntp;
    ntp.max_error_us = 16000000;
    assert_unbounded(&inputs);
    /* Nor is one that the estimate exceeds. */
    ntp.max_error_us = 10;
    assert_unbounded(&inputs);
}

static void the_leap_indicator_is_the_hosts(void **unused)
{
    struct vmclock_ntp ntp = in_step;
    struct vmclock_inputs inputs = inputs_of(GHZ);

    (void)unused;
    inputs.ntp = &ntp;
    ntp.leap = VMCLOCK_LEAP_PRE_POS;
    assert_int_equal(fields_of(&inputs).leap_indicator, VMCLOCK_LEAP_PRE_POS);
}

static void of_a_clock_of_the_guests_own_nothing_is_promised(void **unused)
{
    struct vmclock_inputs inputs = inputs_of(GHZ);
    struct vmclock_page fields;

    (void)unused;
    inputs.ntp = NULL;
    fields = fields_of(&inputs);
    assert_int_equal(fields.clock_status, VMCLOCK_STATUS_FREERUNNING);
    assert_int_equal(fields.flags,
                     VMCLOCK_FLAG_NOTIFICATION_PRESENT | VMCLOCK_FLAG_TAI_OFFSET_VALID);
    assert_int_equal(fields.counter_period_maxerror_rate_frac_sec, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_is_where_linux_has_it),
        cmocka_unit_test(a_write_leaves_what_is_constant_and_an_even_seq_count),
        cmocka_unit_test(time_is_the_reference_and_the_periods_since),
        cmocka_unit_test(the_error_grows_from_that_of_the_time_by_that_of_the_period),
        cmocka_unit_test(nanoseconds_are_times_and_back),
        cmocka_unit_test(the_period_has_the_published_values),
        cmocka_unit_test(the_period_is_r_with_no_other_error_than_a_floor),
        cmocka_unit_test(the_shift_is_the_largest_at_every_rate),
        cmocka_unit_test(at_a_power_of_two_the_shift_is_one_less),
        cmocka_unit_test(a_scaled_tsc_has_the_period_of_the_guests),
        cmocka_unit_test(a_rate_that_no_tsc_has_is_cut_off),
        cmocka_unit_test(the_counter_is_that_of_the_guest_before_the_clock_was_read),
        cmocka_unit_test(the_clock_was_read_in_the_middle_of_the_bracket),
        cmocka_unit_test(tai_is_utc_and_the_offset_and_utc_never_says_one),
        cmocka_unit_test(the_errors_are_adjtimexs_and_half_the_bracket),
        cmocka_unit_test(the_rate_is_bounded_by_the_measurement_and_what_ntp_may_do),
        cmocka_unit_test(a_host_that_is_not_synchronized_runs_freely_and_bounds_nothing),
        cmocka_unit_test(the_limit_of_the_kernel_is_no_bound),
        cmocka_unit_test(the_leap_indicator_is_the_hosts),
        cmocka_unit_test(of_a_clock_of_the_guests_own_nothing_is_promised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
