/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_time.h. */
#include "vmm/machine/machine_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time_math.h"
#include "kvmclock/tsc_order.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_dilation.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_vmclock.h"
#include "vmm/machine/quiesce.h"

#define MILLI       1000
#define DOUBT_BYTES 96
/* How fast NTP steers CLOCK_MONOTONIC. */
#define NTP_MAX_PPM 500
/* What --verbose tells of: a slew of at least so much, until so little is left. */
#define SLEW_SAID_NS 1000000
#define SLEW_DONE_NS 1000
#define MILLION      1000000
#define PPB_IN_PPM   1000
#define TSC_CHANGED  "the host's TSC has changed its rate, or it or CLOCK_MONOTONIC_RAW has stepped"
#define TSC_FELL                                                                                   \
    "the host's TSC has fallen back, as on a host that was suspended or moved: guest time goes "   \
    "on "                                                                                          \
    "by the host's clock"

static clockid_t followed_clock(const struct machine *machine)
{
    return machine->config->kvmclock_follow == KVMCLOCK_FOLLOW_RAW ? CLOCK_MONOTONIC_RAW
                                                                   : CLOCK_MONOTONIC;
}

/* What guest time follows, at about the time of raw: the followed clock times k (dilation.h). */
static struct clock_bracket followed_bracket(const struct machine *machine,
                                             const struct clock_bracket *raw)
{
    clockid_t clock = followed_clock(machine);
    struct clock_bracket bracket = clock == CLOCK_MONOTONIC_RAW ? *raw : host_clock_bracket(clock);

    bracket.clock_ns = dilation_guest_ns(machine->config->time_rate, bracket.clock_ns);
    return bracket;
}

bool machine_time_follows_date(const struct machine *machine)
{
    return machine->config->kvmclock_follow == KVMCLOCK_FOLLOW_REALTIME;
}

void machine_time_set_date(struct machine *machine, uint64_t zero_ns)
{
    if (machine_time_follows_date(machine))
        steering_follow_date(&machine->time.steering, machine->config->follow_max_ppm, zero_ns);
}

bool machine_time_left_ns(const struct machine *machine, uint64_t realtime_ns, uint64_t guest_ns,
                          int64_t *left_ns)
{
    const struct steering *steering = &machine->time.steering;

    *left_ns = (int64_t)(realtime_ns - steering->clock_zero_ns - guest_ns);
    return steering->follows_date && steering->aligned;
}

void machine_time_prepare(struct machine *machine, const struct clock_bracket *start)
{
    struct machine_time *time = &machine->time;

    time->first_raw = *start;
    time->first_followed = followed_bracket(machine, start);
    time->is_constant = true;
    time->logged_bound_ppt = UINT64_MAX;
}

static void say_rate(const struct machine_time *time)
{
    uint64_t millihz = calibration_tsc_millihz(&time->raw);
    uint64_t bound_ppt = calibration_bound_ppt(&time->raw);

    log_info("TSC: %llu.%03llu Hz by CLOCK_MONOTONIC_RAW over %.3f s, right to %llu.%03llu ppb",
             (unsigned long long)(millihz / MILLI), (unsigned long long)(millihz % MILLI),
             (double)calibration_baseline_ns(&time->raw) / NS_PER_SEC,
             (unsigned long long)(bound_ppt / MILLI), (unsigned long long)(bound_ppt % MILLI));
}

/* Each time that the bound has become a quarter of what was said. */
static void follow_rate(struct machine_time *time)
{
    uint64_t bound_ppt = calibration_bound_ppt(&time->raw);

    if (!time->is_constant || bound_ppt > time->logged_bound_ppt / 4)
        return;
    time->logged_bound_ppt = bound_ppt;
    say_rate(time);
}

bool machine_time_trusts_tsc(const struct machine *machine)
{
    return host_facts_tsc_trust(&machine->time.facts, machine->config->invtsc) == TSC_TRUSTED;
}

