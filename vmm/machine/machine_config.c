/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_config.h. One row for each field with a lowest and a highest value; then the rest. */
#include "vmm/machine/machine_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "devices/pc/acpi_pm.h"
#include "devices/pc/hpet.h"

#define PAGE_BYTES       4096
#define MIN_MEMORY_BYTES (UINT64_C(2) << 20)
#define MAX_MEMORY_BYTES (UINT64_C(1) << 40)
/* 2199-12-31T23:59:59 */
#define MAX_START_SEC     UINT64_C(7258118399)
#define MAX_STEAL_PERCENT 99
#define MIN_TSC_KHZ       1000
#define MAX_TSC_KHZ       10000000
/* Three years; more at 10 GHz would not fit the TSC. */
#define MAX_TSC_OFFSET_NS INT64_C(100000000000000000)

const struct machine_config machine_config_default = {
    .version = MACHINE_CONFIG_VERSION,
    .cpu_count = 1,
    .memory_bytes = UINT64_C(512) << 20,
    .hpet_timers = HPET_DEFAULT_TIMERS,
    .pmtimer_bits = ACPI_PM_DEFAULT_TIMER_BITS,
    .pit_lost_ticks = LOST_TICKS_BURST,
    .rtc_lost_ticks = LOST_TICKS_BURST,
    .hpet_lost_ticks = LOST_TICKS_BURST,
    .ged = 1,
    .vmclock = VMCLOCK_TAI,
    .s3 = S3_TSC_KEPT,
};

struct field {
    const char *name;
    size_t offset;
    size_t size_bytes;
    uint64_t min;
    uint64_t max;
};

#define FIELD(name, min, max)                                                                      \
    {                                                                                              \
#name, offsetof(struct machine_config, name), sizeof machine_config_default.name, min, max \
    }

static const struct field fields[] = {
    FIELD(version, MACHINE_CONFIG_VERSION, MACHINE_CONFIG_VERSION),
    FIELD(cpu_count, 1, MACHINE_MAX_CPUS),
    FIELD(memory_bytes, MIN_MEMORY_BYTES, MAX_MEMORY_BYTES),
    FIELD(rtc_start_sec, 0, MAX_START_SEC),
    FIELD(hpet_timers, 0, HPET_MAX_TIMERS),
    FIELD(pmtimer_bits, 0, 32),
    FIELD(steal_percent, 0, MAX_STEAL_PERCENT),
    FIELD(pit_lost_ticks, 0, LOST_TICKS_KINDS - 1),
    FIELD(rtc_lost_ticks, 0, LOST_TICKS_KINDS - 1),
    FIELD(hpet_lost_ticks, 0, LOST_TICKS_KINDS - 1),
    FIELD(steal, 0, STEAL_KINDS - 1),
    FIELD(kvmclock, 0, KVMCLOCK_OFF),
    FIELD(kvmclock_follow, 0, KVMCLOCK_FOLLOW_KINDS - 1),
    FIELD(kvmclock_asked, 0, 1),
    FIELD(invtsc, 0, 1),
    FIELD(halt_in_guest, 0, 1),
    FIELD(on_resume, 0, ON_RESUME_KINDS - 1),
    FIELD(rtc_base, 0, RTC_BASE_KINDS - 1),
    FIELD(rtc_follows_host, 0, 1),
    FIELD(tsc_asked, 0, 1),
    FIELD(reference, 0, 1),
    FIELD(steal_idle, 0, 1),
    FIELD(follow_max_ppm, 0, KVMCLOCK_FOLLOW_MAX_PPM),
    FIELD(ptp_kvm, 0, PTP_KVM_KINDS - 1),
    FIELD(ged, 0, 1),
    FIELD(vmclock, 0, VMCLOCK_MODES - 1),
    FIELD(s3, 0, S3_MODES - 1),
    FIELD(virtio_rng, 0, 1),
    FIELD(disk_count, 0, MACHINE_MAX_DISKS),
};

/* The value of a field of 1, 4 or 8 bytes. */
static uint64_t field_value(const struct machine_config *config, const struct field *field)
{
    const char *at = (const char *)config + field->offset;
    uint8_t byte;
    uint32_t half;
    uint64_t whole;

    switch (field->size_bytes) {
    case sizeof byte:
        memcpy(&byte, at, sizeof byte);
        return byte;
    case sizeof half:
        memcpy(&half, at, sizeof half);
        return half;
    default:
        assert(field->size_bytes == sizeof whole);
        memcpy(&whole, at, sizeof whole);
        return whole;
    }
}

