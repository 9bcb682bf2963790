/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_image.h. */
#include "vmm/machine/machine_image.h"

#include <string.h>

#include "devices/state_check.h"
#include "kvmclock/timebase.h"
#include "snapshot/record.h"
#include "vmm/machine/machine_pause.h"

/* 146 years: a guest may have jumped to 100 (machine_cut.h). */
#define GUEST_MAX_NS (UINT64_C(1) << 62)
/* 73 years more, and those of restore_time.c, leave a guest's time below DEVICE_END_NS. */
#define BEHIND_MAX_NS (UINT64_C(1) << 61)
/* The year 2116, as the date at guest time 0: the distance between two dates fits 64 bits. */
#define DATE_MAX_NS (UINT64_C(1) << 62)
/* A host's TSC has 1 MHz to 100 GHz: nanoseconds per 10^9 cycles. */
#define CYCLES_TIMED UINT64_C(1000000000)
#define LEAST_NS     UINT64_C(10000000)
#define MOST_NS      UINT64_C(1000000000000)
/* As guest_tsc.h: a guest's rate and the host's are less than 2^14 apart. */
#define RATIO_BITS 14
/* The coarsest clock that host_facts.h knows, at the greatest dilation. */
#define RESOLUTION_MAX_NS (10000000 * DILATION_MAX + 1)
#define UNIT_SHIFT_MAX    7
/* Linux says at most 16 s. */
#define ERROR_MAX_US INT64_C(1000000000000)

static bool is_rate(uint64_t rate)
{
    uint64_t ns = (uint64_t)((unsigned __int128)rate * CYCLES_TIMED >> CALIBRATION_RATE_SHIFT);

    return rate < UINT64_C(1) << 62 && ns >= LEAST_NS && ns <= MOST_NS;
}

static bool is_scale(uint32_t mul, int32_t shift)
{
    uint64_t ns;

    if (mul < UINT32_C(1) << 31 || shift < -31 || shift > 31)
        return false;
    ns = pvclock_scale_ns((struct pvclock_scale){mul, (int8_t)shift}, CYCLES_TIMED);
    return ns >= LEAST_NS && ns <= MOST_NS;
}

static bool is_ratio(uint64_t mul, uint32_t frac_bits)
{
    return (frac_bits == TSC_RATIO_BITS_VMX || frac_bits == TSC_RATIO_BITS_SVM) &&
           mul > UINT64_C(1) << (frac_bits - RATIO_BITS) &&
           mul < UINT64_C(1) << (frac_bits + RATIO_BITS);
}

/* A rate of 0 is not known yet. */
static bool is_calibration(const struct calibration *calibration)
{
    return (calibration->rate == 0 || is_rate(calibration->rate)) &&
           calibration->resolution_ns <= RESOLUTION_MAX_NS &&
           calibration->slowest <= calibration->fastest &&
           calibration->fastest <= UINT64_C(1) << 62;
}

static bool is_timebase(const struct timebase_record *record)
{
    return is_ratio(record->ratio_mul, record->ratio_frac_bits) &&
           is_scale(record->scale_mul, record->scale_shift) && is_flag(record->is_constant) &&
           is_flag(record->is_aligned) && is_flag(record->offsets_measured) &&
           is_flag(record->offsets_work) && is_flag(record->has_kvm_clock) &&
           is_calibration(&record->raw) && is_calibration(&record->followed) &&
           record->followed.rate != 0 && record->behind_ns <= BEHIND_MAX_NS &&
           record->run_left_ns <= MACHINE_PAUSE_BETWEEN_NS &&
           record->kvm_clock_ns <= GUEST_MAX_NS &&
           is_zero(record->reserved, sizeof record->reserved);
}

static bool is_time(const struct machine_image *image)
{
    const struct time_record *time = &image->time;

    return time->guest_ns <= GUEST_MAX_NS && time->wall_zero_ns <= INT64_MAX &&
           time->host_tsc == image->host.tsc && time->vcpu_count == image->config.cpu_count &&
           time->reserved == 0 && is_timebase(&image->timebase) &&
           (image->config.kvmclock_follow != KVMCLOCK_FOLLOW_REALTIME ||
            image->timebase.clock_zero_ns <= DATE_MAX_NS);
}

static bool is_host(const struct host_record *host)
{
    return memchr(host->boot_id, '\0', sizeof host->boot_id) != NULL &&
           memchr(host->kernel_release, '\0', sizeof host->kernel_release) != NULL &&
           memchr(host->cpu_vendor, '\0', sizeof host->cpu_vendor) != NULL &&
           host->max_error_us >= 0 && host->max_error_us <= ERROR_MAX_US;
}

