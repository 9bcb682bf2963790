/* SPDX-License-Identifier: BSD-2-Clause */
/* See restore_time.h. */
#include "vmm/machine/restore_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time_math.h"
#include "kvmclock/guest_tsc.h"
#include "kvmclock/tsc_order.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine_dilation.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"

#define MILLION  1000000
#define TRILLION UINT64_C(1000000000000)
/* Reading two clocks one after the other takes far less. */
#define CLOCKS_NS UINT64_C(10000000)
/* What a guest's time can go on by at once: 36 years. */
#define GAP_MAX_NS INT64_C(1152921504606846976)
#define TEXT_BYTES 160

static uint64_t distance(int64_t a, int64_t b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* The TSC has counted from then on without a fall, a stop or another rate. */
static bool tsc_has_counted(const struct host_record *then, const struct host_record *now,
                            struct pvclock_scale scale, struct dilation dilation)
{
    int64_t slept_ns = (int64_t)((now->boottime_ns - now->monotonic_ns) -
                                 (then->boottime_ns - then->monotonic_ns));
    int64_t by_clock_ns = (int64_t)(now->monotonic_ns - then->monotonic_ns);
    int64_t by_tsc_ns =
        (int64_t)dilation_host_ns(dilation, pvclock_scale_ns(scale, now->tsc - then->tsc));

    return !tsc_is_before(now->tsc, then->tsc) && by_clock_ns >= 0 && by_clock_ns < GAP_MAX_NS &&
           by_tsc_ns >= 0 && distance(slept_ns, 0) < CLOCKS_NS &&
           distance(by_clock_ns, by_tsc_ns) < CLOCKS_NS + (uint64_t)by_clock_ns / 1000;
}

/* INT64_MIN: no time that can be reckoned with. */
static int64_t passed_ns(int64_t then_ns, int64_t now_ns)
{
    int64_t passed;

    return __builtin_sub_overflow(now_ns, then_ns, &passed) ? INT64_MIN : passed;
}

struct restore_gap restore_gap_between(const struct host_record *then,
                                       const struct host_record *now, struct pvclock_scale scale,
                                       struct dilation dilation)
{
    bool by_tai = then->tai_offset_sec != 0 && now->tai_offset_sec != 0;
    struct restore_gap gap = {
        .same_boot = then->boot_id[0] != '\0' &&
                     strncmp(then->boot_id, now->boot_id, sizeof then->boot_id) == 0 &&
                     tsc_has_counted(then, now, scale, dilation),
        .by_tai = by_tai,
        .bound_ns = (then->max_error_us + now->max_error_us) * 1000,
        .until_tsc = now->tsc,
        .until_monotonic_ns = now->monotonic_ns,
    };

    gap.utc_passed_ns = passed_ns(then->realtime_ns, now->realtime_ns);
    gap.passed_ns = by_tai ? passed_ns(then->tai_ns, now->tai_ns) : gap.utc_passed_ns;
    if (gap.passed_ns < 0 && gap.passed_ns >= -gap.bound_ns)
        gap.passed_ns = 0;
    return gap;
}

/* With --tsc-best-effort it is said, and the guest goes on. */
static int refuse_tsc(const struct machine *machine, const struct restore_request *request,
                      const char *what, const char *what_to_do)
{
    if (machine->host->tsc_best_effort) {
        log_note("%s: %s: a guest that keeps time by its TSC goes wrong, one by kvm-clock does not",
                 request->name, what);
        return 0;
    }
    log_error("%s: %s: %s", request->name, what, what_to_do);
    return -ENOTSUP;
}

static uint64_t bound_millihz(uint64_t millihz, uint64_t bound_ppt)
{
    return bound_ppt < TRILLION ? mul_div_ceil(millihz, bound_ppt, TRILLION) : millihz;
}

/*
 * A guest that keeps time by its TSC has learnt the rate that it had. Two rates are different only
 * if they are so at both ends of their bounds. A rate of 0 is not known.
 */
static int check_rate(const struct machine *machine, const struct machine_image *image,
                      const struct restore_request *request, unsigned vcpu, const char *whose)
{
    const struct calibration *raw = &machine->time.raw;
    uint64_t then_millihz =
        tsc_ratio_apply(machine->cut.guest.vcpus[vcpu].ratio, image->time.host_tsc_millihz);
    uint64_t now_millihz =
        tsc_ratio_apply(machine->vcpus[vcpu].tsc.ratio, calibration_tsc_millihz(raw));
    uint64_t apart = distance((int64_t)then_millihz, (int64_t)now_millihz);
    uint64_t bound = bound_millihz(then_millihz, image->time.bound_ppt) +
                     bound_millihz(now_millihz, calibration_bound_ppt(raw));
    char what[TEXT_BYTES];

    if (then_millihz == 0 || now_millihz == 0 ||
        apart <= bound + mul_div_floor(then_millihz, TSC_TOLERANCE_PPM, MILLION))
        return 0;
    snprintf(what, sizeof what, "%s has %llu Hz, and here it %s %llu", whose,
             (unsigned long long)then_millihz / 1000,
             machine->host->tsc_best_effort ? "has" : "would have",
             (unsigned long long)now_millihz / 1000);
    return refuse_tsc(machine, request, what, "restore it on a host with the same rate");
}

/* All vCPUs' TSCs had one rate, and have one here. */
static bool rates_are_equal(const struct machine *machine)
{
    const struct time_cut_vcpu *then = machine->cut.guest.vcpus;
    const struct vcpu *now = machine->vcpus;

    for (unsigned i = 1; i < machine->config->cpu_count; i++)
        if (!tsc_ratio_equal(then[i].ratio, then[0].ratio) ||
            !tsc_ratio_equal(now[i].tsc.ratio, now[0].tsc.ratio))
            return false;
    return true;
}

/* The ratios in the cut are still those of the file. */
static int check_rates(const struct machine *machine, const struct machine_image *image,
                       const struct restore_request *request)
{
    char whose[TEXT_BYTES];
    int result = 0;

    if (rates_are_equal(machine))
        return check_rate(machine, image, request, 0, "the guest's TSC");
    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++) {
        snprintf(whose, sizeof whose, "the TSC of vCPU %u", i);
        result = check_rate(machine, image, request, i, whose);
    }
    return result;
}

