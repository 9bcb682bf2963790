/* SPDX-License-Identifier: BSD-2-Clause */
/* See result.h. */
#include "check/result.h"

#include <stdio.h>
#include <string.h>

#include "check/clocksources.h"
#include "check/json_reader.h"

static const char *const outcome_words[] = {
    [OUTCOME_JUDGED] = "judged",
    [OUTCOME_NO_REPORT] = "no-report",
    [OUTCOME_HALF_REPORT] = "half-report",
    [OUTCOME_LONG_REPORT] = "long-report",
    [OUTCOME_FALSE_REPORT] = "false-report",
    [OUTCOME_HUNG] = "hung",
    [OUTCOME_CRASHED] = "crashed",
    [OUTCOME_KVM_UNABLE] = "kvm-unable",
    [OUTCOME_HOST_ERROR] = "host-error",
    [OUTCOME_INTERRUPTED] = "interrupted",
};

static const char *const verdict_words[] = {
    [VERDICT_OK] = "ok", [VERDICT_FAILED] = "failed", [VERDICT_NOT_APPLICABLE] = "n/a"};

const char *outcome_word(enum outcome outcome)
{
    return outcome_words[outcome];
}

/* A JSON string; bytes other than printable ASCII, which a file's name can have, show as '?'. */
static json_t *string(const char *text, size_t length)
{
    char clean[RESULT_TEXT_BYTES];

    length = length < sizeof clean ? length : sizeof clean - 1;
    for (size_t i = 0; i < length; i++)
        clean[i] = '?';
    for (size_t i = 0; i < length; i++)
        if (text[i] >= ' ' && text[i] <= '~')
            clean[i] = text[i];
    return json_stringn(clean, length);
}

static json_t *text_or_null(const char *text)
{
    return text != NULL && *text != '\0' ? string(text, strlen(text)) : json_null();
}

static json_t *lines_to_json(const char *text)
{
    json_t *lines = json_array();

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        json_array_append_new(lines, string(text, length));
        text += length + (text[length] == '\n' ? 1 : 0);
    }
    return lines;
}

static json_t *numbers_to_json(const struct verdict *verdict)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < verdict->number_count; i++)
        json_object_set_new(object, verdict->numbers[i].name,
                            json_integer(verdict->numbers[i].value));
    return object;
}

static json_t *verdict_to_json(const struct verdict *verdict)
{
    const struct cause *cause = verdict->cause;
    json_t *object = json_object();

    json_object_set_new(object, "expected", text_or_null(verdict->expectation->text));
    json_object_set_new(object, "profile", text_or_null(verdict->expectation->profile));
    json_object_set_new(object, "result", json_string(verdict_words[verdict->result]));
    json_object_set_new(object, "seen", text_or_null(verdict->seen));
    json_object_set_new(object, "numbers", numbers_to_json(verdict));
    json_object_set_new(object, "layer", text_or_null(cause ? layer_name(cause->layer) : NULL));
    json_object_set_new(object, "cause", text_or_null(cause ? cause->text : NULL));
    return object;
}

static json_t *verdicts_to_json(const struct verdict_list *verdicts)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < verdicts->count; i++)
        json_array_append_new(array, verdict_to_json(&verdicts->items[i]));
    return array;
}

static json_t *checklist_to_json(const struct report *report)
{
    struct checklist checklist;
    json_t *array = json_array();

    if (report == NULL)
        return array;
    checklist_answer(report, &checklist);
    for (unsigned i = 0; i < CHECKLIST_COUNT; i++) {
        json_t *item = json_object();

        json_object_set_new(item, "question",
                            json_string(checklist_question((enum checklist_item)i)));
        json_object_set_new(item, "answer", text_or_null(checklist.answers[i]));
        json_array_append_new(array, item);
    }
    return array;
}

/* How an application reads the clock, and what a read costs. */
static void add_read(json_t *object, const struct source_result *source)
{
    static const char *const words[] = {
        [READ_BY_UNKNOWN] = NULL, [READ_BY_VDSO] = "vdso", [READ_BY_SYSTEM_CALL] = "system-call"};

    json_object_set_new(object, "read_by", text_or_null(source ? words[source->read_by] : NULL));
    json_object_set_new(object, "read_median_ns",
                        source != NULL ? json_integer((json_int_t)source->read_median_ns)
                                       : json_null());
}

static json_t *clocks_to_json(const struct report *report)
{
    json_t *object, *available;

    if (report == NULL)
        return json_null();
    object = json_object();
    available = json_array();
    for (unsigned i = 0; i < report->clocksources.count; i++)
        json_array_append_new(available, text_or_null(report->clocksources.names[i]));
    json_object_set_new(object, "release", text_or_null(report->kernel_release));
    json_object_set_new(object, "cpus", json_integer(report->cpus_online));
    json_object_set_new(object, "clocksource", text_or_null(report->clocksource));
    json_object_set_new(object, "available", available);
    add_read(object, report_chosen_source(report));
    return object;
}

/* A number, or null for 0. */
static json_t *number_or_null(uint64_t value)
{
    return value > 0 ? json_integer((json_int_t)value) : json_null();
}

json_t *result_to_json(const struct run_result *result)
{
    json_t *object = json_object();
    int failed = 0;

    failed |= json_object_set_new(object, "kernel", text_or_null(result->kernel));
    failed |= json_object_set_new(object, "options", text_or_null(result->options));
    failed |= json_object_set_new(object, "machine", text_or_null(result->machine));
    failed |= json_object_set_new(object, "run_ns", number_or_null(result->run_ns));
    failed |= json_object_set_new(object, "outcome", json_string(outcome_word(result->outcome)));
    failed |= json_object_set_new(object, "status", json_integer(result->status));
    failed |= json_object_set_new(object, "detail", text_or_null(result->detail));
    failed |= json_object_set_new(object, "stage", json_string(watch_stage_word(result->stage)));
    failed |= json_object_set_new(object, "boot_ns", number_or_null(result->boot_ns));
    failed |= json_object_set_new(object, "guest", clocks_to_json(result->report));
    failed |= json_object_set_new(object, "verdicts", verdicts_to_json(&result->verdicts));
    failed |= json_object_set_new(object, "checklist", checklist_to_json(result->report));
    failed |= json_object_set_new(object, "console", lines_to_json(result->console));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

void result_set_cell(json_t *result, unsigned number, unsigned of)
{
    json_t *cell = json_object();

    json_object_set_new(cell, "number", json_integer(number));
    json_object_set_new(cell, "of", json_integer(of));
    json_object_set_new(result, "cell", cell);
}

json_t *result_document(json_t *results)
{
    json_t *document = json_object();
    json_int_t failed_count = (json_int_t)results_count_failed(results);

    if (json_object_set_new(document, "schema", json_string(RESULT_SCHEMA)) == 0 &&
        json_object_set_new(document, "ok", json_boolean(failed_count == 0)) == 0 &&
        json_object_set_new(document, "results", results) == 0)
        return document;
    json_decref(document);
    return NULL;
}

const char *result_text(const json_t *result, const char *key)
{
    const char *text = json_string_value(json_object_get(result, key));

    return text != NULL ? text : "";
}

bool result_is_ok(const json_t *result)
{
    return json_integer_value(json_object_get(result, "status")) == 0;
}

size_t results_count_failed(const json_t *results)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(results); i++)
        count += result_is_ok(json_array_get(results, i)) ? 0 : 1;
    return count;
}
