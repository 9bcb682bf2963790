/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results as annotations of GitHub Actions: a line "::error title=NAME::TEXT" for each failure, and
 * one "::notice" that counts; GitHub's "Workflow commands" documentation has the form.
 */
#include "check/format_parts.h"

#include <string.h>

#include "check/result.h"

/* What has a meaning in a command is written as %XX; in a property ':' and ',' have one, too. */
static void add_escaped(struct text *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++)
        if (strchr(special, *text) != NULL)
            text_add(out, "%%%02X", (unsigned char)*text);
        else
            text_add(out, "%c", *text);
}

static void add_error(const json_t *result, struct text *out)
{
    char name[512];
    struct text text;

    text_init(&text, name, sizeof name);
    format_stable_name(result, &text);
    text_add(out, "::error title=");
    add_escaped(out, name, "%:,");
    text_add(out, "::");
}

static void add_result(const json_t *result, struct text *out)
{
    const json_t *verdicts = json_object_get(result, "verdicts");

    if (strcmp(result_text(result, "outcome"), "judged") != 0) {
        add_error(result, out);
        add_escaped(out, result_text(result, "outcome"), "%");
        text_add(out, ": ");
        add_escaped(out, result_text(result, "detail"), "%");
        text_add(out, "\n");
    }
    for (size_t i = 0; i < json_array_size(verdicts); i++) {
        const json_t *verdict = json_array_get(verdicts, i);

        if (strcmp(format_verdict_word(verdict), "failed") != 0)
            continue;
        add_error(result, out);
        add_escaped(out, result_text(verdict, "expected"), "%");
        text_add(out, ": ");
        add_escaped(out, result_text(verdict, "seen"), "%");
        if (*result_text(verdict, "cause") != '\0')
            text_add(out, "%%0Ausually: ");
        add_escaped(out, result_text(verdict, "cause"), "%");
        text_add(out, "\n");
    }
}

void format_github(const json_t *results, struct text *out)
{
    size_t count = json_array_size(results);

    for (size_t i = 0; i < count; i++)
        add_result(json_array_get(results, i), out);
    text_add(out, "::notice title=minivmm check::%zu of %zu ok\n",
             count - results_count_failed(results), count);
}
