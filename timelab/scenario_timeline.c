/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_timeline.h. */
#include "timelab/scenario_timeline.h"

#include <string.h>

#include "timelab/scenario_seed.h"

const char *const scenario_entry_keys[] = {"at", "after", "plus", "guest", NULL};

/* An entry that is being read. */
struct draft {
    struct scenario *scenario;
    struct scenario_entry *entry;
    /* From 1. */
    unsigned number;
    struct text *error;
    /* `after` names the guest. */
    bool has_guest;
};

static bool refuse(const struct draft *draft, const char *what)
{
    text_add(draft->error, "timeline entry %u: %s", draft->number, what);
    return false;
}

/* Of "GUEST:TEXT" the text, if there is a guest of that name; else all of it. */
static const char *take_guest(struct draft *draft, const char *text)
{
    size_t length = strcspn(text, ":");
    char name[SCENARIO_NAME_BYTES];
    unsigned guest;

    if (text[length] == '\0' || length >= sizeof name)
        return text;
    memcpy(name, text, length);
    name[length] = '\0';
    if (!scenario_find_guest(draft->scenario, name, &guest))
        return text;
    draft->entry->guest = guest;
    draft->has_guest = true;
    return text + length + 1;
}

static bool read_pattern(struct draft *draft, const char *text)
{
    static const char word[] = "dmesg~";
    char bytes[128];
    struct text why;

    text_init(&why, bytes, sizeof bytes);
    text = take_guest(draft, text);
    if (strncmp(text, word, strlen(word)) != 0)
        return refuse(draft, "after is to be dmesg~PATTERN, or GUEST:dmesg~PATTERN");
    if (pattern_open(&draft->entry->after, text + strlen(word), &why))
        return true;
    text_add(draft->error, "timeline entry %u: after: %s", draft->number, bytes);
    return false;
}

static bool read_after(struct draft *draft, const json_t *after, const json_t *plus)
{
    const char *text = json_string_value(plus);

    if (!json_is_string(after))
        return refuse(draft, "after is to be a text, as \"dmesg~Switched to clocksource\"");
    if (plus != NULL && (text == NULL || !scenario_time_parse(text, &draft->entry->time) ||
                         draft->entry->time.origin != ORIGIN_START))
        return refuse(draft, "plus is to be a length of time, as \"1s\"");
    return read_pattern(draft, json_string_value(after));
}

static bool read_at(struct draft *draft, const json_t *at)
{
    const char *text = json_string_value(at);

    if (text != NULL && scenario_time_parse(text, &draft->entry->time) &&
        draft->entry->time.origin != ORIGIN_FAULT)
        return true;
    return refuse(draft, "at is to be a guest time, as \"20s\" or \"boot+5s\"");
}

static bool read_when(struct draft *draft, const json_t *object)
{
    const json_t *at = json_object_get(object, "at"), *after = json_object_get(object, "after");
    const json_t *plus = json_object_get(object, "plus");

    if ((at == NULL) == (after == NULL))
        return refuse(draft, "it is to have either at or after");
    if (at != NULL && plus != NULL)
        return refuse(draft, "plus goes with after; give the time by at");
    return at != NULL ? read_at(draft, at) : read_after(draft, after, plus);
}

/* After `after`, which may name it as well. */
static bool read_guest(struct draft *draft, const json_t *object)
{
    const json_t *name = json_object_get(object, "guest");
    unsigned guest;

    if (name == NULL && draft->has_guest)
        return true;
    if (name != NULL && !json_is_string(name))
        return refuse(draft, "guest is to be the name of one");
    if (!scenario_find_guest(draft->scenario, json_string_value(name), &guest))
        return refuse(draft, name == NULL ? "guest is missing, as there are several"
                                          : "there is no such guest");
    if (draft->has_guest && draft->entry->guest != guest)
        return refuse(draft, "after and guest are to name the same guest");
    draft->entry->guest = guest;
    return true;
}