/* What speaks against the host's TSC; NULL if nothing does. */
static const char *describe_doubt(const struct machine *machine, char text[DOUBT_BYTES])
{
    switch (host_facts_tsc_trust(&machine->time.facts, false)) {
    case TSC_TRUSTED:
        return NULL;
    case TSC_NOT_CLOCKSOURCE:
        snprintf(text, DOUBT_BYTES, "the host keeps time by '%s', not by its TSC",
                 machine->time.facts.clocksource);
        return text;
    case TSC_NOT_INVARIANT:
        return "the host's CPU does not say that its TSC is invariant";
    }
    return NULL;
}

/* A promise to the guest that goes beyond what the host says is the user's. */
static void say_trust(const struct machine *machine)
{
    char text[DOUBT_BYTES];
    const char *doubt = describe_doubt(machine, text);

    if (doubt == NULL)
        return;
    if (machine->config->invtsc)
        log_note("--invtsc: %s: the guest is told on your word that it never stops or changes rate",
                 doubt);
    if (machine->config->kvmclock == KVMCLOCK_USER && !machine_time_trusts_tsc(machine))
        log_note("%s: no TSC_STABLE in kvm-clock", doubt);
}

static void check_said_rate(const char *who, uint64_t said_hz, uint64_t measured_millihz)
{
    if (host_facts_rate_is_plausible(said_hz, measured_millihz))
        log_info("TSC: %s says %llu Hz", who, (unsigned long long)said_hz);
    else
        log_note("TSC: %s says %llu Hz, measured are %llu; guest time goes by what is measured",
                 who, (unsigned long long)said_hz, (unsigned long long)(measured_millihz / MILLI));
}

/*
 * What others say of the rate decides nothing. KVM's is that of the guest's TSC, and it may fail to
 * say one where the host's is not constant. Where CLOCK_MONOTONIC_RAW stands still there is no rate
 * to compare with yet.
 */
static void check_plausibility(const struct machine *machine)
{
    const struct machine_time *time = &machine->time;
    const struct vcpu *vcpu = &machine->vcpus[0];
    uint64_t millihz = calibration_tsc_millihz(&time->raw);
    int khz = 0;

    if (millihz == 0)
        return;
    if (machine_time_trusts_tsc(machine))
        khz = kvm_vcpu_get_tsc_khz(vcpu->fd);
    if (khz > 0)
        check_said_rate("KVM", (uint64_t)khz * 1000, tsc_ratio_apply(vcpu->tsc.ratio, millihz));
    if (time->facts.cpuid_tsc_hz != 0)
        check_said_rate("CPUID leaf 15h", time->facts.cpuid_tsc_hz, millihz);
}

int machine_time_start(struct machine *machine)
{
    struct machine_time *time = &machine->time;
    struct clock_bracket raw = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    struct clock_bracket followed = followed_bracket(machine, &raw);
    uint64_t resolution_ns = host_facts_resolution_ns(&time->facts);
    struct pvclock_scale scale;

    calibration_init(&time->raw, resolution_ns, &time->first_raw);
    calibration_add(&time->raw, &raw);
    steering_init(&time->steering, machine_dilation_resolution_ns(machine, resolution_ns),
                  &time->first_followed);
    if (!steering_start(&time->steering, &followed, &scale)) {
        log_error("the host's TSC stands still or runs backwards, or its clock ('%s') is too "
                  "coarse to measure it: guest time needs both",
                  time->facts.clocksource);
        return -ENOTSUP;
    }
    machine->timebase =
        timebase_start(clock_bracket_middle(&followed), 0, scale, machine->vcpus[0].tsc.ratio);
    time->based_monotonic_ns = time->updated_monotonic_ns = host_monotonic_ns();
    say_trust(machine);
    follow_rate(time);
    machine_dilation_say(machine);
    check_plausibility(machine);
    return 0;
}

