/* SPDX-License-Identifier: BSD-2-Clause */
/* The texts of --expect, a line each: what is taken says the same when it is read again. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "check/expectation.h"

static bool are_same(const struct expectation *one, const struct expectation *other)
{
    return one->kind == other->kind && one->limit == other->limit &&
           one->word_offset == other->word_offset && one->names.count == other->names.count;
}

static void add(struct expectation_list *list, const char *text)
{
    struct expectation_list again = {0};
    unsigned count = list->count;
    char error[512] = "";

    if (!expectation_add(list, text, error, sizeof error)) {
        if (error[0] == '\0' || list->count != count)
            fuzz_fail("a text is refused without a word, or half taken");
        return;
    }
    if (list->count != count + 1)
        return;
    if (!expectation_add(&again, list->items[count].text, error, sizeof error) ||
        !are_same(&again.items[0], &list->items[count]))
        fuzz_fail("an expectation is read differently the second time");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    const struct check_machine machine = {.hpet = true};
    struct expectation_list list = {0};
    char text[EXPECTATION_TEXT_BYTES + 16];
    char error[512];
    size_t length = 0;

    fuzz_count();
    for (size_t i = 0; i < size_bytes; i++) {
        if (bytes[i] != '\n' && length < sizeof text - 1) {
            text[length++] = (char)bytes[i];
            continue;
        }
        text[length] = '\0';
        length = 0;
        add(&list, text);
    }
    expectation_list_can_hold(&list, &machine, error, sizeof error);
    return 0;
}
