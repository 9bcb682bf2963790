/* SPDX-License-Identifier: BSD-2-Clause */
/* See format.h. JSON is made here, the other formats in a file each. */
#include "check/format.h"

#include <string.h>

#include "check/format_parts.h"
#include "check/json_text.h"
#include "check/result.h"

bool format_find(const char *name, enum format *format)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_TAP] = "tap",           [FORMAT_JUNIT] = "junit",
        [FORMAT_JSON] = "json",   [FORMAT_MARKDOWN] = "markdown", [FORMAT_GITHUB] = "github"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (enum format)i;
            return true;
        }
    return false;
}

void format_name(const json_t *result, struct text *out)
{
    text_add_shell_word(out, result_text(result, "kernel"));
    text_add(out, " %s", result_text(result, "options"));
}

void format_stable_name(const json_t *result, struct text *out)
{
    const char *kernel = result_text(result, "kernel"), *slash = strrchr(kernel, '/');
    const char *machine = result_text(result, "machine");

    text_add_shell_word(out, slash != NULL && slash[1] != '\0' ? slash + 1 : kernel);
    text_add(out, " %s", *machine != '\0' ? machine : result_text(result, "options"));
}

const char *format_verdict_word(const json_t *verdict)
{
    return result_text(verdict, "result");
}

unsigned format_count(const json_t *result, const char *word)
{
    const json_t *verdicts = json_object_get(result, "verdicts");
    unsigned count = 0;

    for (size_t i = 0; i < json_array_size(verdicts); i++)
        count += strcmp(format_verdict_word(json_array_get(verdicts, i)), word) == 0;
    return count;
}

static void format_json(const json_t *results, struct text *out)
{
    json_text_write(result_document(json_incref((json_t *)results)), out);
}

void format_write(enum format format, const json_t *results, struct text *out)
{
    static void (*const formats[])(const json_t *, struct text *) = {
        [FORMAT_TABLE] = format_table,       [FORMAT_TAP] = format_tap,
        [FORMAT_JUNIT] = format_junit,       [FORMAT_JSON] = format_json,
        [FORMAT_MARKDOWN] = format_markdown, [FORMAT_GITHUB] = format_github,
    };

    formats[format](results, out);
}
