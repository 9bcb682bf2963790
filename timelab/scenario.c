/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario.h. */
#include "timelab/scenario.h"

#include <string.h>

const char *scenario_unknown_key(const json_t *object, const char *const *keys)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        unsigned i = 0;

        (void)value;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i] == NULL)
            return key;
    }
    return NULL;
}

bool scenario_find_guest(const struct scenario *scenario, const char *name, unsigned *guest)
{
    *guest = 0;
    if (name == NULL)
        return scenario->guest_count == 1;
    while (*guest < scenario->guest_count && strcmp(scenario->guests[*guest].name, name) != 0)
        ++*guest;
    return *guest < scenario->guest_count;
}

unsigned scenario_count_of_guest(const struct scenario *scenario, unsigned guest)
{
    unsigned count = scenario->guests[guest].checks.count;

    for (unsigned i = 0; i < scenario->entry_count; i++)
        count += scenario->entries[i].guest == guest ? 1 : 0;
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        count += scenario->expectations[i].guest == guest ? 1 : 0;
    return count;
}

bool scenario_needs_samples(const struct scenario *scenario, unsigned guest)
{
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        if (scenario->expectations[i].guest == guest &&
            scenario->expectations[i].kind >= TIMED_RATE_LEAST)
            return true;
    return false;
}

void scenario_state(struct expectation *stated, const char *text)
{
    size_t length = strlen(text);

    if (length >= sizeof stated->text)
        length = sizeof stated->text - 1;
    memcpy(stated->text, text, length);
    stated->text[length] = '\0';
}

void scenario_close(struct scenario *scenario)
{
    for (unsigned i = 0; i < scenario->entry_count; i++)
        pattern_close(&scenario->entries[i].after);
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        pattern_close(&scenario->expectations[i].pattern);
    json_decref(scenario->document);
    *scenario = (struct scenario){0};
}
