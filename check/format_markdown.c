/* SPDX-License-Identifier: BSD-2-Clause */
/* Results in Markdown, as GitHub and GitLab show it: a row for each check, then what failed. */
#include "check/format_parts.h"

#include <string.h>

#include "check/result.h"

#define NS_PER_MS 1000000

/* A text that is shown as it is: what Markdown or HTML would take for its own is escaped. */
static void add_plain(struct text *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (strchr("\\`*_{}[]()#+!|<>&~-", *text) != NULL)
            text_add(out, "\\%c", *text);
        else
            text_add(out, "%c", *text);
}

static void add_name(const json_t *result, struct text *out)
{
    char name[512];
    struct text text;

    text_init(&text, name, sizeof name);
    format_stable_name(result, &text);
    add_plain(out, name);
}

static void add_row(const json_t *result, struct text *out)
{
    const json_t *run_ns = json_object_get(result, "run_ns");
    const char *clock = result_text(json_object_get(result, "guest"), "clocksource");

    text_add(out, "| %s | ", result_is_ok(result) ? "ok" : "**FAILED**");
    add_name(result, out);
    text_add(out, " | ");
    add_plain(out, clock);
    text_add(out, " | %u | %u | %u | ", format_count(result, "ok"), format_count(result, "failed"),
             format_count(result, "n/a"));
    if (json_is_integer(run_ns))
        text_add(out, "%lld.%01d s", (long long)(json_integer_value(run_ns) / NS_PER_MS / 1000),
                 (int)(json_integer_value(run_ns) / NS_PER_MS % 1000 / 100));
    text_add(out, " |\n");
}

static void add_failures(const json_t *result, struct text *out)
{
    const json_t *verdicts = json_object_get(result, "verdicts");

    if (result_is_ok(result))
        return;
    text_add(out, "\n### ");
    add_name(result, out);
    text_add(out, "\n\n");
    if (*result_text(result, "detail") != '\0') {
        text_add(out, "- %s: ", result_text(result, "outcome"));
        add_plain(out, result_text(result, "detail"));
        text_add(out, "\n");
    }
    for (size_t i = 0; i < json_array_size(verdicts); i++) {
        const json_t *verdict = json_array_get(verdicts, i);

        if (strcmp(format_verdict_word(verdict), "failed") != 0)
            continue;
        text_add(out, "- **");
        add_plain(out, result_text(verdict, "expected"));
        text_add(out, "**: ");
        add_plain(out, result_text(verdict, "seen"));
        if (*result_text(verdict, "cause") != '\0')
            text_add(out, ". Usually: ");
        add_plain(out, result_text(verdict, "cause"));
        text_add(out, "\n");
    }
}

void format_markdown(const json_t *results, struct text *out)
{
    size_t count = json_array_size(results);

    text_add(out, "## minivmm check: %zu of %zu ok\n\n", count - results_count_failed(results),
             count);
    text_add(
        out,
        "| | check | clocksource | ok | failed | n/a | time |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        add_row(json_array_get(results, i), out);
    for (size_t i = 0; i < count; i++)
        add_failures(json_array_get(results, i), out);
}
