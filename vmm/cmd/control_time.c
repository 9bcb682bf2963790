/* SPDX-License-Identifier: BSD-2-Clause */
/* See control_time.h. */
#include "vmm/cmd/control_time.h"

#include <stdint.h>
#include <stdlib.h>

#include "vmm/machine/clock_reading.h"
#include "vmm/machine/machine.h"

/* JSON's integers are jansson's, with 63 bits and a sign: what is modulo 2^64 is shown signed. */
static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *number_if(bool known, uint64_t value)
{
    return known ? number(value) : json_null();
}

static json_t *vcpus_of(const struct clock_reading *reading)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < reading->vcpu_count; i++) {
        const struct vcpu_clock *vcpu = &reading->vcpus[i];

        json_array_append_new(
            list, json_pack("{s:i,s:o,s:o,s:o,s:i}", "cpu-index", (int)i, "tsc", number(vcpu->tsc),
                            "tsc-offset", number(vcpu->function.offset), "tsc-ratio-mul",
                            number(vcpu->function.ratio.mul), "tsc-ratio-frac-bits",
                            (int)vcpu->function.ratio.frac_bits));
    }
    return list;
}

static json_t *host_of(const struct host_instant *host)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "tsc", number(host->tsc), "tsc-width",
                     number(host->tsc_width), "monotonic-raw-ns", number(host->monotonic_raw_ns),
                     "monotonic-ns", number(host->monotonic_ns), "realtime-ns",
                     number(host->realtime_ns));
}

static json_t *clocks_of(const struct clock_reading *reading)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:[iii]}", "kvm-clock-ns",
                     number_if(reading->has_kvm_clock, reading->kvm_clock_ns), "wall-ns",
                     number(reading->wall_ns), "rtc-ns",
                     number_if(reading->rtc_shows_date, (uint64_t)reading->rtc_ns), "hpet-ticks",
                     number_if(reading->has_hpet, reading->hpet_ticks), "pm-timer-ticks",
                     number_if(reading->has_pm_timer, reading->pm_timer_ticks), "pit-counts",
                     reading->pit_counts[0], reading->pit_counts[1], reading->pit_counts[2]);
}

static json_t *skipped_of(const struct clock_reading *reading)
{
    if (!reading->may_skip_idle)
        return json_null();
    return json_pack("{s:b,s:o,s:o}", "on", reading->skips_idle, "jumps",
                     number(reading->jump_count), "skipped-ns", number(reading->skipped_ns));
}

/* So many nanoseconds of the guest's in so many of the host's. */
static json_t *time_rate_of(const struct clock_reading *reading)
{
    struct dilation rate = reading->time_rate;

    if (dilation_is_one(rate))
        return json_null();
    return json_pack("{s:i,s:i}", "guest-ns", (int)rate.guest_ns, "host-ns", (int)rate.host_ns);
}

json_t *control_time(struct machine *machine)
{
    struct clock_reading reading = {.vcpu_count = machine->config->cpu_count};
    json_t *time = NULL;

    reading.vcpus = calloc(reading.vcpu_count, sizeof *reading.vcpus);
    if (reading.vcpus != NULL && clock_reading_take(&reading, machine) == 0)
        time = json_pack("{s:o,s:b,s:o,s:{s:o,s:o},s:o,s:o,s:o,s:o,s:o}", "guest-ns",
                         number(reading.guest_ns), "stopped", reading.is_stopped, "host",
                         host_of(&reading.host), "rate", "host-tsc-millihz",
                         number(reading.tsc_millihz), "bound-ppt",
                         number_if(reading.bound_ppt != UINT64_MAX, reading.bound_ppt), "vcpus",
                         vcpus_of(&reading), "clocks", clocks_of(&reading), "follow-left-ns",
                         number_if(reading.follows_date, (uint64_t)reading.left_ns), "skip-idle",
                         skipped_of(&reading), "time-rate", time_rate_of(&reading));
    free(reading.vcpus);
    return time;
}
