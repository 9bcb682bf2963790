/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault.h. */
#include "timelab/fault.h"

#include <string.h>

#define WORDS_MAX_BYTES 512
/* Of a stranger's word in a line. */
#define WORD_MAX 32

/* A fault that is being read. */
struct draft {
    enum fault_kind kind;
    int64_t values[FAULT_ARGUMENTS_MAX];
    /* Bits of those that were given. */
    unsigned given;
    struct text *error;
};

static bool begin(struct draft *draft, const char *name, struct text *error)
{
    *draft = (struct draft){.error = error};
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        if (strcmp(fault_rows[kind].name, name) == 0) {
            draft->kind = (enum fault_kind)kind;
            return true;
        }
    text_add(error, "'%.*s' is no fault; minivmm --faults lists them", WORD_MAX, name);
    return false;
}

static const struct fault_row *row_of(const struct draft *draft)
{
    return &fault_rows[draft->kind];
}

static bool refuse_value(const struct draft *draft, const struct fault_argument *argument)
{
    text_add(draft->error, "%s: %s is to be ", row_of(draft)->name, argument->name);
    fault_value_add_range(argument, draft->error);
    fault_value_add_hint(argument, draft->error);
    return false;
}

/* Its place in the row, if it is there and was not given yet. */
static bool find(const struct draft *draft, const char *name, unsigned *place)
{
    const struct fault_argument *arguments = row_of(draft)->arguments;

    for (*place = 0; arguments[*place].name != NULL; ++*place)
        if (strcmp(arguments[*place].name, name) == 0) {
            if ((draft->given & 1u << *place) == 0)
                return true;
            text_add(draft->error, "%s: %s is given twice", row_of(draft)->name, name);
            return false;
        }
    text_add(draft->error, "%s has no argument '%.*s'; it is %s", row_of(draft)->name, WORD_MAX,
             name, row_of(draft)->name);
    fault_add_usage(row_of(draft), draft->error);
    return false;
}

static bool is_one_bit(unsigned bits)
{
    return bits != 0 && (bits & (bits - 1)) == 0;
}

static bool refuse_choice(const struct draft *draft, unsigned choices)
{
    const struct fault_argument *arguments = row_of(draft)->arguments;
    const char *between = "";

    text_add(draft->error, "%s: give exactly one of ", row_of(draft)->name);
    for (unsigned i = 0; arguments[i].name != NULL; i++)
        if ((choices & 1u << i) != 0) {
            text_add(draft->error, "%s%s", between, arguments[i].name);
            between = ", ";
        }
    return false;
}

static bool end(struct draft *draft, struct fault *fault)
{
    const struct fault_argument *arguments = row_of(draft)->arguments;
    unsigned choices = 0;

    for (unsigned i = 0; arguments[i].name != NULL; i++) {
        choices |= arguments[i].use == FAULT_ONE_OF ? 1u << i : 0;
        if ((draft->given & 1u << i) != 0)
            continue;
        if (arguments[i].use == FAULT_REQUIRED) {
            text_add(draft->error, "%s: %s is missing", row_of(draft)->name, arguments[i].name);
            return false;
        }
        draft->values[i] = arguments[i].preset;
    }
    if (choices != 0 && !is_one_bit(draft->given & choices))
        return refuse_choice(draft, choices);
    *fault = (struct fault){.kind = draft->kind};
    memcpy(fault->values, draft->values, sizeof fault->values);
    return true;
}

/* NAME=VALUE, which is written to. */
static bool take_word(struct draft *draft, char *word)
{
    char *equals = strchr(word, '=');
    unsigned place;

    if (equals == NULL) {
        text_add(draft->error, "%s: '%.*s' is to be NAME=VALUE", row_of(draft)->name, WORD_MAX,
                 word);
        return false;
    }
    *equals = '\0';
    if (!find(draft, word, &place))
        return false;
    draft->given |= 1u << place;
    return fault_value_from_text(&row_of(draft)->arguments[place], equals + 1,
                                 &draft->values[place]) ||
           refuse_value(draft, &row_of(draft)->arguments[place]);
}

