/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_options.h. */
#include "vmm/cmd/trace_options.h"

#include <stdio.h>
#include <string.h>

#include "timelab/trace_export.h"
#include "vmm/cmd/option_value.h"

#define SUMMARY_WORD "summary"

const char trace_options_usage[] =
    "Usage: minivmm trace FILE summary\n"
    "       minivmm trace [OPTIONS] --to FORMAT FILE\n"
    "Say on stdout what is in a trace, the FILE of --trace; or write it in another\n"
    "format: html is a page with pictures, svg one picture, csv has a row for each\n"
    "reading of a clock, json a line for each event, chrome and perfetto are for\n"
    "timeline viewers, phase and loopstats are of one clock.\n";

const char trace_options_ending[] = "Exit status: 0 done; 2 user or host error, or a file that is "
                                    "not whole: what can be\nread of it is written.\n";

/* In the order of trace_formats and then of enum trace_picture, and of enum trace_clock without
 * gaps. */
static const char *const format_words[] = {"csv",       "json", "chrome", "perfetto", "phase",
                                           "loopstats", "html", "svg",    NULL};
static const char *const clock_words[] = {"realtime",      "monotonic", "boottime",
                                          "monotonic_raw", "kvmclock",  "vmclock",
                                          "hpet",          "pm",        NULL};

static bool apply_to(struct options *options, const char *value)
{
    for (unsigned i = 0; trace_formats[i] != NULL; i++)
        if (strcmp(trace_formats[i]->name, value) == 0) {
            options->trace.format = trace_formats[i];
            options->trace.picture = TRACE_PICTURE_NONE;
            return true;
        }
    options->trace.format = NULL;
    options->trace.picture = strcmp(value, "html") == 0  ? TRACE_PICTURE_HTML
                             : strcmp(value, "svg") == 0 ? TRACE_PICTURE_SVG
                                                         : TRACE_PICTURE_NONE;
    return options->trace.picture != TRACE_PICTURE_NONE;
}

static bool apply_title(struct options *options, const char *value)
{
    options->trace.title = value;
    return true;
}

static bool apply_clock(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(clock_words, value, &place))
        return false;
    for (unsigned i = 0; i < TRACE_CLOCKS; i++)
        if (trace_clock_name(i) != NULL && strcmp(trace_clock_name(i), value) == 0)
            options->trace.clock = i;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "to",
        .value = "FORMAT",
        .help = "html, svg, csv, json, chrome, perfetto, phase or loopstats,\n"
                "on stdout",
        .accepted = "html, svg, csv, json, chrome, perfetto, phase or loopstats",
        .words = format_words,
        .apply = apply_to,
    },
    {
        .name = "clock",
        .value = "CLOCK",
        .help = "of phase and loopstats: realtime, monotonic, boottime,\n"
                "monotonic_raw, kvmclock, vmclock, hpet or pm; the default\n"
                "is the first of these that was read",
        .accepted = "realtime, monotonic, boottime, monotonic_raw, kvmclock, vmclock, hpet or pm",
        .words = clock_words,
        .apply = apply_clock,
    },
    {
        .name = "title",
        .value = "TEXT",
        .help = "of html and svg; by default the FILE's name",
        .accepted = "a text",
        .apply = apply_title,
    },
};

const struct option_table trace_option_table = OPTION_TABLE(rows);

enum options_verdict trace_options_take(int count, char **operands, struct options *options,
                                        char *error, size_t error_size)
{
    struct trace_options *trace = &options->trace;
    bool is_summary = count == 2 && strcmp(operands[1], SUMMARY_WORD) == 0;
    bool has_picture = trace->picture != TRACE_PICTURE_NONE;

    if (count == 0 || operands[0][0] == '\0')
        snprintf(error, error_size, "the name of a FILE is missing; see trace --help");
    else if (count > 1 && !is_summary)
        snprintf(error, error_size, "one FILE is accepted, and '%s' comes after '%s'", operands[1],
                 operands[0]);
    else if (is_summary == (trace->format != NULL || has_picture))
        snprintf(error, error_size, "trace %s: wanted is summary, or --to FORMAT", operands[0]);
    else if (trace->clock != TRACE_CLOCK_NONE &&
             (is_summary || has_picture || !trace->format->is_of_one_clock))
        snprintf(error, error_size, "--clock is of use with --to phase and --to loopstats only");
    else if (trace->title != NULL && !has_picture)
        snprintf(error, error_size, "--title is of use with --to html and --to svg only");
    else {
        trace->path = operands[0];
        return OPTIONS_RUN;
    }
    return OPTIONS_BAD;
}