/* The first field that is below its lowest or above its highest value; NULL if there is none. */
static const struct field *field_out_of_range(const struct machine_config *config)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t value = field_value(config, &fields[i]);

        if (value < fields[i].min || value > fields[i].max)
            return &fields[i];
    }
    return NULL;
}

static const char *wrong_time_rate(const struct machine_config *config)
{
    if (!dilation_is_valid(config->time_rate))
        return "time_rate is no fraction in lowest terms from 1/10 to 10, and not 0/0";
    if (config->apic_bus_ns > 1 && config->apic_bus_ns != dilation_apic_bus_ns(config->time_rate))
        return "apic_bus_ns does not fit time_rate";
    if (dilation_is_one(config->time_rate) && config->apic_bus_ns != 0)
        return "apic_bus_ns is not 0, and time_rate is";
    return NULL;
}

/*
 * What keeps a clock at the host's rate, in words for a command line, where each option is right by
 * itself.
 */
static const char *find_contradiction(const struct machine_config *config)
{
    if (dilation_is_one(config->time_rate))
        return NULL;
    if (config->kvmclock == KVMCLOCK_KERNEL)
        return "--time-rate: with --kvmclock kernel the clock is KVM's, at the host's rate; leave "
               "out one of them";
    if (config->kvmclock_follow == KVMCLOCK_FOLLOW_REALTIME)
        return "--time-rate: --kvmclock-follow realtime keeps guest time at the host's date; leave "
               "out one of them";
    if (config->rtc_follows_host)
        return "--time-rate: --rtc clock=host keeps the RTC at the host's date; leave out one of "
               "them";
    if (config->ptp_kvm == PTP_KVM_HOST)
        return "--time-rate: --ptp-kvm host tells the guest the host's date; leave out one of them";
    if (config->steal == STEAL_KVM)
        return "--time-rate: --steal kvm counts the host's nanoseconds; leave out one of them";
    for (unsigned i = 0; i < MACHINE_MAX_CPUS; i++)
        if (config->tsc[i].khz != 0)
            return "--time-rate: --tsc khz= is a rate in the host's seconds; leave out one of them";
    return NULL;
}

/* What is wrong with a field whose range does not say all; NULL if nothing is. */
static const char *wrong_value(const struct machine_config *config)
{
    static const uint8_t zeroes[sizeof config->reserved_too];

    if (config->memory_bytes % PAGE_BYTES != 0)
        return "memory_bytes is no multiple of 4096";
    if (config->hpet_timers != 0 && config->hpet_timers < HPET_MIN_TIMERS)
        return "hpet_timers is fewer than an HPET has, and not 0";
    if (config->pmtimer_bits != 0 && config->pmtimer_bits != 24 && config->pmtimer_bits != 32)
        return "pmtimer_bits is neither 0 nor 24 nor 32";
    if (config->steal != STEAL_PERCENT && config->steal_percent != 0)
        return "steal_percent is not 0, and steal does not ask for it";
    if (config->steal != STEAL_PERCENT && config->steal_idle)
        return "steal_idle is not 0, and steal is not by percent";
    if (config->rtc_base != RTC_BASE_FIXED && config->rtc_start_sec != 0)
        return "rtc_start_sec is not 0, and rtc_base does not ask for it";
    if (config->vmclock != VMCLOCK_OFF && !config->ged)
        return "vmclock is not 0, and ged is";
    if ((config->kvmclock_follow == KVMCLOCK_FOLLOW_REALTIME) != (config->follow_max_ppm != 0))
        return "follow_max_ppm goes with kvmclock_follow 2, and only with it";
    if (memcmp(config->reserved, zeroes, sizeof config->reserved) != 0 ||
        memcmp(config->reserved_too, zeroes, sizeof config->reserved_too) != 0)
        return "reserved is not 0";
    return wrong_time_rate(config);
}

static bool is_nothing(const struct tsc_request *request)
{
    return request->khz == 0 && request->offset_ns == 0 && request->reserved == 0;
}

