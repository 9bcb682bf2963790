/* SPDX-License-Identifier: BSD-2-Clause */
/* See report.h. The syntax is jansson's business, the sizes and the meaning are ours. */
#include "check/report.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "check/json_reader.h"

#define SCHEMA_FAMILY  "minivmm-clock-report-"
#define SCHEMA_VERSION "1"
#define MAX_NAME       64

/*
 * The deepest nesting of brackets outside of strings. After a wrong byte the result means nothing.
 */
static unsigned nesting_of(const char *bytes, size_t size_bytes)
{
    unsigned depth = 0, deepest = 0;
    bool in_string = false;

    for (size_t i = 0; i < size_bytes; i++) {
        char byte = bytes[i];

        if (in_string && byte == '\\')
            i++;
        else if (byte == '"')
            in_string = !in_string;
        else if (!in_string && (byte == '{' || byte == '['))
            deepest = ++depth > deepest ? depth : deepest;
        else if (!in_string && (byte == '}' || byte == ']') && depth > 0)
            depth--;
    }
    return deepest;
}

static bool is_blank(const char *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        if (bytes[i] == '\0' || strchr(" \t\r\n", bytes[i]) == NULL)
            return false;
    return true;
}

/* What is wrong where jansson could not read on. */
static enum report_status syntax_error(const json_error_t *wrong, char *error, size_t error_size)
{
    switch (json_error_code(wrong)) {
    case json_error_premature_end_of_input:
        snprintf(error, error_size, "the report ends in the middle, in line %d", wrong->line);
        return REPORT_HALF;
    case json_error_end_of_input_expected:
        snprintf(error, error_size, "there are bytes behind the report, in line %d", wrong->line);
        return REPORT_TOO_MUCH;
    case json_error_invalid_utf8:
        snprintf(error, error_size, "the report is not UTF-8 at byte %d", wrong->position);
        break;
    case json_error_duplicate_key:
        snprintf(error, error_size, "the report has a key twice in one object, in line %d",
                 wrong->line);
        break;
    case json_error_numeric_overflow:
        snprintf(error, error_size, "the report has a number beyond 64 bits, in line %d",
                 wrong->line);
        break;
    default:
        snprintf(error, error_size, "the report is not JSON, in line %d, column %d", wrong->line,
                 wrong->column);
    }
    return REPORT_LIES;
}

static void read_kernel(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *kernel = json_reader_object(reader, root, "kernel");

    json_reader_string(reader, kernel, "release", report->kernel_release,
                       sizeof report->kernel_release);
    json_reader_string(reader, kernel, "version", report->kernel_version,
                       sizeof report->kernel_version);
    json_reader_string(reader, kernel, "command_line", report->command_line,
                       sizeof report->command_line);
}

static void read_cpu(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *cpu = json_reader_object(reader, root, "cpu");

    report->cpus_online = (unsigned)json_reader_uint(reader, cpu, "online", UINT16_MAX);
    json_reader_string(reader, cpu, "hypervisor", report->hypervisor, sizeof report->hypervisor);
    report->kvm_features = (uint32_t)json_reader_uint(reader, cpu, "kvm_features", UINT32_MAX);
    json_reader_names(reader, cpu, "flags", &report->cpu_flags);
    report->tsc_hz = json_reader_uint(reader, cpu, "tsc_hz", INT64_MAX);
}

static void read_clocksource(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *clocksource = json_reader_object(reader, root, "clocksource");

    json_reader_string(reader, clocksource, "current", report->clocksource,
                       sizeof report->clocksource);
    json_reader_names(reader, clocksource, "available", &report->clocksources);
    report->clocksource_restored = json_reader_bool(reader, clocksource, "restored");
    if (report->clocksource[0] == '\0')
        json_reader_fail(reader, "clocksource.current", "is missing");
    else if (!name_list_has(&report->clocksources, report->clocksource))
        json_reader_fail(reader, "clocksource.available", "lacks clocksource.current");
}

static void read_events(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *events = json_reader_array(reader, root, "clockevents", REPORT_MAX_EVENTS);

    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_reader_element(reader, events, i, "clockevents");
        struct clockevent *to = &report->events[report->event_count++];

        json_reader_string(reader, event, "name", to->name, sizeof to->name);
        json_reader_string(reader, event, "device", to->device, sizeof to->device);
    }
}