static bool can_go_on_by(const struct machine *machine, int64_t passed_ns)
{
    return passed_ns >= 0 && dilation_guest_ns(machine->config->time_rate, (uint64_t)passed_ns) <
                                 (uint64_t)GAP_MAX_NS;
}

static int check_gap(const struct machine *machine, const struct restore_request *request,
                     const struct restore_gap *gap)
{
    char bytes[TEXT_BYTES];
    struct text text;

    if (request->time != RESTORE_ADVANCE || gap->same_boot)
        return 0;
    if (can_go_on_by(machine, gap->passed_ns))
        return 0;
    text_init(&text, bytes, sizeof bytes);
    if (gap->passed_ns < 0 && gap->passed_ns > -GAP_MAX_NS) {
        text_add(&text, "this host's clock is ");
        text_add_duration(&text, -gap->passed_ns, false);
        text_add(&text, " behind that of the save");
    } else {
        text_add(&text, "by this host's clock guest time would go on by more than 36 years");
    }
    log_error("%s: --time advance: %s; set the clock, or use --time freeze", request->name, bytes);
    return -EINVAL;
}

/* kvm-clock's wall time is kept as the date of the guest's start: not before 1970. */
static int check_date(const struct machine *machine, const struct machine_image *image,
                      const struct restore_request *request)
{
    if (request->time != RESTORE_AT)
        return 0;
    if (machine->config->rtc_follows_host) {
        log_error("%s: --time at=: its RTC follows the host's clock (--rtc clock=host); use freeze "
                  "or advance",
                  request->name);
        return -EINVAL;
    }
    if (machine->config->ptp_kvm == PTP_KVM_HOST) {
        log_error("%s: --time at=: its ptp_kvm tells it the host's date (--ptp-kvm host); use "
                  "freeze or advance",
                  request->name);
        return -EINVAL;
    }
    if (image->time.guest_ns <= request->at_sec * NS_PER_SEC)
        return 0;
    log_error("%s: --time at=: the guest has run for %llu s, so its start would lie before 1970; "
              "use a later date",
              request->name,
              (unsigned long long)((image->time.guest_ns + NS_PER_SEC - 1) / NS_PER_SEC));
    return -EINVAL;
}

