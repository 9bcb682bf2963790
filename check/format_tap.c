/* SPDX-License-Identifier: BSD-2-Clause */
/* Results for programs that read TAP version 13;
 * https://testanything.org/tap-version-13-specification.html */
#include "check/format_parts.h"

#include <string.h>

#include "check/result.h"

/* A text in a description, where '#' would begin a directive. */
static void add_description(struct text *out, const char *text)
{
    for (; *text != '\0'; text++)
        text_add(out, *text == '#' || *text == '\\' ? "\\%c" : "%c", *text);
}

/* "  KEY: 'VALUE'", a scalar of YAML. */
static void add_scalar(struct text *out, const char *key, const char *value)
{
    text_add(out, "  %s: '", key);
    for (; *value != '\0'; value++)
        text_add(out, *value == '\'' ? "''" : "%c", *value);
    text_add(out, "'\n");
}

static void add_test(const json_t *result, bool ok, unsigned number, const char *what,
                     const char *seen, struct text *out)
{
    char name[512];
    struct text name_text;

    text_init(&name_text, name, sizeof name);
    format_name(result, &name_text);
    text_add(out, "%s %u - ", ok ? "ok" : "not ok", number);
    add_description(out, name);
    text_add(out, ": ");
    add_description(out, what);
    if (strcmp(what, "the guest reported") != 0 || *seen != '\0')
        text_add(out, ": ");
    add_description(out, seen);
}

/* The guest itself is the first test. */
static void add_guest(const json_t *result, unsigned number, struct text *out)
{
    const json_t *console = json_object_get(result, "console");
    bool ok = strcmp(result_text(result, "outcome"), "judged") == 0;

    add_test(result, ok, number, "the guest reported", result_text(result, "detail"), out);
    text_add(out, "\n");
    if (ok)
        return;
    text_add(out, "  ---\n");
    add_scalar(out, "outcome", result_text(result, "outcome"));
    add_scalar(out, "stage", result_text(result, "stage"));
    text_add(out, "  ...\n");
    for (size_t i = 0; i < json_array_size(console); i++)
        text_add(out, "# | %s\n", json_string_value(json_array_get(console, i)));
}

static void add_verdict(const json_t *result, const json_t *verdict, unsigned number,
                        struct text *out)
{
    const char *word = format_verdict_word(verdict);
    bool is_applicable = strcmp(word, "n/a") != 0;
    bool failed = strcmp(word, "failed") == 0;

    add_test(result, !failed, number, result_text(verdict, "expected"),
             is_applicable ? result_text(verdict, "seen") : "not applicable", out);
    if (!is_applicable)
        text_add(out, " # SKIP %s", result_text(verdict, "seen"));
    text_add(out, "\n");
    if (!failed)
        return;
    text_add(out, "  ---\n");
    add_scalar(out, "expected", result_text(verdict, "expected"));
    add_scalar(out, "seen", result_text(verdict, "seen"));
    if (*result_text(verdict, "cause") != '\0') {
        add_scalar(out, "layer", result_text(verdict, "layer"));
        add_scalar(out, "usually", result_text(verdict, "cause"));
    }
    text_add(out, "  ...\n");
}

static void add_checklist(const json_t *result, struct text *out)
{
    const json_t *checklist = json_object_get(result, "checklist");

    if (result_is_ok(result))
        return;
    for (size_t i = 0; i < json_array_size(checklist); i++) {
        const json_t *item = json_array_get(checklist, i);

        text_add(out, "# %s %s\n", result_text(item, "question"), result_text(item, "answer"));
    }
}

void format_tap(const json_t *results, struct text *out)
{
    unsigned count = 0, number = 1;

    for (size_t i = 0; i < json_array_size(results); i++)
        count +=
            1 + (unsigned)json_array_size(json_object_get(json_array_get(results, i), "verdicts"));
    text_add(out, "TAP version 13\n1..%u\n", count);
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        const json_t *verdicts = json_object_get(result, "verdicts");

        add_guest(result, number++, out);
        for (size_t j = 0; j < json_array_size(verdicts); j++)
            add_verdict(result, json_array_get(verdicts, j), number++, out);
        add_checklist(result, out);
    }
}