static bool is_machine(const struct machine_image *image)
{
    const struct machine_record *record = &image->machine;
    uint64_t left_ns = record->rtc_report_deadline_ns - image->time.guest_ns;

    return is_flag(record->kvm_hidden) && is_flag(record->hypercalls_exit) &&
           is_flag(record->tsc_deadline) && is_flag(record->com1_used) &&
           is_flag(record->rtc_reported) && is_flag(record->rtc_report_is_armed) &&
           is_flag(record->wake_is_asked) &&
           (!record->rtc_report_is_armed || (left_ns > 0 && left_ns <= BEHIND_MAX_NS)) &&
           is_zero(record->reserved, sizeof record->reserved) && record->reserved_too == 0;
}

static bool is_panic_watch(const struct panic_watch_record *record)
{
    return record->line_length < PANIC_WATCH_LINE_SIZE && record->end <= PANIC_WATCH_OFF &&
           is_flag(record->has_reason) && is_flag(record->reason_is_kernels) &&
           record->reserved == 0 && memchr(record->reason, '\0', sizeof record->reason) != NULL;
}

static bool say_missing(enum record_type type, struct text *error)
{
    text_add(error, "its record \"%s\" is missing or has another size than known",
             record_type_name(type));
    return false;
}

static bool take(const struct machine_image *image, enum record_type type, uint32_t instance,
                 void *to, size_t to_bytes, struct text *error)
{
    if (record_take(image->records, image->size_bytes, type, instance, to, to_bytes))
        return true;
    return say_missing(type, error);
}

static bool take_config(struct machine_image *image, struct text *error)
{
    struct record record;

    if (record_find(image->records, image->size_bytes, RECORD_CONFIG, 0, &record) &&
        machine_config_take(&image->config, record.bytes, record.size_bytes))
        return true;
    return say_missing(RECORD_CONFIG, error);
}

static bool take_all(struct machine_image *image, struct text *error)
{
    bool taken = take_config(image, error) &&
                 take(image, RECORD_HOST, 0, &image->host, sizeof image->host, error) &&
                 take(image, RECORD_TIME, 0, &image->time, sizeof image->time, error) &&
                 take(image, RECORD_TIMEBASE, 0, &image->timebase, sizeof image->timebase, error) &&
                 take(image, RECORD_MACHINE, 0, &image->machine, sizeof image->machine, error) &&
                 take(image, RECORD_PANIC_WATCH, 0, &image->panic, sizeof image->panic, error);

    for (uint32_t i = 0; taken && i < KVM_NR_IRQCHIPS; i++)
        taken = take(image, RECORD_IRQCHIP, i, &image->irqchip.chips[i],
                     sizeof image->irqchip.chips[i], error);
    return taken;
}

bool machine_image_read(struct machine_image *image, const void *records, size_t size_bytes,
                        struct text *error)
{
    char wrong[160];

    *image = (struct machine_image){.records = records, .size_bytes = size_bytes};
    if (!take_all(image, error))
        return false;
    if (!machine_config_validate(&image->config, wrong, sizeof wrong)) {
        text_add(error, "its configuration: %s", wrong);
        return false;
    }
    if (is_host(&image->host) && is_time(image) && is_machine(image) &&
        is_panic_watch(&image->panic))
        return true;
    text_add(error, "damaged: %s",
             !is_host(&image->host) ? "no host can be as it says"
             : !is_time(image)      ? "no time can be as it says"
                                    : "no machine can be as it says");
    return false;
}

bool machine_image_read_vcpu(const struct machine_image *image, unsigned index,
                             struct time_cut_vcpu *vcpu, struct text *error)
{
    struct vcpu_time_record record;

    if (!take(image, RECORD_VCPU_TIME, index, &record, sizeof record, error))
        return false;
    if (!is_ratio(record.ratio_mul, record.ratio_frac_bits) ||
        record.count_unit_shift > UNIT_SHIFT_MAX) {
        text_add(error, "damaged: vCPU %u: no time can be as it says", index);
        return false;
    }
    *vcpu = (struct time_cut_vcpu){
        .tsc = record.tsc,
        .ratio = {record.ratio_mul, record.ratio_frac_bits},
        .tsc_adjust = record.tsc_adjust,
        .tsc_deadline = record.tsc_deadline,
        .count = {.left = record.count_left,
                  .period = record.count_period,
                  .unit_shift = record.count_unit_shift},
    };
    return true;
}
