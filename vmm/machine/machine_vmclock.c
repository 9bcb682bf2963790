/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_vmclock.h. */
#include "vmm/machine/machine_vmclock.h"

#include <string.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

/* Readings of NTP and clock that have to be of one side of a leap second. */
#define READINGS 3
#define TRILLION INT64_C(1000000000000)

static bool has_vmclock(const struct machine *machine)
{
    return machine->config->vmclock != VMCLOCK_OFF;
}

int machine_vmclock_prepare(struct machine *machine)
{
    struct clock_bracket utc;
    struct host_ntp ntp;

    if (!has_vmclock(machine))
        return 0;
    host_ntp_read(&ntp);
    machine->vmclock.gain_ppt = ntp.gain_ppt;
    machine->vmclock.first = host_clock_bracket(CLOCK_MONOTONIC);
    utc = host_clock_bracket(CLOCK_REALTIME);
    return tai_offset_open(&machine->vmclock.tai, &machine->host->tai_offset,
                           utc.clock_ns / NS_PER_SEC);
}

/* The same for all vCPUs; false if they differ, and then it is that of the first. */
static bool read_tscs(struct machine *machine, struct guest_tsc *tsc)
{
    bool are_one = true;
    struct guest_tsc other;

    *tsc = (struct guest_tsc){.ratio = machine->vcpus[0].tsc.ratio};
    machine_tsc_recall(&machine->vcpus[0], tsc);
    for (unsigned i = 1; i < machine->config->cpu_count; i++)
        are_one &=
            machine_tsc_recall(&machine->vcpus[i], &other) == 0 && guest_tsc_equal(tsc, &other);
    return are_one;
}

static bool are_kept(const struct machine *machine)
{
    bool kept = true;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        kept &= machine_tsc_is_kept(&machine->vcpus[i]);
    return kept;
}

/* KVM tells an offset only of a vCPU that is not in the guest. */
static bool read_tscs_of_running(struct machine *machine, struct guest_tsc *tsc)
{
    bool was_kept_out, are_one;

    if (are_kept(machine))
        return read_tscs(machine, tsc);
    was_kept_out = quiesce_keep_out(machine);
    are_one = read_tscs(machine, tsc);
    quiesce_let_in(machine, was_kept_out);
    return are_one;
}

/* NTP has changed the frequency of the host's clocks: their rate is as much more. */
static void follow_gain(struct machine_vmclock *vmclock, int64_t gain_ppt,
                        const struct clock_bracket *bracket)
{
    struct calibration *monotonic = &vmclock->monotonic;
    int64_t change_ppt = gain_ppt - vmclock->gain_ppt;
    uint64_t rate = monotonic->rate;

    vmclock->gain_ppt = gain_ppt;
    calibration_init(monotonic, monotonic->resolution_ns, bracket);
    monotonic->rate = rate + (uint64_t)((__int128)rate * change_ppt / TRILLION);
}

static void measure_rate(struct machine_vmclock *vmclock, const struct host_ntp *ntp)
{
    struct clock_bracket bracket = host_clock_bracket(CLOCK_MONOTONIC);

    if (ntp->known && ntp->gain_ppt != vmclock->gain_ppt)
        follow_gain(vmclock, ntp->gain_ppt, &bracket);
    else
        calibration_add(&vmclock->monotonic, &bracket);
}

/*
 * Once, when the clock's resolution is known: what has been measured since the first reading. If
 * the frequency has changed since, that is a mean, and follow_gain leaves it without a bound.
 */
static void begin_rate(struct machine *machine)
{
    struct machine_vmclock *vmclock = &machine->vmclock;
    struct clock_bracket now = host_clock_bracket(CLOCK_MONOTONIC);

    calibration_init(&vmclock->monotonic, host_facts_resolution_ns(&machine->time.facts),
                     &vmclock->first);
    calibration_add(&vmclock->monotonic, &now);
}

/* The rate by now. */
static void update_rate(struct machine *machine)
{
    struct host_ntp ntp;

    if (machine->vmclock.monotonic.rate == 0)
        begin_rate(machine);
    host_ntp_read(&ntp);
    measure_rate(&machine->vmclock, &ntp);
}

/* The clock, with what adjtimex says of that second. */
static struct clock_bracket read_utc(struct host_ntp *ntp)
{
    struct host_ntp before;
    struct clock_bracket utc;

    host_ntp_read(ntp);
    for (unsigned i = 0; i < READINGS; i++) {
        before = *ntp;
        utc = host_clock_bracket(CLOCK_REALTIME);
        host_ntp_read(ntp);
        if (ntp->tai_offset_sec == before.tai_offset_sec && ntp->leap == before.leap)
            break;
    }
    return utc;
}

static void fill_host_date(struct machine *machine, struct vmclock_inputs *inputs,
                           struct host_ntp *host, struct vmclock_ntp *ntp)
{
    const struct calibration *monotonic = &machine->vmclock.monotonic;

