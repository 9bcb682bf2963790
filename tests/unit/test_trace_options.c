/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `minivmm trace`. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "timelab/trace_export.h"
#include "vmm/cmd/options_parse.h"

#define MAX_WORDS 8

static struct options options;
static char error[OPTIONS_ERROR_SIZE];

/* The words behind "minivmm trace", with a blank between two. */
static enum options_verdict parse(const char *words)
{
    static char line[128];
    char *argv[MAX_WORDS + 1] = {(char *)"minivmm", (char *)"trace"};
    int argc = 2;

    strcpy(line, words);
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    error[0] = '\0';
    return options_parse(argc, argv, &options, error, sizeof error);
}

static void assert_bad(const char *words, const char *expected)
{
    assert_int_equal(parse(words), OPTIONS_BAD);
    assert_string_equal(error, expected);
}

static void a_summary_is_asked_for_by_its_word(void **unused)
{
    (void)unused;
    assert_int_equal(parse("f summary"), OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_TRACE);
    assert_string_equal(options.trace.path, "f");
    assert_null(options.trace.format);
}

static void every_format_has_its_word(void **unused)
{
    char words[64];

    (void)unused;
    for (unsigned i = 0; trace_formats[i] != NULL; i++) {
        snprintf(words, sizeof words, "f --to %s", trace_formats[i]->name);
        assert_int_equal(parse(words), OPTIONS_RUN);
        assert_ptr_equal(options.trace.format, trace_formats[i]);
    }
}

static void a_clock_is_for_formats_of_one_clock(void **unused)
{
    (void)unused;
    assert_int_equal(parse("f --to phase"), OPTIONS_RUN);
    assert_int_equal(options.trace.clock, TRACE_CLOCK_NONE);
    assert_int_equal(parse("--clock pm --to phase f"), OPTIONS_RUN);
    assert_int_equal(options.trace.clock, TRACE_CLOCK_PM);
    assert_int_equal(parse("--clock monotonic_raw --to loopstats f"), OPTIONS_RUN);
    assert_int_equal(options.trace.clock, TRACE_CLOCK_MONOTONIC_RAW);
    assert_bad("f --to csv --clock pm",
               "--clock is of use with --to phase and --to loopstats only");
    assert_bad("f summary --clock pm", "--clock is of use with --to phase and --to loopstats only");
}

static void a_picture_may_have_a_title(void **unused)
{
    (void)unused;
    assert_int_equal(parse("f --to html"), OPTIONS_RUN);
    assert_int_equal(options.trace.picture, TRACE_PICTURE_HTML);
    assert_null(options.trace.title);
    assert_int_equal(parse("--title drift --to svg f"), OPTIONS_RUN);
    assert_int_equal(options.trace.picture, TRACE_PICTURE_SVG);
    assert_string_equal(options.trace.title, "drift");
    assert_int_equal(parse("f --to svg --to csv"), OPTIONS_RUN);
    assert_int_equal(options.trace.picture, TRACE_PICTURE_NONE);
    assert_bad("f --to csv --title t", "--title is of use with --to html and --to svg only");
    assert_bad("f --to svg --clock pm",
               "--clock is of use with --to phase and --to loopstats only");
}

static void what_is_wrong_is_said(void **unused)
{
    (void)unused;
    assert_bad("", "the name of a FILE is missing; see trace --help");
    assert_bad("f", "trace f: wanted is summary, or --to FORMAT");
    assert_bad("f summary --to csv", "trace f: wanted is summary, or --to FORMAT");
    assert_bad("f g", "one FILE is accepted, and 'g' comes after 'f'");
    assert_bad(
        "f --to gif",
        "--to 'gif': accepted is html, svg, csv, json, chrome, perfetto, phase or loopstats");
    assert_bad("f --to phase --clock pit",
               "--clock 'pit': accepted is realtime, monotonic, boottime, monotonic_raw, kvmclock, "
               "vmclock, hpet or pm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_is_asked_for_by_its_word),
        cmocka_unit_test(every_format_has_its_word),
        cmocka_unit_test(a_clock_is_for_formats_of_one_clock),
        cmocka_unit_test(a_picture_may_have_a_title),
        cmocka_unit_test(what_is_wrong_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