/* The rest of the object, which is the fault's. */
static bool read_fault(struct draft *draft, const json_t *object)
{
    json_t *fault = json_copy((json_t *)object);
    char bytes[FAULT_ERROR_BYTES];
    struct text why;
    bool done;

    for (unsigned i = 0; scenario_entry_keys[i] != NULL; i++)
        json_object_del(fault, scenario_entry_keys[i]);
    text_init(&why, bytes, sizeof bytes);
    done = fault_from_json(fault, &draft->entry->fault, &why);
    json_decref(fault);
    if (!done)
        return refuse(draft, bytes);
    draft->entry->is_seeded = scenario_seed_place(&draft->entry->fault) < FAULT_ARGUMENTS_MAX &&
                              json_object_get(object, "seed") == NULL;
    return true;
}

static void state(struct draft *draft, const json_t *object)
{
    struct scenario_entry *entry = draft->entry;
    char bytes[EXPECTATION_TEXT_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    if (entry->after.is_open) {
        text_add(&text, "after %s ", json_string_value(json_object_get(object, "after")));
        if (entry->time.after_ns > 0)
            text_add(&text, "plus ");
    }
    if (!entry->after.is_open || entry->time.after_ns > 0) {
        scenario_time_add(&entry->time, &text);
        text_add(&text, " ");
    }
    fault_add_words(&entry->fault, &text);
    scenario_state(&entry->stated, bytes);
}

static bool are_at_one_time(const struct scenario_entry *one, const struct scenario_entry *other)
{
    return !one->after.is_open && !other->after.is_open && one->guest == other->guest &&
           one->time.origin == other->time.origin && one->time.after_ns == other->time.after_ns;
}

/* Two of one fault at one time: which of them is meant? */
static bool contradicts_another(const struct draft *draft)
{
    const struct scenario *scenario = draft->scenario;
    const struct scenario_entry *entry = draft->entry;

    for (unsigned i = 0; i < scenario->entry_count; i++)
        if (fault_has_target_of(&entry->fault, &scenario->entries[i].fault) &&
            are_at_one_time(entry, &scenario->entries[i])) {
            text_add(draft->error,
                     "timeline entries %u and %u contradict each other: both are %s at ", i + 1,
                     draft->number, fault_rows[entry->fault.kind].name);
            scenario_time_add(&entry->time, draft->error);
            return true;
        }
    return false;
}

static bool comes_after_the_end(const struct draft *draft)
{
    const struct scenario *scenario = draft->scenario;
    const struct scenario_entry *entry = draft->entry;

    return scenario->has_end && !entry->after.is_open &&
           entry->time.origin == scenario->end.origin &&
           entry->time.after_ns >= scenario->end.after_ns;
}

static bool refuse_as_late(const struct draft *draft)
{
    refuse(draft, "it comes at ");
    scenario_time_add(&draft->entry->time, draft->error);
    text_add(draft->error, ", and the scenario's end at ");
    scenario_time_add(&draft->scenario->end, draft->error);
    return false;
}

static bool read_entry(struct draft *draft, const json_t *object)
{
    if (!json_is_object(object))
        return refuse(draft, "it is no object");
    if (!read_when(draft, object) || !read_guest(draft, object) || !read_fault(draft, object))
        return false;
    if (comes_after_the_end(draft))
        return refuse_as_late(draft);
    if (contradicts_another(draft))
        return false;
    if (scenario_count_of_guest(draft->scenario, draft->entry->guest) >= SCENARIO_VERDICTS_MAX)
        return refuse(draft, "a guest has 31 entries and expectations at most");
    state(draft, object);
    return true;
}
_Static_assert(SCENARIO_VERDICTS_MAX == 31, "said above");

bool scenario_read_timeline(struct scenario *scenario, const json_t *list, struct text *error)
{
    if (list != NULL && !json_is_array(list)) {
        text_add(error, "timeline is to be a list");
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct draft draft = {.scenario = scenario, .number = (unsigned)i + 1, .error = error};

        if (scenario->entry_count == SCENARIO_ENTRIES_MAX)
            return refuse(&draft, "there are too many");
        draft.entry = &scenario->entries[i];

        if (!read_entry(&draft, json_array_get(list, i))) {
            pattern_close(&draft.entry->after);
            return false;
        }
        scenario->entry_count++;
    }
    return true;
}
