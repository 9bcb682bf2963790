/* SPDX-License-Identifier: BSD-2-Clause */
/* See pattern_program.h. */
#include "timelab/pattern_program.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* A pattern that is being read. */
struct draft {
    struct pattern_program *program;
    const char *at;
    /* NULL: nothing is wrong so far. */
    const char *wrong;
};

static bool refuse(struct draft *draft, const char *wrong)
{
    draft->wrong = wrong;
    return false;
}

/* A step comes before the others from `at` on. Theirs go on to the same ones as before. */
static void insert(struct draft *draft, unsigned at, enum pattern_step_kind kind, int value)
{
    struct pattern_program *program = draft->program;
    struct pattern_step *step = &program->steps[at];

    assert(program->count < PATTERN_STEPS_MAX);
    memmove(step + 1, step, (program->count - at) * sizeof *step);
    *step = (struct pattern_step){(uint8_t)kind, (int16_t)value};
    program->count++;
}

static void append(struct draft *draft, enum pattern_step_kind kind, int value)
{
    insert(draft, draft->program->count, kind, value);
}

static bool is_letter_or_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

static void put(uint8_t set[32], unsigned byte)
{
    set[byte / 8] |= (uint8_t)(1u << byte % 8);
}

static void put_range(uint8_t set[32], unsigned from, unsigned to)
{
    for (unsigned byte = from; byte <= to; byte++)
        put(set, byte);
}

/* "[:digit:]" */
static bool read_class(struct draft *draft, uint8_t set[32])
{
    /* Ranges of ASCII: the first byte and the last one of each. */
    static const struct {
        const char *name;
        const char *ranges;
    } classes[] = {
        {"[:alnum:]", "09AZaz"},   {"[:alpha:]", "AZaz"},
        {"[:blank:]", "  \t\t"},   {"[:cntrl:]", "\1\37\177\177"},
        {"[:digit:]", "09"},       {"[:graph:]", "!~"},
        {"[:lower:]", "az"},       {"[:print:]", " ~"},
        {"[:punct:]", "!/:@[`{~"}, {"[:space:]", "  \t\r"},
        {"[:upper:]", "AZ"},       {"[:xdigit:]", "09AFaf"},
    };

    for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t length = strlen(classes[i].name);

        if (strncmp(draft->at, classes[i].name, length) != 0)
            continue;
        for (const char *range = classes[i].ranges; *range != '\0'; range += 2)
            put_range(set, (uint8_t)range[0], (uint8_t)range[1]);
        draft->at += length;
        return true;
    }
    return refuse(draft, "of classes in brackets there are those as [:digit:]");
}

static bool is_class(const char *at)
{
    return at[0] == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=');
}

/* A byte, or a range. */
static bool read_range(struct draft *draft, uint8_t set[32])
{
    unsigned from = (uint8_t)*draft->at++, to = from;

    if (draft->at[0] == '-' && draft->at[1] != ']' && draft->at[1] != '\0') {
        if (is_class(++draft->at))
            return refuse(draft, "a range in brackets goes from a byte to a byte, as a-z");
        to = (uint8_t)*draft->at++;
    }
    if (to < from)
        return refuse(draft, "a range in brackets is to go up, as a-z");
    put_range(set, from, to);
    return true;
}

/* Behind the "[". A "]" that comes first is one of the set. */
static bool read_set(struct draft *draft)
{
    struct pattern_program *program = draft->program;
    uint8_t *set = program->sets[program->set_count];
    bool is_first = true, is_negated = *draft->at == '^';

    assert(program->set_count < PATTERN_SETS_MAX);
    draft->at += is_negated ? 1 : 0;
    for (; *draft->at != '\0' && (is_first || *draft->at != ']'); is_first = false)
        if (!(is_class(draft->at) ? read_class(draft, set) : read_range(draft, set)))
            return false;
    if (*draft->at++ == '\0')
        return refuse(draft, "a [ has no ] behind it");
    for (unsigned i = 0; is_negated && i < sizeof program->sets[0]; i++)
        set[i] = (uint8_t)~set[i];
    append(draft, STEP_SET, (int)program->set_count++);
    return true;
}

static bool read_alternatives(struct draft *draft);

static bool read_group(struct draft *draft)
{
    if (!read_alternatives(draft))
        return false;
    return *draft->at++ == ')' || refuse(draft, "a ( has no ) behind it");
}

static bool read_escaped(struct draft *draft)
{
    char byte = *draft->at;

    if (byte == '\0' || is_letter_or_digit(byte))
        return refuse(draft, "a \\ is to be before a sign, as \\. or \\{");
    draft->at++;
    append(draft, STEP_BYTE, (uint8_t)byte);
    return true;
}

static bool read_one(struct draft *draft)
{
    char byte = *draft->at++;

    switch (byte) {
    case '(':
        return read_group(draft);
    case '[':
        return read_set(draft);
    case '\\':
        return read_escaped(draft);
    case '.':
        append(draft, STEP_ANY, 0);
        return true;
    case '^':
        append(draft, STEP_BEGIN, 0);
        return true;
    case '$':
        append(draft, STEP_END, 0);
        return true;
    case '*':
    case '+':
    case '?':
        return refuse(draft, "a *, + or ? has nothing before it");
    case '{':
        return refuse(draft, "a pattern has no {; \\{ is a brace");
    default:
        append(draft, STEP_BYTE, (uint8_t)byte);
        return true;
    }
}

/* With the signs behind it that say how often it comes. */
static bool read_repeated(struct draft *draft)
{
    unsigned start = draft->program->count;

    if (!read_one(draft))
        return false;
    for (; *draft->at == '*' || *draft->at == '+' || *draft->at == '?'; draft->at++) {
        int length = (int)(draft->program->count - start);

        if (*draft->at == '+') {
            append(draft, STEP_SPLIT, -length);
            continue;
        }
        insert(draft, start, STEP_SPLIT, *draft->at == '*' ? length + 2 : length + 1);
        if (*draft->at == '*')
            append(draft, STEP_JUMP, -length - 1);
    }
    return true;
}

static bool read_alternatives(struct draft *draft)
{
    const struct pattern_program *program = draft->program;
    unsigned start = program->count, jump;

    while (*draft->at != '\0' && *draft->at != '|' && *draft->at != ')')
        if (!read_repeated(draft))
            return false;
    if (*draft->at != '|')
        return true;
    draft->at++;
    insert(draft, start, STEP_SPLIT, (int)(program->count - start) + 2);
    jump = program->count;
    append(draft, STEP_JUMP, 0);
    if (!read_alternatives(draft))
        return false;
    draft->program->steps[jump].value = (int16_t)(program->count - jump);
    return true;
}

const char *pattern_program_read(struct pattern_program *program, const char *text)
{
    struct draft draft = {.program = program, .at = text};

    if (read_alternatives(&draft) && *draft.at == ')')
        refuse(&draft, "a ) has no ( before it; \\) is one");
    append(&draft, STEP_MATCH, 0);
    return draft.wrong;
}
