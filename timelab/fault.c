/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault.h. */
#include "timelab/fault.h"

#include <string.h>

#include "kvmclock/lens.h"
#include "timelab/duration.h"

#define WORDS_MAX_BYTES 256
/* Of a stranger's word in a line. */
#define WORD_MAX 32
#define DAY_NS   INT64_C(86400000000000)

const struct fault_row fault_rows[FAULT_KINDS] = {
    [FAULT_JUMP] =
        {
            .name = "jump",
            .arguments = {{"by", FAULT_DURATION, 1, 3650 * DAY_NS}},
            .needs = FAULT_NEEDS_TSC_OFFSETS,
            .help = "guest time is later at once, by every clock and timer of the guest",
        },
    [FAULT_HPET_RATE] =
        {
            .name = "hpet.rate",
            .arguments = {{"ppb", FAULT_PPB, LENS_STANDS_PPB, LENS_MAX_PPB}},
            .needs = FAULT_NEEDS_HPET,
            .help = "the HPET runs so much faster than guest time, or slower; -1000000000 stops it",
        },
    [FAULT_HPET_STEP] =
        {
            .name = "hpet.step",
            .arguments = {{"by", FAULT_DURATION, -3650 * DAY_NS, 3650 * DAY_NS}},
            .needs = FAULT_NEEDS_HPET,
            .help = "the HPET's counter is later by so much, or earlier, in whole 10 ns",
        },
};

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
    text_add(draft->error, "%s: %s is to be %s ", row_of(draft)->name, argument->name,
             argument->unit == FAULT_DURATION ? "a time" : "a whole number");
    fault_add_range(argument, draft->error);
    text_add(draft->error, "%s",
             argument->unit == FAULT_DURATION ? ", with its unit, as 1.5s or 1h" : "");
    return false;
}

static bool put(struct draft *draft, unsigned place, int64_t value)
{
    const struct fault_argument *argument = &row_of(draft)->arguments[place];

    if (value < argument->min || value > argument->max)
        return refuse_value(draft, argument);
    draft->values[place] = value;
    draft->given |= 1u << place;
    return true;
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
    text_add(draft->error, "%s has no argument '%.*s'; it is %s ", row_of(draft)->name, WORD_MAX,
             name, row_of(draft)->name);
    fault_add_usage(row_of(draft), draft->error);
    return false;
}

static bool end(const struct draft *draft, struct fault *fault)
{
    const struct fault_argument *arguments = row_of(draft)->arguments;

    for (unsigned i = 0; arguments[i].name != NULL; i++)
        if ((draft->given & 1u << i) == 0) {
            text_add(draft->error, "%s: %s is missing", row_of(draft)->name, arguments[i].name);
            return false;
        }
    *fault = (struct fault){.kind = draft->kind};
    memcpy(fault->values, draft->values, sizeof fault->values);
    return true;
}

/* A whole number with an optional sign, of up to 18 digits. */
static bool parse_number(const char *text, int64_t *number)
{
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    size_t length = strspn(digits, "0123456789");

    *number = 0;
    if (length == 0 || length > 18 || digits[length] != '\0')
        return false;
    while (*digits != '\0')
        *number = *number * 10 + (*digits++ - '0');
    if (*text == '-')
        *number = -*number;
    return true;
}

static bool put_text(struct draft *draft, unsigned place, const char *text)
{
    const struct fault_argument *argument = &row_of(draft)->arguments[place];
    int64_t value;

    if (argument->unit == FAULT_DURATION ? duration_parse(text, &value)
                                         : parse_number(text, &value))
        return put(draft, place, value);
    return refuse_value(draft, argument);
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
    return find(draft, word, &place) && put_text(draft, place, equals + 1);
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
    const struct fault_argument *argument;
    unsigned place;

    if (!find(draft, name, &place))
        return false;
    argument = &row_of(draft)->arguments[place];
    if (argument->unit == FAULT_DURATION && json_is_string(value))
        return put_text(draft, place, json_string_value(value));
    if (argument->unit == FAULT_PPB && json_is_integer(value))
        return put(draft, place, json_integer_value(value));
    return refuse_value(draft, argument);
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

static void add_value(const struct fault_argument *argument, int64_t value, struct text *text)
{
    if (argument->unit == FAULT_DURATION)
        duration_add(text, value);
    else
        text_add(text, "%lld", (long long)value);
}

void fault_add_words(const struct fault *fault, struct text *text)
{
    const struct fault_row *row = &fault_rows[fault->kind];

    text_add(text, "%s", row->name);
    for (unsigned i = 0; row->arguments[i].name != NULL; i++) {
        text_add(text, " %s=", row->arguments[i].name);
        add_value(&row->arguments[i], fault->values[i], text);
    }
}

static json_t *value_to_json(const struct fault_argument *argument, int64_t value)
{
    char bytes[32];
    struct text text;

    if (argument->unit != FAULT_DURATION)
        return json_integer(value);
    text_init(&text, bytes, sizeof bytes);
    duration_add(&text, value);
    return json_string(bytes);
}

json_t *fault_to_json(const struct fault *fault)
{
    const struct fault_row *row = &fault_rows[fault->kind];
    json_t *object = json_pack("{s:s}", "fault", row->name);

    for (unsigned i = 0; row->arguments[i].name != NULL; i++)
        json_object_set_new(object, row->arguments[i].name,
                            value_to_json(&row->arguments[i], fault->values[i]));
    return object;
}

void fault_add_usage(const struct fault_row *row, struct text *text)
{
    for (unsigned i = 0; row->arguments[i].name != NULL; i++)
        text_add(text, "%s%s=%s", i > 0 ? " " : "", row->arguments[i].name,
                 row->arguments[i].unit == FAULT_DURATION ? "TIME" : "PPB");
}

void fault_add_range(const struct fault_argument *argument, struct text *text)
{
    text_add(text, "from ");
    add_value(argument, argument->min, text);
    text_add(text, " to ");
    add_value(argument, argument->max, text);
}

void fault_add_needs(const struct fault_row *row, struct text *text)
{
    text_add(text, "%s",
             (row->needs & FAULT_NEEDS_TSC_OFFSETS) != 0 ? "TSC offsets that take effect"
             : (row->needs & FAULT_NEEDS_HPET) != 0      ? "an HPET"
                                                         : "nothing");
}