static struct ppb read_ppb(struct json_reader *reader, const json_t *rate, const char *key)
{
    const json_t *ppb = json_reader_object(reader, rate, key);

    return (struct ppb){json_reader_int(reader, ppb, "value_ppb"),
                        json_reader_uint(reader, ppb, "uncertainty_ppb", INT64_MAX)};
}

static struct drift read_drift(struct json_reader *reader, const json_t *object, const char *key)
{
    const json_t *rate = json_reader_object(reader, object, key);
    struct drift drift = {.known = rate != NULL};
    char through[8];

    json_reader_string(reader, rate, "through", through, sizeof through);
    drift.through_tsc = strcmp(through, "tsc") == 0;
    drift.best.value = json_reader_int(reader, rate, "rate_ppb");
    drift.best.uncertainty = json_reader_uint(reader, rate, "uncertainty_ppb", INT64_MAX);
    drift.baseline_ns = json_reader_uint(reader, rate, "baseline_ns", INT64_MAX);
    drift.by_bracket = read_ppb(reader, rate, "by_bracket");
    drift.tsc = read_ppb(reader, rate, "tsc_vs_host_tsc");
    drift.machine = read_ppb(reader, rate, "machine_guest_time");
    return drift;
}

static enum read_by read_read_by(struct json_reader *reader, const json_t *source)
{
    char word[NAME_BYTES];

    json_reader_string(reader, source, "read_by", word, sizeof word);
    if (strcmp(word, "vdso") == 0)
        return READ_BY_VDSO;
    if (strcmp(word, "system-call") == 0)
        return READ_BY_SYSTEM_CALL;
    if (*word != '\0')
        json_reader_fail(reader, "sources.read_by", "is neither vdso nor system-call");
    return READ_BY_UNKNOWN;
}

static void read_source(struct json_reader *reader, const json_t *from, struct source_result *to)
{
    json_reader_string(reader, from, "name", to->name, sizeof to->name);
    to->is_initial = json_reader_bool(reader, from, "initial");
    to->measured = json_reader_bool(reader, from, "measured");
    to->read_by = read_read_by(reader, from);
    to->read_min_ns = json_reader_uint(reader, from, "read_min_ns", INT64_MAX);
    to->read_median_ns = json_reader_uint(reader, from, "read_median_ns", INT64_MAX);
    to->reads = json_reader_uint(reader, from, "reads", INT64_MAX);
    to->cross_cpu_reads = json_reader_uint(reader, from, "cross_cpu_reads", INT64_MAX);
    to->backwards = json_reader_uint(reader, from, "backwards", INT64_MAX);
    to->backwards_max_ns = json_reader_uint(reader, from, "backwards_max_ns", INT64_MAX);
    to->drift = read_drift(reader, from, "rate");
}

static void read_sources(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *sources = json_reader_array(reader, root, "sources", REPORT_MAX_SOURCES);

    for (size_t i = 0; i < json_array_size(sources); i++)
        read_source(reader, json_reader_element(reader, sources, i, "sources"),
                    &report->sources[report->source_count++]);
    report->raw_drift = read_drift(reader, root, "monotonic_raw");
}

static struct offset read_offset(struct json_reader *reader, const json_t *root, const char *key)
{
    const json_t *offset = json_reader_object(reader, root, key);

    return (struct offset){offset != NULL, json_reader_int(reader, offset, "value_ns"),
                           json_reader_uint(reader, offset, "uncertainty_ns", INT64_MAX)};
}

static void read_ntp(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *ntp = json_reader_object(reader, root, "ntp");

    report->ntp = (struct ntp_state){
        .known = ntp != NULL,
        .synchronized = json_reader_bool(reader, ntp, "synchronized"),
        .frequency_ppb = json_reader_int(reader, ntp, "frequency_ppb"),
        .tick_us = json_reader_int(reader, ntp, "tick_us"),
        .offset_ns = json_reader_int(reader, ntp, "offset_ns"),
    };
}

static enum check_result read_check_result(struct json_reader *reader, const json_t *check)
{
    static const char *const words[] = {
        [CHECK_OK] = "ok", [CHECK_FAIL] = "fail", [CHECK_NOT_APPLICABLE] = "n/a"};
    char word[8];

    json_reader_string(reader, check, "result", word, sizeof word);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum check_result)i;
    json_reader_fail(reader, "checks", "have a result that is neither ok, fail nor n/a");
    return CHECK_FAIL;
}

