/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See result_read.h. What a format writes is looked at: it is printable, and no more than a run
 * writes. check.schema.json has all the rest.
 */
#include "check/result_read.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "check/cells.h"
#include "check/format.h"
#include "check/json_text.h"
#include "check/result.h"

/* A text that is printable and shorter than max_bytes, or null. */
static bool is_line(const json_t *value, size_t max_bytes)
{
    const char *text = json_string_value(value);

    if (text == NULL)
        return json_is_null(value);
    if (strlen(text) >= max_bytes)
        return false;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool has_lines(const json_t *object, size_t max_bytes, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (!is_line(json_object_get(object, *keys), max_bytes))
            return false;
    return true;
}

static bool is_list_of(const json_t *array, size_t max_count, const char *const *keys)
{
    if (!json_is_array(array) || json_array_size(array) > max_count)
        return false;
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!has_lines(json_array_get(array, i), RESULT_DETAIL_BYTES, keys))
            return false;
    return true;
}

static bool is_console(const json_t *array)
{
    if (!json_is_array(array) || json_array_size(array) > RESULT_CONSOLE_LINES)
        return false;
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_string(json_array_get(array, i)) ||
            !is_line(json_array_get(array, i), RESULT_TEXT_BYTES))
            return false;
    return true;
}

/* What an older version did not write, or not for a guest that was not judged. */
static bool is_line_or_missing(const json_t *object, const char *key, size_t max_bytes)
{
    const json_t *value = json_object_get(object, key);

    return value == NULL || is_line(value, max_bytes);
}

/* What of the guest the formats write. */
static bool is_guest(const json_t *guest)
{
    return is_line_or_missing(guest, "release", RESULT_DETAIL_BYTES) &&
           is_line_or_missing(guest, "clocksource", RESULT_DETAIL_BYTES);
}

static bool is_duration_or_missing(const json_t *value)
{
    return value == NULL || json_is_null(value) ||
           (json_is_integer(value) && json_integer_value(value) >= 0);
}

/* A result has a cell only if it is of a matrix. */
static bool is_cell(const json_t *cell)
{
    json_int_t number = json_integer_value(json_object_get(cell, "number"));
    json_int_t of = json_integer_value(json_object_get(cell, "of"));

    return cell == NULL || (number >= 1 && number <= of && of <= CELLS_MAX);
}

static bool is_result(const json_t *result)
{
    static const char *const own[] = {"kernel", "options", "outcome", "detail", "stage", NULL};
    static const char *const verdict[] = {"expected", "profile", "result", "seen",
                                          "layer",    "cause",   NULL};
    static const char *const item[] = {"question", "answer", NULL};

    /* Keys that are not known are written as JSON again. */
    if (json_dumpb(result, NULL, 0, JSON_TEXT_FLAGS) > FORMAT_RESULT_BYTES / 2)
        return false;
    return has_lines(result, RESULT_TEXT_BYTES, own) &&
           is_line_or_missing(result, "machine", RESULT_TEXT_BYTES) &&
           is_duration_or_missing(json_object_get(result, "run_ns")) &&
           json_is_integer(json_object_get(result, "status")) &&
           is_cell(json_object_get(result, "cell")) && is_guest(json_object_get(result, "guest")) &&
           is_list_of(json_object_get(result, "verdicts"), EXPECTATIONS_MAX, verdict) &&
           is_list_of(json_object_get(result, "checklist"), CHECKLIST_COUNT, item) &&
           is_console(json_object_get(result, "console"));
}

static const char *wrong_with(const json_t *document)
{
    const json_t *results = json_object_get(document, "results");

    if (strcmp(result_text(document, "schema"), RESULT_SCHEMA) != 0)
        return "its schema is not " RESULT_SCHEMA;
    if (!json_is_array(results))
        return "it has no array of results";
    for (size_t i = 0; i < json_array_size(results); i++)
        if (!is_result(json_array_get(results, i)))
            return "one of its results lacks a part";
    return NULL;
}

static unsigned cell_part(const json_t *result, const char *key)
{
    return (unsigned)json_integer_value(json_object_get(json_object_get(result, "cell"), key));
}

static unsigned first_missing(const bool *found)
{
    unsigned number = 1;

    while (found[number])
        number++;
    return number;
}

bool results_are_whole(const json_t *results, char *error, size_t error_size)
{
    bool found[CELLS_MAX + 2] = {false};
    unsigned of = 0, count = 0;

    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        unsigned number = cell_part(result, "number");

        if (number == 0)
            continue;
        if (found[number] || (of != 0 && of != cell_part(result, "of"))) {
            snprintf(error, error_size, "check %u of %u is there twice, or of another matrix",
                     number, cell_part(result, "of"));
            return false;
        }
        of = cell_part(result, "of");
        found[number] = true;
        count++;
    }
    if (count < of)
        snprintf(error, error_size, "%u of the matrix's %u checks are missing, the first is %u",
                 of - count, of, first_missing(found));
    return count == of;
}

int result_read(const char *bytes, size_t size_bytes, json_t *results, char *error,
                size_t error_size)
{
    json_error_t syntax;
    json_t *document = json_loadb(bytes, size_bytes, JSON_REJECT_DUPLICATES, &syntax);
    const char *wrong;

    if (document == NULL) {
        snprintf(error, error_size, "it is not JSON, in line %d", syntax.line);
        return -1;
    }
    wrong = wrong_with(document);
    if (wrong == NULL &&
        json_array_size(results) + json_array_size(json_object_get(document, "results")) >
            CELLS_MAX)
        wrong = "with it there are more than " CELLS_MAX_TEXT " results";
    if (wrong == NULL && json_array_extend(results, json_object_get(document, "results")) != 0)
        wrong = "there is no memory for it";
    if (wrong != NULL)
        snprintf(error, error_size, "%s", wrong);
    json_decref(document);
    return wrong == NULL ? 0 : -1;
}