/* The next word, which ends in NUL from now on; *rest is moved behind it. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " ");

    *rest = word + strcspn(word, " ");
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}

bool fault_from_words(const char *words, struct fault *fault, struct text *error)
{
    char bytes[WORDS_MAX_BYTES];
    char *rest = bytes, *word;
    struct draft draft;

    if (strlen(words) >= sizeof bytes) {
        text_add(error, "no fault is longer than %d bytes", WORDS_MAX_BYTES - 1);
        return false;
    }
    strcpy(bytes, words);
    if (!begin(&draft, next_word(&rest), error))
        return false;
    while (*(word = next_word(&rest)) != '\0')
        if (!take_word(&draft, word))
            return false;
    return end(&draft, fault);
}

static bool take_member(struct draft *draft, const char *name, const json_t *value)
{
    unsigned place;

    if (!find(draft, name, &place))
        return false;
    draft->given |= 1u << place;
    return fault_value_from_json(&row_of(draft)->arguments[place], value, &draft->values[place]) ||
           refuse_value(draft, &row_of(draft)->arguments[place]);
}

bool fault_from_json(const json_t *object, struct fault *fault, struct text *error)
{
    const char *name = json_string_value(json_object_get(object, "fault"));
    struct draft draft;
    const char *key;
    json_t *value;

    if (name == NULL) {
        text_add(error, "'fault' is to be the name of one; minivmm --faults lists them");
        return false;
    }
    if (!begin(&draft, name, error))
        return false;
    json_object_foreach((json_t *)object, key, value)
    {
        if (strcmp(key, "fault") != 0 && !take_member(&draft, key, value))
            return false;
    }
    return end(&draft, fault);
}

/* What is not told is read as the preset. */
static bool is_told(const struct fault_argument *argument, int64_t value)
{
    return argument->use == FAULT_REQUIRED || value != argument->preset;
}

void fault_add_words(const struct fault *fault, struct text *text)
{
    const struct fault_argument *arguments = fault_rows[fault->kind].arguments;

    text_add(text, "%s", fault_rows[fault->kind].name);
    for (unsigned i = 0; arguments[i].name != NULL; i++)
        if (is_told(&arguments[i], fault->values[i])) {
            text_add(text, " %s=", arguments[i].name);
            fault_value_add(&arguments[i], fault->values[i], text);
        }
}

json_t *fault_to_json(const struct fault *fault)
{
    const struct fault_argument *arguments = fault_rows[fault->kind].arguments;
    json_t *object = json_pack("{s:s}", "fault", fault_rows[fault->kind].name);

    for (unsigned i = 0; arguments[i].name != NULL; i++)
        if (is_told(&arguments[i], fault->values[i]))
            json_object_set_new(object, arguments[i].name,
                                fault_value_to_json(&arguments[i], fault->values[i]));
    if (fault->is_end)
        json_object_set_new(object, "end", json_true());
    return object;
}

uint64_t fault_lasts_ns(const struct fault *fault)
{
    const struct fault_row *row = &fault_rows[fault->kind];

    for (unsigned i = 0; row->arguments[i].name != NULL; i++)
        if (strcmp(row->arguments[i].name, "for") == 0 && !row->ends_itself)
            return (uint64_t)fault->values[i];
    return 0;
}

bool fault_has_target_of(const struct fault *fault, const struct fault *other)
{
    const struct fault_argument *arguments = fault_rows[fault->kind].arguments;

    if (fault->kind != other->kind)
        return false;
    for (unsigned i = 0; arguments[i].name != NULL; i++)
        if (arguments[i].is_target && fault->values[i] != other->values[i])
            return false;
    return true;
}

/* One of several as "(p=SHARE|every=N)", what may be left out as "[for=TIME]". */
void fault_add_usage(const struct fault_row *row, struct text *text)
{
    enum fault_use before = FAULT_REQUIRED;

    for (unsigned i = 0; row->arguments[i].name != NULL; i++) {
        enum fault_use use = row->arguments[i].use;
        bool goes_on = use == FAULT_ONE_OF && before == FAULT_ONE_OF;

        text_add(text, "%s%s", before == FAULT_ONE_OF && !goes_on ? ")" : "", goes_on ? "|" : " ");
        text_add(text, "%s%s=",
                 use == FAULT_OPTIONAL             ? "["
                 : use == FAULT_ONE_OF && !goes_on ? "("
                                                   : "",
                 row->arguments[i].name);
        fault_value_add_usage(&row->arguments[i], text);
        text_add(text, "%s", use == FAULT_OPTIONAL ? "]" : "");
        before = use;
    }
    text_add(text, "%s", before == FAULT_ONE_OF ? ")" : "");
}

/* In the order of enum fault_need. */
static const char *const needs[] = {
    "TSC offsets that take effect", "an HPET", "a PM timer",
    "kvm-clock from user space",    "vmclock", "a ptp_kvm that minivmm answers",
};

void fault_add_needs(const struct fault_row *row, struct text *text)
{
    const char *between = "";

    for (unsigned i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if ((row->needs & 1u << i) != 0) {
            text_add(text, "%s%s", between, needs[i]);
            between = ", ";
        }
    text_add(text, "%s", *between == '\0' ? "nothing" : "");
}