static void read_checks(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *checks = json_reader_array(reader, root, "checks", REPORT_MAX_CHECKS);

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *from = json_reader_element(reader, checks, i, "checks");
        struct check *to = &report->checks[report->check_count++];

        json_reader_string(reader, from, "name", to->name, sizeof to->name);
        json_reader_string(reader, from, "detail", to->detail, sizeof to->detail);
        to->result = read_check_result(reader, from);
    }
}

static void read_log_part(struct json_reader *reader, const json_t *log, const char *key,
                          struct log_part *part)
{
    const json_t *object = json_reader_object(reader, log, key);
    const json_t *lines = json_reader_array(reader, object, "lines", REPORT_MAX_LOG_LINES);
    unsigned count = (unsigned)json_reader_uint(reader, object, "count", INT32_MAX);

    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *from = json_reader_element(reader, lines, i, key);
        struct log_line *to = &part->lines[part->count++];

        to->time_us = json_reader_uint(reader, from, "time_us", INT64_MAX);
        to->level = (unsigned)json_reader_uint(reader, from, "level", 7);
        to->during_probe = json_reader_bool(reader, from, "during_probe");
        json_reader_string(reader, from, "text", to->text, sizeof to->text);
    }
    if (object != NULL && count < part->count)
        json_reader_fail(reader, key, "has a count below its number of lines");
    part->left_out = count > part->count ? count - part->count : 0;
}

static void read_schema(struct json_reader *reader, const json_t *root)
{
    char schema[MAX_NAME] = "";

    json_reader_string(reader, root, "schema", schema, sizeof schema);
    if (strncmp(schema, SCHEMA_FAMILY, strlen(SCHEMA_FAMILY)) != 0)
        json_reader_fail(reader, "schema", "is not " SCHEMA_FAMILY SCHEMA_VERSION);
    else if (strcmp(schema + strlen(SCHEMA_FAMILY), SCHEMA_VERSION) != 0)
        json_reader_fail(reader, "schema",
                         "has another version than " SCHEMA_VERSION
                         ", which is the one that this program reads");
}

static void read_all(struct json_reader *reader, const json_t *root, struct report *report)
{
    const json_t *log;

    read_schema(reader, root);
    read_kernel(reader, root, report);
    read_cpu(reader, root, report);
    read_clocksource(reader, root, report);
    read_events(reader, root, report);
    read_ntp(reader, root, report);
    read_sources(reader, root, report);
    report->realtime_minus_host = read_offset(reader, root, "realtime_minus_host");
    read_checks(reader, root, report);
    log = json_reader_object(reader, root, "log");
    report->log_read = log != NULL;
    report->log_gaps = (unsigned)json_reader_uint(reader, log, "gaps", INT32_MAX);
    read_log_part(reader, log, "clock", &report->log_clock);
    read_log_part(reader, log, "acpi_problems", &report->log_acpi);
    read_log_part(reader, log, "other_warnings", &report->log_warnings);
}

enum report_status report_read(const char *bytes, size_t size_bytes, struct report *report,
                               char *error, size_t error_size)
{
    struct json_reader reader = {.error = error, .error_size = error_size};
    json_error_t wrong;
    json_t *root;

    *report = (struct report){0};
    if (size_bytes > REPORT_READ_MAX_BYTES) {
        snprintf(error, error_size, "the report is longer than %zu bytes", REPORT_READ_MAX_BYTES);
        return REPORT_TOO_MUCH;
    }
    if (is_blank(bytes, size_bytes)) {
        snprintf(error, error_size, "there is no report");
        return REPORT_NOTHING;
    }
    if (nesting_of(bytes, size_bytes) > REPORT_READ_MAX_DEPTH) {
        snprintf(error, error_size, "the report has more than %d levels of brackets",
                 REPORT_READ_MAX_DEPTH);
        return REPORT_LIES;
    }
    root = json_loadb(bytes, size_bytes, JSON_REJECT_DUPLICATES, &wrong);
    if (root == NULL)
        return syntax_error(&wrong, error, error_size);
    if (json_is_object(root))
        read_all(&reader, root, report);
    else
        json_reader_fail(&reader, "outermost value", "is not an object");
    json_decref(root);
    return reader.failed ? REPORT_LIES : REPORT_READ;
}