/* Once for the first contradiction, and once for the first fall. */
static void say_contradiction(struct machine *machine, bool fell)
{
    struct machine_time *time = &machine->time;

    if (!time->is_constant && (!fell || time->fall_is_said))
        return;
    log_note("%s%s%s", fell ? TSC_FELL : TSC_CHANGED,
             time->is_constant && machine->config->kvmclock == KVMCLOCK_USER
                 ? ": no TSC_STABLE in kvm-clock any more"
                 : "",
             machine->config->invtsc ? "; --invtsc has told the guest that this cannot be" : "");
    time->fall_is_said |= fell;
}

static void end_constancy(struct machine *machine)
{
    if (!machine->time.is_constant)
        return;
    machine->time.is_constant = false;
    machine->time.logged_bound_ppt = UINT64_MAX;
    kvmclock_end_stable(&machine->board.kvmclock.clock);
}

/* A fall by less than has passed since the latest update shows in what has been read since. */
static bool tsc_fell(const struct machine *machine, const struct clock_bracket *bracket)
{
    return tsc_is_before(bracket->tsc_before, machine->timebase.host_tsc) ||
           timebase_ns(&machine->timebase, bracket->tsc_before) <
               atomic_load(&machine->live.now_ns);
}

/* After a suspend KVM moves the offsets, so that the guest's TSCs do not fall (backwards_tsc). */
static void follow_offsets(struct machine *machine)
{
    struct guest_tsc tsc;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (machine_tsc_get(&machine->vcpus[i], &tsc) == 0)
            kvmclock_set_tsc(&machine->board.kvmclock.clock, i, &tsc);
}

/* In MILLION nanoseconds of CLOCK_MONOTONIC, times k, guest time goes on by so many at most. */
static uint64_t fastest_ppm(const struct machine *machine)
{
    const struct steering *steering = &machine->time.steering;
    uint64_t faster_ppm =
        steering->bend.ppb > 0 ? ((uint64_t)steering->bend.ppb + PPB_IN_PPM - 1) / PPB_IN_PPM : 0;

    /* The rate and the correction multiply: 1 ppm is far more than that adds. */
    return MILLION + NTP_MAX_PPM + steering->max_ppm + faster_ppm + (faster_ppm > 0);
}

/* From where guest time would be without the fall. No vCPU runs before its page is new. */
static void go_on(struct machine *machine, const struct clock_bracket *bracket,
                  uint64_t monotonic_ns)
{
    uint64_t passed_ns = monotonic_ns - machine->time.based_monotonic_ns;
    bool was_kept_out;

    if (passed_ns > MACHINE_TIME_GO_ON_MAX_NS)
        passed_ns = MACHINE_TIME_GO_ON_MAX_NS;
    passed_ns = mul_div_ceil(dilation_guest_ns(machine->config->time_rate, passed_ns),
                             fastest_ppm(machine), MILLION);
    was_kept_out = quiesce_keep_out(machine);
    follow_offsets(machine);
    live_clock_begin(&machine->live);
    kvmclock_resume(&machine->board.kvmclock.clock, clock_bracket_middle(bracket),
                    live_clock_raise(&machine->live, machine->timebase.guest_ns + passed_ns));
    quiesce_let_in(machine, was_kept_out);
}

static void contradict(struct machine *machine, const struct clock_bracket *bracket,
                       uint64_t monotonic_ns)
{
    bool fell = tsc_fell(machine, bracket);

    say_contradiction(machine, fell);
    end_constancy(machine);
    if (fell)
        go_on(machine, bracket, monotonic_ns);
    machine_vmclock_expect_disruption(machine);
}

uint64_t machine_time_due_monotonic_ns(const struct machine *machine)
{
    uint64_t period_ns =
        dilation_host_ns(machine->config->time_rate, steering_period_ns(&machine->time.steering));

    return machine->time.updated_monotonic_ns +
           (period_ns < STEERING_LONGEST_PERIOD_NS ? period_ns : STEERING_LONGEST_PERIOD_NS);
}