int restore_time_check(struct machine *machine, const struct machine_image *image,
                       const struct restore_request *request, const struct restore_gap *gap)
{
    bool advances = request->time == RESTORE_ADVANCE;
    int result = check_gap(machine, request, gap);

    if (result == 0)
        result = check_date(machine, image, request);
    if (result < 0)
        return result;
    if (!advances && hypercall_reaches_host(machine)) {
        log_error("%s: this KVM cannot intercept hypercalls, by which a guest sees the host's time "
                  "go on: use --time advance",
                  request->name);
        return -ENOTSUP;
    }
    if (gap->same_boot)
        machine->tsc = (struct machine_tsc){image->timebase.offsets_measured != 0,
                                            image->timebase.offsets_work != 0};
    result = machine_tsc_find_out_apart(machine);
    if (result < 0 || machine->tsc.offsets_work || (gap->same_boot && advances))
        return result;
    return refuse_tsc(machine, request,
                      "this KVM ignores TSC offsets, so the guest's TSC goes on with the host's",
                      gap->same_boot ? "use --time advance"
                                     : "it can be restored on the boot on which it was saved only");
}

/* The date is followed as before, or from the one that the guest is given. */
static void follow_date(struct machine *machine, const struct timebase_record *record,
                        const struct restore_request *request)
{
    machine_time_set_date(machine, record->clock_zero_ns);
    if (machine_time_follows_date(machine) && (request->time == RESTORE_AT || !record->is_aligned))
        steering_realign(&machine->time.steering);
}

/* On the same boot all is as it was. The base is the cut, so that the two cannot differ. */
static void take_up_timebase(struct machine *machine, const struct machine_image *image,
                             const struct restore_request *request)
{
    const struct timebase_record *record = &image->timebase;
    struct machine_time *time = &machine->time;
    struct pvclock_scale scale = {record->scale_mul, (int8_t)record->scale_shift};

    machine->timebase = timebase_start(image->time.host_tsc, image->time.guest_ns, scale,
                                       machine->vcpus[0].tsc.ratio);
    time->raw = record->raw;
    time->is_constant = record->is_constant != 0;
    time->steering = (struct steering){
        .calibration = record->followed,
        .aligned = record->is_aligned != 0,
        .clock_zero_ns = record->clock_zero_ns,
        .max_ppm = STEERING_MAX_PPM,
    };
    follow_date(machine, record, request);
    machine->cut.taken = (struct machine_instant){
        .host_tsc = image->time.host_tsc,
        .host_monotonic_ns = image->host.monotonic_ns,
        .has_kvm_clock = record->has_kvm_clock != 0,
        .kvm_clock_ns = record->kvm_clock_ns,
    };
    machine->pause.behind_cycles = pvclock_scale_cycles(scale, record->behind_ns);
}

/*
 * A guest whose RTC follows the host's clock has the host's date, and so has its kvm-clock: the
 * step is a pause's (machine_pause.h), but for what passes from now on, which the end of this
 * pause adds. One that leads to no date is left out.
 */
static void follow_hosts_date(struct machine *machine, int64_t utc_passed_ns)
{
    int64_t wall_zero_ns;

    if (machine->config->rtc_follows_host && !machine_time_follows_date(machine) &&
        !__builtin_add_overflow((int64_t)machine->wall_zero_ns, utc_passed_ns, &wall_zero_ns) &&
        wall_zero_ns >= 0)
        machine->wall_zero_ns = (uint64_t)wall_zero_ns;
}

/*
 * Here the cut is at the instant up to which the gap was measured, so that what the restore takes
 * is not lost. What has passed since the save is what guest time is behind.
 */
