/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest can see of its machine: the limits of each field, for whoever brings the struct. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "vmm/machine/machine_config.h"

static char error[256];

static bool accepts(const struct machine_config *config)
{
    error[0] = '\0';
    return machine_config_validate(config, error, sizeof error);
}

/* The default machine with one field changed. */
#define WITH(field, value)                                                                         \
    ({                                                                                             \
        struct machine_config changed = machine_config_default;                                    \
        changed.field = (value);                                                                   \
        accepts(&changed);                                                                         \
    })

#define ASSERT_RANGE(field, min, max)                                                              \
    do {                                                                                           \
        assert_true(WITH(field, min));                                                             \
        assert_true(WITH(field, max));                                                             \
        assert_false(WITH(field, (max) + 1));                                                      \
        assert_string_equal(                                                                       \
            strncmp(error, #field " is ", strlen(#field " is ")) == 0 ? "named" : error, "named"); \
    } while (0)

static void the_default_machine_is_accepted(void **unused)
{
    (void)unused;
    assert_true(accepts(&machine_config_default));
    assert_string_equal(error, "");
}

static void an_empty_struct_or_another_version_is_refused(void **unused)
{
    static const struct machine_config empty;

    (void)unused;
    assert_false(accepts(&empty));
    assert_string_equal(error, "version is 0: accepted is 5 to 5");
    assert_false(WITH(version, MACHINE_CONFIG_VERSION + 1));
}

static void one_of_the_first_version_becomes_one_of_this(void **unused)
{
    const size_t first_bytes = offsetof(struct machine_config, follow_max_ppm);
    struct machine_config first = machine_config_default, as_now, config;

    (void)unused;
    first.ged = first.vmclock = first.s3 = 0;
    as_now = first;
    first.version = 2;
    first.ptp_kvm = PTP_KVM_OFF;
    assert_true(machine_config_take(&config, &first, first_bytes));
    assert_int_equal(config.version, 2);
    first.ptp_kvm = 0;
    first.reserved[sizeof first.reserved - 1] = 1;
    assert_true(machine_config_take(&config, &first, first_bytes));
    assert_int_equal(config.version, 2);
    first.reserved[sizeof first.reserved - 1] = 0;
    assert_true(machine_config_take(&config, &first, first_bytes));
    assert_true(accepts(&config));
    assert_memory_equal(&config, &as_now, sizeof config);
    assert_true(machine_config_take(&config, &as_now, sizeof config));
    assert_memory_equal(&config, &as_now, sizeof config);
    assert_false(machine_config_take(&config, &first, first_bytes + 1));
    assert_false(machine_config_take(&config, &first, first_bytes - 1));
}

static void one_of_version_3_has_no_s3(void **unused)
{
    struct machine_config third = machine_config_default, config;

    (void)unused;
    third.version = 3;
    assert_true(machine_config_take(&config, &third, sizeof third));
    assert_int_equal(config.version, 3);
    third.s3 = S3_OFF;
    assert_true(machine_config_take(&config, &third, sizeof third));
    assert_true(accepts(&config));
    assert_int_equal(config.vmclock, VMCLOCK_TAI);
}

static void one_of_version_4_has_the_hosts_rate(void **unused)
{
    struct machine_config fourth = machine_config_default, config;

    (void)unused;
    fourth.version = 4;
    fourth.time_rate = (struct dilation){10, 1};
    assert_true(machine_config_take(&config, &fourth, sizeof fourth));
    assert_int_equal(config.version, 4);
    fourth.time_rate = (struct dilation){0};
    assert_true(machine_config_take(&config, &fourth, sizeof fourth));
    assert_true(accepts(&config));
    assert_int_equal(config.s3, S3_TSC_KEPT);
    assert_true(dilation_is_one(config.time_rate));
}

static void assert_time_rate(uint32_t guest_ns, uint32_t host_ns, uint32_t apic_bus_ns,
                             const char *line)
{
    struct machine_config config = machine_config_default;

    config.time_rate = (struct dilation){guest_ns, host_ns};
    config.apic_bus_ns = apic_bus_ns;
    error[0] = '\0';
    assert_int_equal(accepts(&config), line[0] == '\0');
    assert_string_equal(error, line);
}

static void a_rate_of_time_is_a_fraction_that_the_bus_of_the_apic_fits(void **unused)
{
    static const char fraction[] =
        "time_rate is no fraction in lowest terms from 1/10 to 10, and not 0/0";

    (void)unused;
    assert_time_rate(10, 1, 0, "");
    assert_time_rate(1, 10, 10, "");
    assert_time_rate(1, 10, 1, "");
    assert_time_rate(2, 5, 1, "");
    assert_time_rate(11, 1, 0, fraction);
    assert_time_rate(2, 20, 0, fraction);
    assert_time_rate(1, 1, 0, fraction);
    assert_time_rate(0, 1, 0, fraction);
    assert_time_rate(1, 10, 9, "apic_bus_ns does not fit time_rate");
    assert_time_rate(2, 5, 5, "apic_bus_ns does not fit time_rate");
    assert_time_rate(0, 0, 1, "apic_bus_ns is not 0, and time_rate is");
}

/* Each on its own. */
static void what_keeps_a_clock_at_the_hosts_rate_contradicts_another_one(void **unused)
{
    const struct machine_config fast = {.time_rate = {10, 1}};
    struct machine_config config = machine_config_default;

    (void)unused;
    config.time_rate = fast.time_rate;
    config.kvmclock = KVMCLOCK_KERNEL;
    assert_false(accepts(&config));
    assert_string_equal(error, "--time-rate: with --kvmclock kernel the clock is KVM's, at the "
                               "host's rate; leave out one of them");
    config.kvmclock = KVMCLOCK_USER;
    config.kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
    config.follow_max_ppm = 500;
    assert_false(accepts(&config));
    assert_string_equal(error, "--time-rate: --kvmclock-follow realtime keeps guest time at the "
                               "host's date; leave out one of them");
    config.kvmclock_follow = KVMCLOCK_FOLLOW_MONOTONIC;
    config.follow_max_ppm = 0;
    config.rtc_follows_host = 1;
    assert_false(accepts(&config));
    assert_string_equal(error, "--time-rate: --rtc clock=host keeps the RTC at the host's date; "
                               "leave out one of them");
    config.rtc_follows_host = 0;
    config.ptp_kvm = PTP_KVM_HOST;
    assert_false(accepts(&config));
    assert_string_equal(error, "--time-rate: --ptp-kvm host tells the guest the host's date; leave "
                               "out one of them");
    config.ptp_kvm = PTP_KVM_GUEST;
    config.steal = STEAL_KVM;
    assert_false(accepts(&config));
    assert_string_equal(error, "--time-rate: --steal kvm counts the host's nanoseconds; leave out "
                               "one of them");
    config.steal = STEAL_OFF;
    config.tsc_asked = 1;
    config.tsc[0].khz = 2000000;
    assert_false(accepts(&config));
    assert_string_equal(error, "--time-rate: --tsc khz= is a rate in the host's seconds; leave out "
                               "one of them");
    config.tsc[0].khz = 0;
    assert_true(accepts(&config));
}

static void one_of_version_4_has_no_virtio_devices(void **unused)
{
    struct machine_config fourth = machine_config_default, config;

    (void)unused;
    fourth.version = 4;
    fourth.virtio_rng = 1;
    assert_true(machine_config_take(&config, &fourth, sizeof fourth));
    assert_int_equal(config.version, 4);
    fourth.virtio_rng = 0;
    assert_true(machine_config_take(&config, &fourth, sizeof fourth));
    assert_true(accepts(&config));
    assert_int_equal(config.s3, S3_TSC_KEPT);
}

static void a_greatest_correction_goes_with_the_date_alone(void **unused)
{
    struct machine_config config = machine_config_default;

    (void)unused;
    assert_false(WITH(follow_max_ppm, 500));
    assert_string_equal(error, "follow_max_ppm goes with kvmclock_follow 2, and only with it");
    assert_false(WITH(kvmclock_follow, KVMCLOCK_FOLLOW_REALTIME));
    config.kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
    config.follow_max_ppm = KVMCLOCK_FOLLOW_MAX_PPM;
    assert_true(accepts(&config));
    config.follow_max_ppm++;
    assert_false(accepts(&config));
    config.follow_max_ppm = 1;
    assert_true(accepts(&config));
    config.reserved_too[sizeof config.reserved_too - 1] = 1;
    assert_false(accepts(&config));
    assert_string_equal(error, "reserved is not 0");
}

static void cpus_are_1_to_255(void **unused)
{
    (void)unused;
    ASSERT_RANGE(cpu_count, 1, 255);
    assert_false(WITH(cpu_count, 0));
    assert_string_equal(error, "cpu_count is 0: accepted is 1 to 255");
    assert_false(WITH(cpu_count, UINT32_MAX));
}

static void memory_is_2_mib_to_1_tib_in_pages(void **unused)
{
    (void)unused;
    ASSERT_RANGE(memory_bytes, 2 << 20, UINT64_C(1) << 40);
    assert_false(WITH(memory_bytes, (2 << 20) - 4096));
    assert_true(WITH(memory_bytes, (2 << 20) + 4096));
    assert_false(WITH(memory_bytes, (2 << 20) + 4095));
    assert_string_equal(error, "memory_bytes is no multiple of 4096");
    assert_false(WITH(memory_bytes, UINT64_MAX));
}

static void the_hpet_has_3_to_32_timers_or_is_not_there(void **unused)
{
    (void)unused;
    ASSERT_RANGE(hpet_timers, 3, 32);
    assert_true(WITH(hpet_timers, 0));
    assert_false(WITH(hpet_timers, 1));
    assert_false(WITH(hpet_timers, 2));
    assert_string_equal(error, "hpet_timers is fewer than an HPET has, and not 0");
}

static void the_pm_timer_has_24_or_32_bits_or_is_not_there(void **unused)
{
    (void)unused;
    for (uint32_t bits = 0; bits < 70; bits++)
        assert_int_equal(WITH(pmtimer_bits, bits), bits == 0 || bits == 24 || bits == 32);
}

static void an_enum_is_one_of_its_values_and_a_flag_is_0_or_1(void **unused)
{
    (void)unused;
    ASSERT_RANGE(pit_lost_ticks, LOST_TICKS_DROP, LOST_TICKS_SLEW);
    ASSERT_RANGE(rtc_lost_ticks, LOST_TICKS_DROP, LOST_TICKS_SLEW);
    ASSERT_RANGE(hpet_lost_ticks, LOST_TICKS_DROP, LOST_TICKS_SLEW);
    ASSERT_RANGE(steal, STEAL_OFF, STEAL_PERCENT);
    ASSERT_RANGE(kvmclock, KVMCLOCK_USER, KVMCLOCK_OFF);
    assert_true(WITH(kvmclock_follow, KVMCLOCK_FOLLOW_MONOTONIC));
    assert_false(WITH(kvmclock_follow, KVMCLOCK_FOLLOW_KINDS));
    ASSERT_RANGE(kvmclock_asked, 0, 1);
    ASSERT_RANGE(invtsc, 0, 1);
    ASSERT_RANGE(halt_in_guest, 0, 1);
    ASSERT_RANGE(on_resume, ON_RESUME_UNSAID, ON_RESUME_ADVANCE);
    ASSERT_RANGE(rtc_base, RTC_BASE_KEPT, RTC_BASE_FIXED);
    ASSERT_RANGE(rtc_follows_host, 0, 1);
    ASSERT_RANGE(tsc_asked, 0, 1);
    ASSERT_RANGE(reference, 0, 1);
    ASSERT_RANGE(ptp_kvm, 0, PTP_KVM_OFF);
    assert_false(WITH(kvmclock, 255));
    assert_string_equal(error, "kvmclock is 255: accepted is 0 to 2");
}

static void steal_time_in_percent_is_below_100(void **unused)
{
    struct machine_config config = machine_config_default;

    (void)unused;
    config.steal = STEAL_PERCENT;
    config.steal_percent = 99;
    assert_true(accepts(&config));
    config.steal_percent = 100;
    assert_false(accepts(&config));
    assert_string_equal(error, "steal_percent is 100: accepted is 0 to 99");
    assert_false(WITH(steal_percent, 1));
    assert_string_equal(error, "steal_percent is not 0, and steal does not ask for it");
    assert_false(WITH(steal_idle, 1));
    assert_string_equal(error, "steal_idle is not 0, and steal is not by percent");
    config.steal_percent = 1;
    config.steal_idle = 1;
    assert_true(accepts(&config));
    config.steal_idle = 2;
    assert_false(accepts(&config));
}

static void a_fixed_date_is_from_1970_to_2199(void **unused)
{
    struct machine_config config = machine_config_default;

    (void)unused;
    config.rtc_base = RTC_BASE_FIXED;
    config.rtc_start_sec = 7258118399;
    assert_true(accepts(&config));
    config.rtc_start_sec++;
    assert_false(accepts(&config));
    assert_string_equal(error, "rtc_start_sec is 7258118400: accepted is 0 to 7258118399");
    assert_false(WITH(rtc_start_sec, 1));
    assert_string_equal(error, "rtc_start_sec is not 0, and rtc_base does not ask for it");
}

static void a_tsc_has_a_rate_and_an_offset_within_limits(void **unused)
{
    static const struct {
        bool accepted;
        struct tsc_request request;
    } rows[] = {
        {true, {0, 0, 0}},
        {true, {0, 1000, 0}},
        {true, {0, 10000000, 0}},
        {false, {0, 1, 0}},
        {false, {0, 999, 0}},
        {false, {0, 10000001, 0}},
        {true, {INT64_C(100000000000000000), 0, 0}},
        {true, {-INT64_C(100000000000000000), 0, 0}},
        {false, {INT64_C(100000000000000001), 0, 0}},
        {false, {-INT64_C(100000000000000001), 0, 0}},
        {false, {INT64_MIN, 0, 0}},
        {false, {INT64_MAX, 0, 0}},
        {false, {0, 0, 1}},
    };
    struct machine_config config = machine_config_default;

    (void)unused;
    config.tsc_asked = 1;
    config.cpu_count = 2;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        config.tsc[1] = rows[i].request;
        assert_int_equal(machine_config_accepts_tsc(&rows[i].request), rows[i].accepted);
        assert_int_equal(accepts(&config), rows[i].accepted);
    }
    assert_string_equal(error, "tsc[1] is khz 0, offset_ns 0, reserved 1: accepted is khz 0 or "
                               "1000 to 10000000, offset_ns up to 100000000000000000 either way, "
                               "reserved 0");
}

static void only_the_tsc_of_a_vcpu_that_is_there_can_be_asked_for(void **unused)
{
    struct machine_config config = machine_config_default;

    (void)unused;
    config.tsc[0].khz = 2000000;
    assert_false(accepts(&config));
    assert_string_equal(error, "tsc[0] is not 0, and tsc_asked is 0");
    config.tsc_asked = 1;
    assert_true(accepts(&config));
    config.tsc[254].offset_ns = -1;
    assert_false(accepts(&config));
    assert_string_equal(error, "tsc[254] is not 0, and cpu_count is 1");
    config.cpu_count = 255;
    assert_true(accepts(&config));
}

/* So a later version can give them a meaning. */
static void what_is_reserved_is_zero(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < sizeof machine_config_default.reserved; i++)
        assert_false(WITH(reserved[i], 1));
    assert_string_equal(error, "reserved is not 0");
}

