/* SPDX-License-Identifier: BSD-2-Clause */
/* The report as JSON for programs. README.md has the keys. See report.h. */
#include "guest-images/probe/report.h"

#include "guest-images/probe/json.h"

static void add_names(struct json *json, const char *key, const struct name_list *list)
{
    json_open_array(json, key);
    for (unsigned i = 0; i < list->count; i++)
        json_add_string(json, NULL, list->names[i]);
    json_close_array(json);
}

static void add_kernel(struct json *json, const struct report *report)
{
    json_open_object(json, "kernel");
    json_add_string(json, "release", report->kernel_release);
    json_add_string(json, "version", report->kernel_version);
    json_add_string(json, "command_line", report->command_line);
    json_close_object(json);
}

static void add_cpu(struct json *json, const struct report *report)
{
    json_open_object(json, "cpu");
    json_add_uint(json, "online", report->cpus_online);
    json_add_string(json, "hypervisor", report->hypervisor);
    json_add_uint(json, "kvm_features", report->kvm_features);
    add_names(json, "flags", &report->cpu_flags);
    if (report->tsc_hz != 0)
        json_add_uint(json, "tsc_hz", report->tsc_hz);
    else
        json_add_null(json, "tsc_hz");
    json_close_object(json);
}

static void add_clocksource(struct json *json, const struct report *report)
{
    json_open_object(json, "clocksource");
    json_add_string(json, "current", report->clocksource);
    add_names(json, "available", &report->clocksources);
    json_add_bool(json, "restored", report->clocksource_restored);
    json_close_object(json);
}

static void add_events(struct json *json, const struct report *report)
{
    json_open_array(json, "clockevents");
    for (unsigned i = 0; i < report->event_count; i++) {
        json_open_object(json, NULL);
        json_add_string(json, "name", report->events[i].name);
        json_add_string(json, "device", report->events[i].device);
        json_close_object(json);
    }
    json_close_array(json);
}

static void add_method(struct json *json, const struct report *report)
{
    json_open_object(json, "method");
    json_add_string(json, "backwards",
                    "one thread pinned to each CPU: load the newest value read on any CPU, read "
                    "CLOCK_MONOTONIC, count a value below the loaded one, publish the larger");
    json_add_string(json, "read_cost",
                    "CLOCK_MONOTONIC read back to back in batches, timed by itself");
    json_add_string(json, "rate", "CLOCK_MONOTONIC_RAW against the host's CLOCK_MONOTONIC_RAW");
    json_close_object(json);
    json_open_object(json, "reference");
    json_add_bool(json, "present", report->reference_present);
    json_add_uint(json, "brackets", report->bracket_count);
    json_add_uint(json, "narrowest_bracket_ns", report->bracket_width_ns);
    json_close_object(json);
}

static void add_ppb(struct json *json, const char *key, const struct ppb *ppb)
{
    json_open_object(json, key);
    json_add_int(json, "value_ppb", ppb->value);
    json_add_uint(json, "uncertainty_ppb", ppb->uncertainty);
    json_close_object(json);
}

static void add_drift(struct json *json, const char *key, const struct drift *drift)
{
    if (!drift->known) {
        json_add_null(json, key);
        return;
    }
    json_open_object(json, key);
    json_add_int(json, "rate_ppb", drift->best.value);
    json_add_uint(json, "uncertainty_ppb", drift->best.uncertainty);
    json_add_string(json, "through", drift->through_tsc ? "tsc" : "bracket");
    json_add_uint(json, "baseline_ns", drift->baseline_ns);
    add_ppb(json, "by_bracket", &drift->by_bracket);
    add_ppb(json, "tsc_vs_host_tsc", &drift->tsc);
    add_ppb(json, "machine_guest_time", &drift->machine);
    json_close_object(json);
}

static void add_ntp(struct json *json, const struct report *report)
{
    if (!report->ntp.known) {
        json_add_null(json, "ntp");
        return;
    }
    json_open_object(json, "ntp");
    json_add_bool(json, "synchronized", report->ntp.synchronized);
    json_add_int(json, "frequency_ppb", report->ntp.frequency_ppb);
    json_add_int(json, "tick_us", report->ntp.tick_us);
    json_add_int(json, "offset_ns", report->ntp.offset_ns);
    json_close_object(json);
}

