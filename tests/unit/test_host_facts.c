/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from what a host says of its clocks. */
#include "tests/unit/unit.h"

#include <string.h>

#include "kvmclock/host_facts.h"

static struct host_facts facts_of(const char *clocksource, bool invariant_tsc)
{
    struct host_facts facts = {.invariant_tsc = invariant_tsc};

    strncpy(facts.clocksource, clocksource, sizeof facts.clocksource - 1);
    return facts;
}

static void a_tsc_is_trusted_if_kernel_and_cpu_both_do_or_the_user_for_the_cpu(void **unused)
{
    static const struct {
        const char *clocksource;
        bool invariant_tsc;
        bool vouched;
        enum tsc_trust trust;
    } rows[] = {
        {"tsc", true, false, TSC_TRUSTED},
        {"tsc", true, true, TSC_TRUSTED},
        {"tsc", false, false, TSC_NOT_INVARIANT},
        {"tsc", false, true, TSC_TRUSTED},
        {"tsc-early", true, false, TSC_NOT_CLOCKSOURCE},
        {"kvm-clock", true, false, TSC_NOT_CLOCKSOURCE},
        {"kvm-clock", false, true, TSC_NOT_CLOCKSOURCE},
        {"hpet", true, false, TSC_NOT_CLOCKSOURCE},
        {"hpet", true, true, TSC_NOT_CLOCKSOURCE},
        {"hpet", false, false, TSC_NOT_CLOCKSOURCE},
        {"acpi_pm", true, false, TSC_NOT_CLOCKSOURCE},
        {"acpi_pm", false, false, TSC_NOT_CLOCKSOURCE},
        {"hyperv_clocksource_tsc_page", true, false, TSC_NOT_CLOCKSOURCE},
        {"", true, false, TSC_NOT_CLOCKSOURCE},
        {"", false, true, TSC_NOT_CLOCKSOURCE},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct host_facts facts = facts_of(rows[i].clocksource, rows[i].invariant_tsc);

        assert_int_equal(host_facts_tsc_trust(&facts, rows[i].vouched), rows[i].trust);
    }
}

static void a_clock_is_as_fine_as_its_clocksource(void **unused)
{
    static const struct {
        const char *clocksource;
        uint64_t resolution_ns;
    } rows[] = {
        {"tsc", 1},   {"kvm-clock", 1}, {"hpet", 100}, {"acpi_pm", 280}, {"jiffies", 10000000},
        {"pit", 839}, {"", 839},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct host_facts facts = facts_of(rows[i].clocksource, true);

        assert_int_equal(host_facts_resolution_ns(&facts), rows[i].resolution_ns);
    }
}

static void a_rate_that_is_off_by_over_500_ppm_is_not_plausible(void **unused)
{
    (void)unused;
    assert_true(host_facts_rate_is_plausible(2000000000, 2000000000000));
    assert_true(host_facts_rate_is_plausible(2001000000, 2000000000000));
    assert_true(host_facts_rate_is_plausible(1999000000, 2000000000000));
    assert_false(host_facts_rate_is_plausible(2001000001, 2000000000000));
    assert_false(host_facts_rate_is_plausible(1998999999, 2000000000000));
    assert_true(host_facts_rate_is_plausible(0, 2000000000000));
}

/* 18 446 744 073 709 552 Hz are 2^64 + 384 millihertz, and CPUID leaf 15h has room for more. */
static void a_rate_that_is_beyond_64_bits_in_millihertz_is_not_plausible(void **unused)
{
    (void)unused;
    assert_false(host_facts_rate_is_plausible(UINT64_C(18446744073709552), 384));
    assert_false(host_facts_rate_is_plausible(UINT64_C(18446746073709552), 2000000000384));
    assert_false(host_facts_rate_is_plausible(UINT64_MAX, 2000000000000));
    assert_false(host_facts_rate_is_plausible(1, UINT64_MAX));
}

static void the_rate_of_cpuid_leaf_15h_is_the_crystal_s_times_the_ratio(void **unused)
{
    (void)unused;
    assert_int_equal(host_facts_cpuid_tsc_hz(2, 184, 24000000), 2208000000);
    assert_int_equal(host_facts_cpuid_tsc_hz(1, UINT32_MAX, UINT32_MAX),
                     UINT64_C(0xfffffffe00000001));
    assert_int_equal(host_facts_cpuid_tsc_hz(2, 184, 0), 0);
    assert_int_equal(host_facts_cpuid_tsc_hz(0, 184, 24000000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tsc_is_trusted_if_kernel_and_cpu_both_do_or_the_user_for_the_cpu),
        cmocka_unit_test(a_rate_that_is_off_by_over_500_ppm_is_not_plausible),
        cmocka_unit_test(a_rate_that_is_beyond_64_bits_in_millihertz_is_not_plausible),
        cmocka_unit_test(the_rate_of_cpuid_leaf_15h_is_the_crystal_s_times_the_ratio),
        cmocka_unit_test(a_clock_is_as_fine_as_its_clocksource),
    };

    return cmocka_run_group_tests_name("host_facts", tests, NULL, NULL);
}