bool machine_config_accepts_tsc(const struct tsc_request *request)
{
    bool rate_fits =
        request->khz == 0 || (request->khz >= MIN_TSC_KHZ && request->khz <= MAX_TSC_KHZ);

    return rate_fits && request->offset_ns >= -MAX_TSC_OFFSET_NS &&
           request->offset_ns <= MAX_TSC_OFFSET_NS && request->reserved == 0;
}

void machine_config_forget_absent(struct machine_config *config)
{
    for (unsigned i = config->cpu_count; i < MACHINE_MAX_CPUS; i++)
        config->tsc[i] = (struct tsc_request){0};
}

static bool validate_tsc(const struct machine_config *config, char *error, size_t error_size)
{
    for (unsigned i = 0; i < MACHINE_MAX_CPUS; i++) {
        const struct tsc_request *request = &config->tsc[i];

        if (!machine_config_accepts_tsc(request))
            snprintf(error, error_size,
                     "tsc[%u] is khz %" PRIu32 ", offset_ns %" PRId64 ", reserved %" PRIu32
                     ": accepted is khz 0 or %d to %d, offset_ns up to %" PRId64
                     " either way, reserved 0",
                     i, request->khz, request->offset_ns, request->reserved, MIN_TSC_KHZ,
                     MAX_TSC_KHZ, MAX_TSC_OFFSET_NS);
        else if (i >= config->cpu_count && !is_nothing(request))
            snprintf(error, error_size, "tsc[%u] is not 0, and cpu_count is %" PRIu32, i,
                     config->cpu_count);
        else if (!config->tsc_asked && !is_nothing(request))
            snprintf(error, error_size, "tsc[%u] is not 0, and tsc_asked is 0", i);
        else
            continue;
        return false;
    }
    return true;
}

/*
 * The earlier ones. What is new since then was reserved, and is 0 in it: the bytes from there to
 * tsc, and those from time_rate on. The first one that was released ends before follow_max_ppm.
 */
static const struct {
    uint32_t version;
    size_t size_bytes;
    size_t zeroes_offset;
} earlier[] = {
    {2, offsetof(struct machine_config, follow_max_ppm), offsetof(struct machine_config, ptp_kvm)},
    {3, sizeof(struct machine_config), offsetof(struct machine_config, s3)},
    {4, sizeof(struct machine_config), offsetof(struct machine_config, reserved)},
};

static bool is_zero(const struct machine_config *config, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++)
        if (((const char *)config)[at] != 0)
            return false;
    return true;
}

static bool has_no_news(const struct machine_config *config, size_t zeroes_offset)
{
    return is_zero(config, zeroes_offset, offsetof(struct machine_config, tsc)) &&
           is_zero(config, offsetof(struct machine_config, time_rate), sizeof *config);
}

bool machine_config_take(struct machine_config *config, const void *bytes, size_t size_bytes)
{
    bool is_known = size_bytes == sizeof *config;

    *config = (struct machine_config){0};
    for (size_t i = 0; i < sizeof earlier / sizeof earlier[0]; i++)
        is_known |= size_bytes == earlier[i].size_bytes;
    if (!is_known)
        return false;
    memcpy(config, bytes, size_bytes);
    for (size_t i = 0; i < sizeof earlier / sizeof earlier[0]; i++)
        if (config->version == earlier[i].version &&
            has_no_news(config, earlier[i].zeroes_offset)) {
            config->version = MACHINE_CONFIG_VERSION;
            break;
        }
    return true;
}

bool machine_config_validate_fields(const struct machine_config *config, char *error,
                                    size_t error_size)
{
    const struct field *field = field_out_of_range(config);
    const char *wrong;

    if (field != NULL) {
        snprintf(error, error_size, "%s is %" PRIu64 ": accepted is %" PRIu64 " to %" PRIu64,
                 field->name, field_value(config, field), field->min, field->max);
        return false;
    }
    wrong = wrong_value(config);
    if (wrong != NULL) {
        snprintf(error, error_size, "%s", wrong);
        return false;
    }
    return validate_tsc(config, error, error_size);
}

bool machine_config_validate(const struct machine_config *config, char *error, size_t error_size)
{
    const char *wrong;

    if (!machine_config_validate_fields(config, error, error_size))
        return false;
    wrong = find_contradiction(config);
    if (wrong != NULL)
        snprintf(error, error_size, "%s", wrong);
    return wrong == NULL;
}