static void add_source(struct json *json, const struct source_result *source)
{
    json_open_object(json, NULL);
    json_add_string(json, "name", source->name);
    json_add_bool(json, "initial", source->is_initial);
    json_add_bool(json, "measured", source->measured);
    if (source->read_by == READ_BY_UNKNOWN)
        json_add_null(json, "read_by");
    else
        json_add_string(json, "read_by", source->read_by == READ_BY_VDSO ? "vdso" : "system-call");
    json_add_uint(json, "read_min_ns", source->read_min_ns);
    json_add_uint(json, "read_median_ns", source->read_median_ns);
    json_add_uint(json, "reads", source->reads);
    json_add_uint(json, "cross_cpu_reads", source->cross_cpu_reads);
    json_add_uint(json, "backwards", source->backwards);
    json_add_uint(json, "backwards_max_ns", source->backwards_max_ns);
    add_drift(json, "rate", &source->drift);
    json_close_object(json);
}

static void add_sources(struct json *json, const struct report *report)
{
    json_open_array(json, "sources");
    for (unsigned i = 0; i < report->source_count; i++)
        add_source(json, &report->sources[i]);
    json_close_array(json);
    add_drift(json, "monotonic_raw", &report->raw_drift);
    add_drift(json, "monotonic_raw_whole_run", &report->run_drift);
}

static void add_offset(struct json *json, const char *key, const struct offset *offset)
{
    if (!offset->known) {
        json_add_null(json, key);
        return;
    }
    json_open_object(json, key);
    json_add_int(json, "value_ns", offset->value_ns);
    json_add_uint(json, "uncertainty_ns", offset->uncertainty_ns);
    json_close_object(json);
}

static void add_log_part(struct json *json, const char *key, const struct log_part *part)
{
    json_open_object(json, key);
    json_add_uint(json, "count", part->count + part->left_out);
    json_open_array(json, "lines");
    for (unsigned i = 0; i < part->count; i++) {
        json_open_object(json, NULL);
        json_add_uint(json, "time_us", part->lines[i].time_us);
        json_add_uint(json, "level", part->lines[i].level);
        json_add_bool(json, "during_probe", part->lines[i].during_probe);
        json_add_string(json, "text", part->lines[i].text);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

static void add_checks(struct json *json, const struct report *report)
{
    static const char *const words[] = {"ok", "fail", "n/a"};
    bool failed = report_count_checks(report, CHECK_FAIL) != 0;

    json_open_array(json, "checks");
    for (unsigned i = 0; i < report->check_count; i++) {
        json_open_object(json, NULL);
        json_add_string(json, "name", report->checks[i].name);
        json_add_string(json, "result", words[report->checks[i].result]);
        json_add_string(json, "detail", report->checks[i].detail);
        json_close_object(json);
    }
    json_close_array(json);
    json_add_string(json, "verdict", failed ? "fail" : "ok");
}

/* Null for a log that is not known, as of all that is not. */
static void add_log(struct json *json, const struct report *report)
{
    if (!report->log_read) {
        json_add_null(json, "log");
        return;
    }
    json_open_object(json, "log");
    json_add_uint(json, "gaps", report->log_gaps);
    add_log_part(json, "clock", &report->log_clock);
    add_log_part(json, "acpi_problems", &report->log_acpi);
    add_log_part(json, "other_warnings", &report->log_warnings);
    json_close_object(json);
}

void report_add_json(struct text *text, const struct report *report)
{
    struct json json;

    json_init(&json, text);
    json_open_object(&json, NULL);
    json_add_string(&json, "schema", REPORT_SCHEMA);
    add_kernel(&json, report);
    add_cpu(&json, report);
    add_clocksource(&json, report);
    add_events(&json, report);
    add_ntp(&json, report);
    add_method(&json, report);
    add_sources(&json, report);
    add_offset(&json, "realtime_minus_host", &report->realtime_minus_host);
    json_add_string(&json, "rtc_name", report->rtc_name);
    add_offset(&json, "rtc_minus_realtime", &report->rtc_minus_realtime);
    add_offset(&json, "rtc_minus_host", &report->rtc_minus_host);
    add_log(&json, report);
    json_add_uint(&json, "run_ns", report->run_ns);
    add_checks(&json, report);
    json_close_object(&json);
}