    inputs->utc = read_utc(host);
    inputs->resolution_ns = monotonic->resolution_ns;
    inputs->rate = monotonic->rate;
    inputs->rate_bound_ppt = calibration_bound_ppt(monotonic);
    *ntp = (struct vmclock_ntp){host->synchronized, host->leap, host->max_error_us,
                                host->estimated_error_us};
    inputs->ntp = ntp;
}

/* The date of kvm-clock, which goes on with guest time. */
static void fill_guest_date(const struct machine *machine, struct vmclock_inputs *inputs,
                            struct host_ntp *host)
{
    uint64_t tsc = host_tsc_ordered();
    struct pvclock_scale scale = machine->timebase.scale;
    uint64_t ns =
        machine->board.kvmclock.clock.wiring.wall_zero_ns + timebase_ns(&machine->timebase, tsc);

    host_ntp_read(host);
    inputs->utc = (struct clock_bracket){tsc, ns, tsc};
    inputs->resolution_ns = 1;
    inputs->rate = (uint64_t)(((unsigned __int128)scale.mul << (CALIBRATION_RATE_SHIFT + 32)) >>
                              (64 - scale.shift));
    inputs->rate_bound_ppt = UINT64_MAX;
}

/* A date that is wrong on purpose, by what it is now, and its rate. */
static void apply_fault(const struct machine *machine, struct vmclock_inputs *inputs)
{
    const struct date_fault *fault = &machine->dates.vmclock;
    uint64_t guest_ns = timebase_ns(&machine->timebase, clock_bracket_middle(&inputs->utc));

    if (!date_fault_is_wrong(fault))
        return;
    inputs->utc.clock_ns = date_fault_ns(fault, guest_ns, inputs->utc.clock_ns);
    inputs->rate =
        mul_div_floor(inputs->rate, (uint64_t)((int64_t)NS_PER_SEC + fault->lens.ppb), NS_PER_SEC);
}

/* A page in TAI needs an offset: the latest one, where nobody knows it any more. */
static void fill_tai_offset(struct machine *machine, struct vmclock_inputs *inputs,
                            const struct host_ntp *host)
{
    const struct machine_dates *dates = &machine->dates;

    inputs->tai_offset_sec =
        (int16_t)(machine->board.vmclock.state.page.tai_offset_sec - dates->leaps_told);
    tai_offset_at(&machine->vmclock.tai, inputs->utc.clock_ns / NS_PER_SEC, host,
                  &inputs->tai_offset_sec);
    inputs->tai_offset_sec = (int16_t)(inputs->tai_offset_sec + dates->leaps);
    inputs->tai_offset_is_known = true;
}

/* Whether there is a new disruption marker. */
static bool publish(struct machine *machine, const struct guest_tsc *tsc, unsigned occasion)
{
    struct vmclock *device = &machine->board.vmclock;
    struct vmclock_inputs inputs = {.tsc = *tsc};
    struct vmclock_ntp ntp;
    struct host_ntp host;
    enum vmclock_result result;

    if (device->state.shows_guest_date)
        fill_guest_date(machine, &inputs, &host);
    else
        fill_host_date(machine, &inputs, &host, &ntp);
    fill_tai_offset(machine, &inputs, &host);
    apply_fault(machine, &inputs);
    result = vmclock_publish(device, &inputs, occasion);
    if (result == VMCLOCK_STAYS)
        return false;
    machine->vmclock.published_monotonic_ns = host_monotonic_ns();
    machine->vmclock.is_disrupted = false;
    machine->dates.leaps_told = machine->dates.leaps;
    return result == VMCLOCK_PUBLISHED_DISRUPTED;
}

static void publish_and_say(struct machine *machine, const struct guest_tsc *tsc, unsigned occasion)
{
    if (publish(machine, tsc, occasion))
        log_info("vmclock: a new disruption marker");
}

/* TAI, if that is wanted and known. */
static enum vmclock_time_type choose_time_type(const struct machine *machine)
{
    struct tai_offset tai = machine->vmclock.tai;
    struct host_ntp ntp;
    struct clock_bracket utc = read_utc(&ntp);
    int16_t sec;

    if (machine->config->vmclock == VMCLOCK_TAI &&
        tai_offset_at(&tai, utc.clock_ns / NS_PER_SEC, &ntp, &sec))
        return VMCLOCK_TIME_TAI;
    return VMCLOCK_TIME_UTC;
}

