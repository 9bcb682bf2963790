/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results as JUnit's XML, for the machines that show test results; junit.xsd is the shape. The time
 * of a check is that of its guest, so what was expected of it takes none.
 */
#include "check/format_parts.h"

#include <string.h>

#include "check/result.h"

#define NS_PER_MS 1000000

/* A text in an attribute or between tags. It is printable ASCII. */
static void add_escaped(struct text *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        default:
            text_add(out, "%c", *text);
        }
}

static void add_attribute(struct text *out, const char *name, const char *value)
{
    text_add(out, " %s=\"", name);
    add_escaped(out, value);
    text_add(out, "\"");
}

/* In seconds, with milliseconds. */
static void add_time(struct text *out, const json_t *result)
{
    json_int_t ms = json_integer_value(json_object_get(result, "run_ns")) / NS_PER_MS;

    if (ms >= 0)
        text_add(out, " time=\"%lld.%03d\"", (long long)(ms / 1000), (int)(ms % 1000));
}

static void open_case(struct text *out, const char *class_name, const char *name)
{
    text_add(out, "  <testcase");
    add_attribute(out, "classname", class_name);
    add_attribute(out, "name", name);
}

static void close_case(struct text *out)
{
    text_add(out, "</testcase>\n");
}

static void add_line(struct text *out, const char *start, const char *text)
{
    text_add(out, "%s", start);
    add_escaped(out, text);
    text_add(out, "\n");
}

static void add_guest(const json_t *result, const char *name, struct text *out)
{
    open_case(out, name, "the guest reported");
    add_time(out, result);
    text_add(out, ">");
    if (strcmp(result_text(result, "outcome"), "judged") != 0) {
        text_add(out, "<error");
        add_attribute(out, "type", result_text(result, "outcome"));
        add_attribute(out, "message", result_text(result, "detail"));
        text_add(out, "/>");
    }
    close_case(out);
}

static void add_verdict(const json_t *verdict, const char *name, struct text *out)
{
    const char *word = format_verdict_word(verdict);

    open_case(out, name, result_text(verdict, "expected"));
    text_add(out, " time=\"0\">");
    if (strcmp(word, "failed") == 0) {
        text_add(out, "<failure");
        add_attribute(out, "type", result_text(verdict, "layer"));
        add_attribute(out, "message", result_text(verdict, "seen"));
        text_add(out, ">");
        add_line(out, "expected ", result_text(verdict, "expected"));
        add_line(out, "seen ", result_text(verdict, "seen"));
        if (*result_text(verdict, "cause") != '\0')
            add_line(out, "usually ", result_text(verdict, "cause"));
        text_add(out, "</failure>");
    } else if (strcmp(word, "n/a") == 0) {
        text_add(out, "<skipped");
        add_attribute(out, "message", result_text(verdict, "seen"));
        text_add(out, "/>");
    }
    close_case(out);
}

static void add_output(const json_t *result, struct text *out)
{
    const json_t *checklist = json_object_get(result, "checklist");
    const json_t *console = json_object_get(result, "console");

    text_add(out, "  <system-out>");
    for (size_t i = 0; i < json_array_size(checklist); i++) {
        add_escaped(out, result_text(json_array_get(checklist, i), "question"));
        add_line(out, " ", result_text(json_array_get(checklist, i), "answer"));
    }
    for (size_t i = 0; i < json_array_size(console); i++)
        add_line(out, "| ", json_string_value(json_array_get(console, i)));
    text_add(out, "</system-out>\n");
}

static void add_suite(const json_t *result, struct text *out)
{
    const json_t *verdicts = json_object_get(result, "verdicts");
    bool judged = strcmp(result_text(result, "outcome"), "judged") == 0;
    char name[512];
    struct text name_text;

    text_init(&name_text, name, sizeof name);
    format_stable_name(result, &name_text);
    text_add(out, " <testsuite");
    add_attribute(out, "name", name);
    add_time(out, result);
    text_add(out, " tests=\"%zu\" failures=\"%u\" errors=\"%d\" skipped=\"%u\">\n",
             json_array_size(verdicts) + 1, format_count(result, "failed"), judged ? 0 : 1,
             format_count(result, "n/a"));
    add_guest(result, name, out);
    for (size_t i = 0; i < json_array_size(verdicts); i++)
        add_verdict(json_array_get(verdicts, i), name, out);
    add_output(result, out);
    text_add(out, " </testsuite>\n");
}

void format_junit(const json_t *results, struct text *out)
{
    text_add(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"minivmm check\">\n");
    for (size_t i = 0; i < json_array_size(results); i++)
        add_suite(json_array_get(results, i), out);
    text_add(out, "</testsuites>\n");
}