/* Each byte of the struct is looked at: all ones is wrong, but in what becomes 255 vCPUs. */
static void no_byte_of_the_struct_is_left_out(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(struct machine_config); i++) {
        struct machine_config config = machine_config_default;

        /* The largest, so that no byte makes another one that is right. */
        config.memory_bytes = UINT64_C(1) << 40;
        memset((char *)&config + i, 0xff, 1);
        if (config.cpu_count == 255)
            continue;
        assert_false(accepts(&config));
        assert_string_not_equal(error, "");
        assert_null(strchr(error, '\n'));
    }
}

static void an_error_is_cut_off_at_the_size_of_its_buffer(void **unused)
{
    static const struct machine_config empty;
    char small[8 + 1];

    (void)unused;
    small[8] = '#';
    assert_false(machine_config_validate(&empty, small, 8));
    assert_string_equal(small, "version");
    assert_int_equal(small[8], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_machine_is_accepted),
        cmocka_unit_test(an_empty_struct_or_another_version_is_refused),
        cmocka_unit_test(one_of_the_first_version_becomes_one_of_this),
        cmocka_unit_test(one_of_version_3_has_no_s3),
        cmocka_unit_test(one_of_version_4_has_the_hosts_rate),
        cmocka_unit_test(a_rate_of_time_is_a_fraction_that_the_bus_of_the_apic_fits),
        cmocka_unit_test(what_keeps_a_clock_at_the_hosts_rate_contradicts_another_one),
        cmocka_unit_test(one_of_version_4_has_no_virtio_devices),
        cmocka_unit_test(a_greatest_correction_goes_with_the_date_alone),
        cmocka_unit_test(cpus_are_1_to_255),
        cmocka_unit_test(memory_is_2_mib_to_1_tib_in_pages),
        cmocka_unit_test(the_hpet_has_3_to_32_timers_or_is_not_there),
        cmocka_unit_test(the_pm_timer_has_24_or_32_bits_or_is_not_there),
        cmocka_unit_test(an_enum_is_one_of_its_values_and_a_flag_is_0_or_1),
        cmocka_unit_test(steal_time_in_percent_is_below_100),
        cmocka_unit_test(a_fixed_date_is_from_1970_to_2199),
        cmocka_unit_test(a_tsc_has_a_rate_and_an_offset_within_limits),
        cmocka_unit_test(only_the_tsc_of_a_vcpu_that_is_there_can_be_asked_for),
        cmocka_unit_test(what_is_reserved_is_zero),
        cmocka_unit_test(no_byte_of_the_struct_is_left_out),
        cmocka_unit_test(an_error_is_cut_off_at_the_size_of_its_buffer),
    };

    return cmocka_run_group_tests_name("machine_config", tests, NULL, NULL);
}