void machine_vmclock_configure(const struct machine *machine, struct board_config *config)
{
    if (!has_vmclock(machine))
        return;
    config->vmclock_page = (struct vmclock_page *)machine_acpi_page(machine, MACHINE_ACPI_VMCLOCK);
    config->vmclock_time_type = choose_time_type(machine);
    config->tsc_is_one = machine_tsc_is_one(machine);
    config->vmclock_shows_guest_date = machine->config->rtc_base == RTC_BASE_FIXED ||
                                       machine->host->skip_idle.asked ||
                                       !dilation_is_one(machine->config->time_rate);
    memcpy(&config->vmclock_first_marker, machine->generation_id,
           sizeof config->vmclock_first_marker);
    config->vmclock_first_marker += (uint64_t)machine->reboots << 32;
}

/* What the page is not, although it was to be; always to a user who has asked for it. */
static void say_what_it_lacks(const struct machine *machine)
{
    const struct vmclock *device = &machine->board.vmclock;
    void (*say)(const char *format, ...) = machine->host->vmclock_asked ? log_note : log_info;

    if (!vmclock_has_time(device))
        say("--vmclock: the vCPUs have different TSCs by --tsc, so it tells no time");
    else if (machine->config->vmclock == VMCLOCK_TAI &&
             device->state.page.time_type != VMCLOCK_TIME_TAI)
        say("--vmclock tai: TAI - UTC is not known here, so it tells UTC, of which Linux from 7.0 "
            "on makes no PTP clock; --tai-offset says what it is");
}

void machine_vmclock_start(struct machine *machine)
{
    unsigned occasion = VMCLOCK_UNCHANGED;
    struct guest_tsc tsc;

    if (!has_vmclock(machine))
        return;
    say_what_it_lacks(machine);
    update_rate(machine);
    if (!read_tscs(machine, &tsc))
        occasion = VMCLOCK_TSCS_DIFFER;
    publish_and_say(machine, &tsc, occasion);
}

void machine_vmclock_update(struct machine *machine, uint64_t monotonic_ns)
{
    struct machine_vmclock *vmclock = &machine->vmclock;
    struct guest_tsc tsc;
    unsigned occasion = vmclock->is_disrupted ? VMCLOCK_DISRUPTED : VMCLOCK_UNCHANGED;

    if (!has_vmclock(machine))
        return;
    update_rate(machine);
    if (!vmclock->is_disrupted && monotonic_ns - vmclock->published_monotonic_ns < NS_PER_SEC)
        return;
    if (!read_tscs_of_running(machine, &tsc))
        occasion |= VMCLOCK_TSCS_DIFFER;
    publish_and_say(machine, &tsc, occasion);
}

void machine_vmclock_expect_disruption(struct machine *machine)
{
    machine->vmclock.is_disrupted = true;
}

void machine_vmclock_disrupt(struct machine *machine)
{
    struct guest_tsc tsc;
    unsigned occasion = VMCLOCK_DISRUPTED;

    if (!has_vmclock(machine))
        return;
    update_rate(machine);
    if (!read_tscs(machine, &tsc))
        occasion |= VMCLOCK_TSCS_DIFFER;
    publish_and_say(machine, &tsc, occasion);
}

void machine_vmclock_show_fault(struct machine *machine, unsigned occasion)
{
    struct guest_tsc tsc;

    update_rate(machine);
    if (!read_tscs_of_running(machine, &tsc))
        occasion |= VMCLOCK_TSCS_DIFFER;
    publish_and_say(machine, &tsc, occasion);
}

uint64_t machine_vmclock_date_ns(const struct machine *machine)
{
    struct clock_bracket utc;

    if (machine->board.vmclock.state.shows_guest_date)
        return machine->board.kvmclock.clock.wiring.wall_zero_ns +
               timebase_ns(&machine->timebase, host_tsc());
    utc = host_clock_bracket(CLOCK_REALTIME);
    return utc.clock_ns;
}

void machine_vmclock_jumped(struct machine *machine)
{
    if (has_vmclock(machine) && !machine->board.vmclock.state.shows_guest_date)
        machine_vmclock_disrupt(machine);
}

void machine_vmclock_date_moved(struct machine *machine)
{
    if (has_vmclock(machine) && machine->board.vmclock.state.shows_guest_date)
        machine_vmclock_disrupt(machine);
}

/* A guest can do that as often as it likes. */
void machine_vmclock_tsc_written(struct machine *machine)
{
    static struct log_tally written = {.what = "TSC written"};
    struct guest_tsc tsc;
    unsigned occasion = VMCLOCK_DISRUPTED;

    if (!has_vmclock(machine))
        return;
    if (!read_tscs_of_running(machine, &tsc))
        occasion |= VMCLOCK_TSCS_DIFFER;
    if (publish(machine, &tsc, occasion))
        log_guest(&written, "vmclock has a new disruption marker");
}

void machine_vmclock_begin_generation(struct machine *machine)
{
    if (has_vmclock(machine))
        vmclock_begin_generation(&machine->board.vmclock);
}

void machine_vmclock_take_guest_date(struct machine *machine)
{
    if (has_vmclock(machine))
        machine->board.vmclock.state.shows_guest_date = 1;
}
