/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios: whatever is in the file, it is read or refused with one line. */
#include "tests/fuzz/fuzz.h"

#include "timelab/scenario_read.h"

/* What a line of a guest may be like. */
static const char line[] = "[    1.234567] clocksource: Switched to clocksource tsc";

static void try_patterns(const struct scenario *scenario)
{
    for (unsigned i = 0; i < scenario->entry_count; i++)
        if (scenario->entries[i].after.is_open)
            pattern_matches(&scenario->entries[i].after, line);
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        if (scenario->expectations[i].pattern.is_open)
            pattern_matches(&scenario->expectations[i].pattern, line);
}

static void check_error(const struct text *error)
{
    if (error->length_bytes == 0 || error->cut)
        fuzz_fail("a scenario is refused without a word, or with too many");
    for (size_t i = 0; i < error->length_bytes; i++)
        if (error->bytes[i] < ' ' || error->bytes[i] > '~')
            fuzz_fail("an error has more than printable ASCII");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static struct scenario scenario;
    char error_bytes[SCENARIO_ERROR_BYTES];
    struct text error;

    fuzz_count();
    text_init(&error, error_bytes, sizeof error_bytes);
    if (scenario_read(&scenario, (const char *)bytes, size_bytes, &error))
        try_patterns(&scenario);
    else
        check_error(&error);
    scenario_close(&scenario);
    return 0;
}
