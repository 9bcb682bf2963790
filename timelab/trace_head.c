/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_head.h. */
#include "timelab/trace_head.h"

#include <string.h>

#include <jansson.h>

#include "base/time_math.h"

#define MILLIHZ 1000

/* What is no text, or has control characters, is an empty one. */
static void take_text(const json_t *object, const char *key, char *bytes, size_t size_bytes)
{
    const char *value = json_string_value(json_object_get(object, key));
    struct text text;

    text_init(&text, bytes, size_bytes);
    for (const char *at = value; at != NULL && *at != '\0'; at++)
        text_add(&text, "%c", *at >= ' ' && *at < 0x7f ? *at : '?');
}

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    return value > 0 ? (uint64_t)value : 0;
}

static void take_threads(const json_t *threads, struct trace_head *head)
{
    for (unsigned i = 0; i < json_array_size(threads) && i < TRACE_THREADS_MAX; i++) {
        json_t *object = json_object();

        json_object_set(object, "name", json_array_get(threads, i));
        take_text(object, "name", head->threads[i], sizeof head->threads[i]);
        json_decref(object);
    }
}

bool trace_head_parse(const char *json, struct trace_head *head, struct text *error)
{
    json_t *root = json_loads(json, 0, NULL);
    const json_t *start = json_object_get(root, "start"), *tsc = json_object_get(root, "tsc");

    *head = (struct trace_head){
        .cpus = (unsigned)number(root, "cpus"),
        .wall_zero_ns = number(root, "wall_zero_ns"),
        .hpet_hz = number(root, "hpet_hz"),
        .pm_timer_bits = (unsigned)number(root, "pm_timer_bits"),
        .start_tsc = number(start, "host_tsc"),
        .start_raw_ns = number(start, "monotonic_raw_ns"),
        .start_realtime_ns = number(start, "realtime_ns"),
        .tsc_millihz = number(tsc, "millihz"),
    };
    take_text(root, "minivmm", head->minivmm, sizeof head->minivmm);
    take_text(root, "kernel", head->kernel, sizeof head->kernel);
    take_text(tsc, "host_clocksource", head->host_clocksource, sizeof head->host_clocksource);
    take_threads(json_object_get(root, "threads"), head);
    if (root == NULL || head->tsc_millihz == 0)
        text_add(error, "the head of the trace is damaged");
    json_decref(root);
    return error->length_bytes == 0;
}

struct trace_time trace_time_start(const struct trace_head *head)
{
    return (struct trace_time){
        .tsc = head->start_tsc,
        .raw_ns = head->start_raw_ns,
        .ns = NS_PER_SEC * MILLIHZ,
        .cycles = head->tsc_millihz,
        .first_tsc = head->start_tsc,
        .first_raw_ns = head->start_raw_ns,
    };
}

/* The further from the first instant, the better is the rate between the two. */
void trace_time_take(struct trace_time *time, const struct trace_record *record)
{
    if (record->kind != TRACE_HOST_CLOCK || record->tsc <= time->first_tsc ||
        record->value <= time->first_raw_ns)
        return;
    time->tsc = record->tsc;
    time->raw_ns = record->value;
    time->ns = record->value - time->first_raw_ns;
    time->cycles = record->tsc - time->first_tsc;
}

uint64_t trace_time_raw_ns(const struct trace_time *time, uint64_t tsc)
{
    if (tsc >= time->tsc)
        return time->raw_ns + mul_div_floor(tsc - time->tsc, time->ns, time->cycles);
    return time->raw_ns - mul_div_floor(time->tsc - tsc, time->ns, time->cycles);
}
