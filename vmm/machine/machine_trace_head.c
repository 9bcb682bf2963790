/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_trace_head.h. */
#include "vmm/machine/machine_trace_head.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "devices/pc/hpet_counter.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"

#define FS_PER_SEC UINT64_C(1000000000000000)

/* The vCPUs', and what happens under the machine's lock. */
static json_t *make_threads(const struct machine *machine)
{
    json_t *threads = json_array();
    char name[16];

    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        snprintf(name, sizeof name, "vcpu%u", i);
        json_array_append_new(threads, json_string(name));
    }
    json_array_append_new(threads, json_string("machine"));
    return threads;
}

/* One instant of the host. */
static json_t *make_start(void)
{
    struct host_instant host;

    host_clock_sample(&host);
    return json_pack("{sIsIsI}", "host_tsc", (json_int_t)host.tsc, "monotonic_raw_ns",
                     (json_int_t)host.monotonic_raw_ns, "realtime_ns",
                     (json_int_t)host.realtime_ns);
}

static json_t *make_tsc(const struct machine *machine)
{
    const struct machine_time *time = &machine->time;
    uint64_t bound_ppt = calibration_bound_ppt(&time->raw);
    json_t *tsc = json_pack("{sIsssb}", "millihz", (json_int_t)calibration_tsc_millihz(&time->raw),
                            "host_clocksource", time->facts.clocksource, "invariant",
                            time->facts.invariant_tsc);

    if (bound_ppt <= INT64_MAX)
        json_object_set_new(tsc, "bound_ppt", json_integer((json_int_t)bound_ppt));
    return tsc;
}

/* Without its folder, which is the user's own. */
static const char *kernel_name(const struct machine *machine)
{
    const char *path = machine->host->kernel_path != NULL ? machine->host->kernel_path : "";
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

char *machine_trace_head(const struct machine *machine)
{
    const struct machine_config *config = machine->config;
    json_t *head = json_pack(
        "{sssosisosIsIsIsi}", "minivmm",
        machine->host->version != NULL ? machine->host->version : "", "threads",
        make_threads(machine), "cpus", (int)config->cpu_count, "start", make_start(),
        "wall_zero_ns", (json_int_t)machine->wall_zero_ns, "rtc_zero_ns",
        (json_int_t)machine->rtc_zero_ns, "hpet_hz", (json_int_t)(FS_PER_SEC / HPET_PERIOD_FS),
        "pm_timer_bits", (int)config->pmtimer_bits);
    char *text;

    json_object_set_new(head, "tsc", make_tsc(machine));
    /* The name of a file may be no UTF-8. */
    json_object_set_new(head, "kernel", json_string_nocheck(kernel_name(machine)));
    text = json_dumps(head, JSON_ENSURE_ASCII);
    json_decref(head);
    return text;
}
