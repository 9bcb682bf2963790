/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults as --at and as the control command gets them, a line each: what is taken is printed so
 * that it is read back as the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "timelab/fault_schedule.h"

static bool are_same(const struct fault *one, const struct fault *other)
{
    return one->kind == other->kind && memcmp(one->values, other->values, sizeof one->values) == 0;
}

/* A line is a line: it is there, fits, and has nothing that a terminal obeys but what was given. */
static void check_error(const struct text *error)
{
    if (error->length_bytes == 0 || error->cut)
        fuzz_fail("a fault is refused without a word, or with too many");
}

static void check_json_form(const struct fault *fault)
{
    json_t *object = fault_to_json(fault);
    char line[FAULT_ERROR_BYTES];
    struct fault again;
    struct text error;

    text_init(&error, line, sizeof line);
    if (!fault_from_json(object, &again, &error) || !are_same(fault, &again))
        fuzz_fail("the object of a fault is read differently");
    json_decref(object);
}

static void try_words(const char *words)
{
    struct scheduled_fault entry, again;
    char line[FAULT_ERROR_BYTES];
    char bytes[2 * FAULT_TEXT_BYTES];
    struct text error, text;

    text_init(&error, line, sizeof line);
    if (!scheduled_fault_from_words(words, &entry, &error)) {
        check_error(&error);
        return;
    }
    text_init(&text, bytes, sizeof bytes);
    scheduled_fault_add_words(&entry, &text);
    if (text.cut || !scheduled_fault_from_words(bytes, &again, &error) ||
        again.at_ns != entry.at_ns || !are_same(&entry.fault, &again.fault))
        fuzz_fail("the words of a fault are read differently");
    check_json_form(&entry.fault);
}

static void try_json(const char *bytes)
{
    json_t *object = json_loads(bytes, JSON_REJECT_DUPLICATES, NULL);
    char line[FAULT_ERROR_BYTES];
    struct fault fault;
    struct text error;

    if (object == NULL)
        return;
    text_init(&error, line, sizeof line);
    if (fault_from_json(object, &fault, &error))
        check_json_form(&fault);
    else
        check_error(&error);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    char text[512];
    size_t length = 0;

    fuzz_count();
    for (size_t i = 0; i < size_bytes; i++) {
        if (bytes[i] != '\n' && length < sizeof text - 1) {
            text[length++] = (char)bytes[i];
            continue;
        }
        text[length] = '\0';
        length = 0;
        try_words(text);
        try_json(text);
    }
    return 0;
}
