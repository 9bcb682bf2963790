/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One clock as NTP's loopstats: a line for each second of guest time in which it was read.
 *
 *   MJD, second of the day, offset in s, frequency in ppm, jitter in s, wander in ppm, poll
 *
 * The offset is that of the second's last reading, without its sign of error: as in NTP it is what
 * would have to be added. Frequency is the offset's change since the line before; jitter the root
 * of the mean square of changes between readings; wander the frequency's change. See
 * trace_export.h.
 */
#include "timelab/trace_export.h"

#include <inttypes.h>

#include "base/time_math.h"

#define SEC_PER_DAY 86400
/* The Modified Julian Day of 1970-01-01. */
#define MJD_OF_EPOCH 40587
#define PPT_PER_PPM  1000000

static void begin(struct trace_export *export)
{
    (void)export;
}

/* Of any two, modulo 2^64. */
static int64_t difference(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* floor of the root. */
static uint64_t root(uint64_t square)
{
    uint64_t result = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1)
        if ((result | bit) * (result | bit) <= square)
            result |= bit;
    return result;
}

static void print_sec(struct trace_export *export, int64_t ns)
{
    trace_export_print(export, " %s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "",
                       magnitude(ns) / NS_PER_SEC, magnitude(ns) % NS_PER_SEC);
}

static void print_ppm(struct trace_export *export, int64_t ppt)
{
    trace_export_print(export, " %s%" PRIu64 ".%06" PRIu64, ppt < 0 ? "-" : "",
                       magnitude(ppt) / PPT_PER_PPM, magnitude(ppt) % PPT_PER_PPM);
}

/* A change by ns in as many nanoseconds, in parts per trillion. */
static int64_t change_ppt(int64_t ns, uint64_t in_ns)
{
    uint64_t ppt = mul_div_floor(magnitude(ns), UINT64_C(1000000000000), in_ns);

    if (ppt > INT64_MAX)
        ppt = INT64_MAX;
    return ns < 0 ? -(int64_t)ppt : (int64_t)ppt;
}

static void print_line(struct trace_export *export, const struct trace_reading *reading,
                       int64_t offset_ns)
{
    uint64_t utc_ns = export->head->wall_zero_ns + reading->g_ns;
    uint64_t day = utc_ns / NS_PER_SEC / SEC_PER_DAY;
    uint64_t ns_of_day = utc_ns - day * SEC_PER_DAY * NS_PER_SEC;
    int64_t ppt =
        change_ppt(difference(offset_ns, export->last_error_ns), reading->g_ns - export->last_g_ns);
    uint64_t jitter_ns = export->squares > 0 ? root(export->sum_of_squares / export->squares) : 0;

    trace_export_print(export, "%" PRIu64 " %" PRIu64 ".%03" PRIu64, MJD_OF_EPOCH + day,
                       ns_of_day / NS_PER_SEC, ns_of_day % NS_PER_SEC / 1000000);
    print_sec(export, offset_ns);
    print_ppm(export, ppt);
    print_sec(export, (int64_t)jitter_ns);
    print_ppm(export, (int64_t)magnitude(difference(ppt, export->last_ppt)));
    trace_export_print(export, " 0\n");
    export->last_ppt = ppt;
}

static void add_square(struct trace_export *export, uint64_t change_ns)
{
    uint64_t square;

    if (__builtin_mul_overflow(change_ns, change_ns, &square) ||
        __builtin_add_overflow(export->sum_of_squares, square, &export->sum_of_squares))
        export->sum_of_squares = UINT64_MAX;
    export->squares++;
}

static void add(struct trace_export *export, const struct trace_event *event)
{
    struct trace_reading reading;
    int64_t offset_ns;

    if (!trace_export_is_of_clock(export, event, &reading))
        return;
    offset_ns = (int64_t) - (uint64_t)reading.error_ns;
    if (export->written++ > 0)
        add_square(export, magnitude(difference(offset_ns, export->last_read_ns)));
    export->last_read_ns = offset_ns;
    if (export->written > 1 && reading.g_ns - export->last_g_ns < NS_PER_SEC)
        return;
    if (export->written > 1)
        print_line(export, &reading, offset_ns);
    export->last_error_ns = offset_ns;
    export->last_g_ns = reading.g_ns;
    export->sum_of_squares = export->squares = 0;
}

static void end(struct trace_export *export)
{
    (void)export;
}

const struct trace_format trace_loopstats = {"loopstats", true, begin, add, end};