static int begin_timebase(struct machine *machine, const struct machine_image *image,
                          const struct restore_request *request, const struct restore_gap *gap)
{
    const struct timebase_record *record = &image->timebase;
    uint64_t behind_ns = record->behind_ns;
    int result = machine_time_start(machine);

    if (result < 0)
        return result;
    follow_date(machine, record, request);
    machine->time.is_constant = record->is_constant != 0;
    machine->cut.taken = (struct machine_instant){
        .host_tsc = gap->until_tsc,
        .host_monotonic_ns = gap->until_monotonic_ns,
        .has_kvm_clock = record->has_kvm_clock != 0,
        .kvm_clock_ns = record->kvm_clock_ns,
    };
    timebase_set_ns(&machine->timebase, machine->cut.taken.host_tsc, image->time.guest_ns);
    if (request->time == RESTORE_ADVANCE)
        behind_ns += dilation_guest_ns(machine->config->time_rate, (uint64_t)gap->passed_ns);
    else
        follow_hosts_date(machine, gap->utc_passed_ns);
    machine->pause.behind_cycles = pvclock_scale_cycles(machine->timebase.scale, behind_ns);
    return 0;
}

static int read_vcpus(struct machine *machine, const struct machine_image *image,
                      const struct restore_request *request)
{
    struct time_cut *cut = &machine->cut.guest;
    char bytes[TEXT_BYTES];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    for (unsigned i = 0; i < cut->vcpu_count; i++)
        if (!machine_image_read_vcpu(image, i, &cut->vcpus[i], &error)) {
            log_error("%s: %s", request->name, bytes);
            return -EINVAL;
        }
    return 0;
}

static int begin_vcpus(struct machine *machine, const struct machine_image *image,
                       const struct restore_request *request, const struct restore_gap *gap)
{
    struct time_cut *cut = &machine->cut.guest;
    int result = read_vcpus(machine, image, request);

    if (result == 0 && !gap->same_boot)
        result = check_rates(machine, image, request);
    for (unsigned i = 0; result == 0 && i < cut->vcpu_count; i++) {
        cut->vcpus[i].count.bus = machine_dilation_of_bus(machine);
        cut->vcpus[i].ratio = machine->vcpus[i].tsc.ratio;
        cut->vcpus[i].scale = tsc_ratio_scale(cut->vcpus[i].ratio, machine->timebase.scale);
    }
    return result;
}

int restore_time_begin(struct machine *machine, const struct machine_image *image,
                       const struct restore_request *request, const struct restore_gap *gap)
{
    int result = 0;

    machine->wall_zero_ns = request->time == RESTORE_AT
                                ? request->at_sec * NS_PER_SEC - image->time.guest_ns
                                : image->time.wall_zero_ns;
    machine->rtc_zero_ns = machine->wall_zero_ns;
    machine->pause.run_left_ns = image->timebase.run_left_ns;
    machine->timer_rest.wake_ns = TIME_NEVER_NS;
    if (gap->same_boot)
        take_up_timebase(machine, image, request);
    else
        result = begin_timebase(machine, image, request, gap);
    if (result < 0)
        return result;
    machine->cut.active = machine->cut.is_restored = machine->pause.active = true;
    live_clock_raise(&machine->live, image->time.guest_ns);
    time_cut_begin(&machine->cut.guest, image->time.guest_ns, machine->wall_zero_ns,
                   machine->config->cpu_count);
    return begin_vcpus(machine, image, request, gap);
}

static void say_gap(const struct machine *machine, const struct restore_gap *gap,
                    const struct restore_request *request)
{
    char bytes[TEXT_BYTES];
    struct text text;

    if (request->time != RESTORE_ADVANCE || gap->same_boot)
        return;
    text_init(&text, bytes, sizeof bytes);
    text_add_duration(
        &text, (int64_t)dilation_guest_ns(machine->config->time_rate, (uint64_t)gap->passed_ns),
        false);
    text_add(&text, " by %s, which the hosts know to ", gap->by_tai ? "TAI" : "UTC");
    text_add_duration(&text, gap->bound_ns, false);
    log_note("%s: guest time goes on by %s%s", request->name, bytes,
             gap->by_tai ? "" : "; a leap second in between would be one second more");
}

int restore_time_go_on(struct machine *machine, const struct restore_request *request,
                       const struct restore_gap *gap)
{
    bool freeze = request->time != RESTORE_ADVANCE;

    if (!machine_pause_end_restored(machine, freeze) && machine_tsc_offsets_work(machine)) {
        log_error("%s: a TSC of the guest does not go on from where it was, although this KVM has "
                  "taken its offset",
                  request->name);
        return -EIO;
    }
    say_gap(machine, gap, request);
    return machine_pause_is_behind(machine) ? 0 : machine_rtc_follow(machine);
}
