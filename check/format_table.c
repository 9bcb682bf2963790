/* SPDX-License-Identifier: BSD-2-Clause */
/* Results for people: a line for each expectation, and of a guest that failed everything that
 * helps. */
#include "check/format_parts.h"

#include <string.h>

#include "check/result.h"

static void add_verdict(const json_t *verdict, struct text *out)
{
    const char *word = format_verdict_word(verdict);
    bool failed = strcmp(word, "failed") == 0;

    text_add(out, "  %-6s  %-24s  %s\n", failed ? "FAILED" : word, result_text(verdict, "expected"),
             result_text(verdict, "seen"));
    if (!failed)
        return;
    text_add(out, "            expected  %s%s%s\n", result_text(verdict, "expected"),
             *result_text(verdict, "profile") != '\0' ? ", of profile " : "",
             result_text(verdict, "profile"));
    if (*result_text(verdict, "cause") == '\0')
        return;
    text_add(out, "            layer     %s\n", result_text(verdict, "layer"));
    text_add(out, "            usually   %s\n", result_text(verdict, "cause"));
}

static void add_checklist(const json_t *result, struct text *out)
{
    const json_t *checklist = json_object_get(result, "checklist");

    for (size_t i = 0; i < json_array_size(checklist); i++) {
        const json_t *item = json_array_get(checklist, i);

        text_add(out, "  %s\n            %s\n", result_text(item, "question"),
                 result_text(item, "answer"));
    }
}

static void add_console(const json_t *result, struct text *out)
{
    const json_t *console = json_object_get(result, "console");

    if (json_array_size(console) == 0)
        return;
    text_add(out, "  the console's last lines\n");
    for (size_t i = 0; i < json_array_size(console); i++)
        text_add(out, "    | %s\n", json_string_value(json_array_get(console, i)));
}

static void add_end(const json_t *result, struct text *out)
{
    const json_t *boot_ns = json_object_get(result, "boot_ns");

    if (strcmp(result_text(result, "outcome"), "judged") == 0)
        text_add(out, "  verdict: %s (%u ok, %u failed, %u n/a)",
                 result_is_ok(result) ? "ok" : "FAILED", format_count(result, "ok"),
                 format_count(result, "failed"), format_count(result, "n/a"));
    else
        text_add(out, "  verdict: not judged");
    if (json_is_integer(boot_ns)) {
        text_add(out, ", the probe ran after ");
        text_add_duration(out, json_integer_value(boot_ns), false);
    }
    text_add(out, "\n");
}

static void add_result(const json_t *result, struct text *out)
{
    const json_t *verdicts = json_object_get(result, "verdicts");
    const json_t *guest = json_object_get(result, "guest");

    format_name(result, out);
    if (json_is_object(guest))
        text_add(out, " (Linux %s)", result_text(guest, "release"));
    text_add(out, "\n");
    if (*result_text(result, "detail") != '\0')
        text_add(out, "  %s: %s\n", result_text(result, "outcome"), result_text(result, "detail"));
    for (size_t i = 0; i < json_array_size(verdicts); i++)
        add_verdict(json_array_get(verdicts, i), out);
    if (!result_is_ok(result)) {
        add_checklist(result, out);
        add_console(result, out);
    }
    add_end(result, out);
}

void format_table(const json_t *results, struct text *out)
{
    size_t count = json_array_size(results);

    for (size_t i = 0; i < count; i++)
        add_result(json_array_get(results, i), out);
    if (count != 1)
        text_add(out, "%zu checks, %zu failed\n", count, results_count_failed(results));
}