uint64_t machine_time_least_host_ns(const struct machine *machine, uint64_t guest_ns)
{
    return dilation_host_ns(machine->config->time_rate,
                            mul_div_floor(guest_ns, MILLION, fastest_ppm(machine)));
}

static void say_left(const struct machine_time *time, int64_t ahead_ns)
{
    log_info("guest time is %.6f s %s the host's date; it goes there by up to %u ppm",
             (double)llabs(ahead_ns) / NS_PER_SEC, ahead_ns < 0 ? "behind" : "ahead of",
             time->steering.max_ppm);
}

/* Once when guest time begins to go to the date, and once when it is there. */
static void follow_slew(struct machine_time *time, int64_t ahead_ns)
{
    if (!time->slew_is_said && llabs(ahead_ns) >= SLEW_SAID_NS) {
        say_left(time, ahead_ns);
        time->slew_is_said = true;
    } else if (time->slew_is_said && llabs(ahead_ns) <= SLEW_DONE_NS) {
        log_info("guest time is at the host's date again");
        time->slew_is_said = false;
    }
}

/* The date at about the time of followed. */
static struct clock_bracket date_bracket(struct machine *machine,
                                         const struct clock_bracket *followed)
{
    struct machine_time *time = &machine->time;
    struct clock_bracket date = *followed;

    if (!time->steering.follows_date)
        return date;
    date = host_clock_bracket(CLOCK_REALTIME);
    if (time->steering.aligned)
        follow_slew(time, steering_error_ns(&time->steering, &machine->timebase, &date));
    return date;
}

void machine_time_update(struct machine *machine, uint64_t monotonic_ns)
{
    struct machine_time *time = &machine->time;
    struct clock_bracket raw = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    struct clock_bracket followed = followed_bracket(machine, &raw);
    struct clock_bracket date;

    if (!calibration_add(&time->raw, &raw))
        contradict(machine, &followed, monotonic_ns);
    date = date_bracket(machine, &followed);
    if (machine->trace != NULL)
        machine_trace_steering(machine, &date);
    kvmclock_set_scale(&machine->board.kvmclock.clock,
                       steering_update(&time->steering, &machine->timebase, &followed, &date));
    time->based_monotonic_ns = time->updated_monotonic_ns = monotonic_ns;
    follow_rate(time);
    machine_vmclock_update(machine, monotonic_ns);
}

void machine_time_set_rate(struct machine *machine, int64_t ppb)
{
    struct clock_bracket raw = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    struct clock_bracket followed = followed_bracket(machine, &raw);

    steering_set_rate(&machine->time.steering, followed.clock_ns, ppb);
    machine_time_update(machine, host_monotonic_ns());
}

int64_t machine_time_rate_ppb(const struct machine *machine)
{
    return machine->time.steering.bend.ppb;
}

void machine_time_end_slew(struct machine *machine)
{
    if (machine->time.steering.follows_date)
        kvmclock_set_scale(&machine->board.kvmclock.clock,
                           steering_measured_scale(&machine->time.steering));
}

void machine_time_jumped(struct machine *machine)
{
    machine->time.based_monotonic_ns = host_monotonic_ns();
    if (!machine->time.steering.follows_date)
        steering_realign(&machine->time.steering);
}

void machine_time_moved(struct machine *machine)
{
    machine_time_jumped(machine);
    machine->time.updated_monotonic_ns = machine->time.based_monotonic_ns;
}

/* What is left, once the machine is ending. */
static void say_what_is_left(const struct machine *machine)
{
    struct host_instant host;
    int64_t left_ns;

    host_clock_sample(&host);
    if (machine->time.slew_is_said &&
        machine_time_left_ns(machine, host.realtime_ns, timebase_ns(&machine->timebase, host.tsc),
                             &left_ns))
        say_left(&machine->time, -left_ns);
}

void machine_time_report(const struct machine *machine)
{
    if (calibration_bound_ppt(&machine->time.raw) < machine->time.logged_bound_ppt)
        say_rate(&machine->time);
    say_what_is_left(machine);
}
