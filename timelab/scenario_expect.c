/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_expect.h. */
#include "timelab/scenario_expect.h"

#include <string.h>

#include "base/duration.h"

#define CLAUSE_WORD_BYTES 64

/* An expectation that is being read. */
struct draft {
    struct scenario *scenario;
    /* From 1. */
    unsigned number;
    struct text *error;
    unsigned guest;
    /* Without the guest; clauses are cut off from its end. */
    char text[EXPECTATION_TEXT_BYTES];
    struct timed_expectation timed;
    /* Two clauses say from when on it is to hold, or until when. */
    bool is_said_twice;
};

static bool refuse(const struct draft *draft, const char *what)
{
    text_add(draft->error, "expectation %u: %s", draft->number, what);
    return false;
}

/* The last word of the text, before which it is cut off; NULL: there is none, or it is too long. */
static const char *cut_word(char *text, char word[CLAUSE_WORD_BYTES])
{
    char *last = strrchr(text, ' ');

    if (last == NULL || strlen(last + 1) >= CLAUSE_WORD_BYTES)
        return NULL;
    strcpy(word, last + 1);
    while (last > text && last[-1] == ' ')
        last--;
    *last = '\0';
    return word;
}

static void set_from(struct draft *draft, const struct scenario_time *time)
{
    draft->is_said_twice |= draft->timed.has_from;
    draft->timed.from = *time;
    draft->timed.has_from = true;
}

static void set_to(struct draft *draft, const struct scenario_time *time)
{
    draft->is_said_twice |= draft->timed.has_to;
    draft->timed.to = *time;
    draft->timed.has_to = true;
}

/* "within LENGTH of", of which the last word is cut off already. */
static bool take_within(struct draft *draft, char *text, const struct scenario_time *time)
{
    char word[CLAUSE_WORD_BYTES];
    struct scenario_time end = *time, length;

    if (cut_word(text, word) == NULL || !scenario_time_parse(word, &length) ||
        length.origin != ORIGIN_START || cut_word(text, word) == NULL ||
        strcmp(word, "within") != 0)
        return false;
    end.after_ns += length.after_ns;
    set_from(draft, time);
    set_to(draft, &end);
    return true;
}

/* Takes the last clause off. False: there is none. */
static bool take_clause(struct draft *draft)
{
    char text[EXPECTATION_TEXT_BYTES], word[CLAUSE_WORD_BYTES];
    struct scenario_time time;

    strcpy(text, draft->text);
    if (cut_word(text, word) == NULL || !scenario_time_parse(word, &time) ||
        cut_word(text, word) == NULL)
        return false;
    if (strcmp(word, "at") == 0) {
        set_from(draft, &time);
        set_to(draft, &time);
    } else if (strcmp(word, "from") == 0) {
        set_from(draft, &time);
    } else if (strcmp(word, "to") == 0) {
        set_to(draft, &time);
    } else if (strcmp(word, "of") != 0 || !take_within(draft, text, &time)) {
        return false;
    }
    strcpy(draft->text, text);
    return true;
}

static bool has_time(const struct draft *draft)
{
    return draft->timed.has_from || draft->timed.has_to;
}

static bool read_line(struct draft *draft, const char *value)
{
    char bytes[128];
    struct text why;

    text_init(&why, bytes, sizeof bytes);
    return pattern_open(&draft->timed.pattern, value, &why) || refuse(draft, bytes);
}

static bool read_clocksource(struct draft *draft, const char *value)
{
    if (*value == '\0' || strlen(value) >= sizeof draft->timed.name || strchr(value, ' ') != NULL)
        return refuse(draft, "clocksource= has the name of one behind it");
    strcpy(draft->timed.name, value);
    return true;
}

static bool read_status(struct draft *draft, const char *value)
{
    unsigned status = 0;

    for (; *value >= '0' && *value <= '9' && status <= 255; value++)
        status = status * 10 + (unsigned)(*value - '0');
    if (has_time(draft) || *value != '\0' || status > 255 || value[-1] == '=')
        return refuse(draft, "status=N is the status of the run, from 0 to 255");
    draft->timed.limit = status;
    return true;
}

static bool read_back(struct draft *draft, const char *value)
{
    struct scenario_time length;

    if (has_time(draft) || !scenario_time_parse(value, &length) || length.origin != ORIGIN_START)
        return refuse(draft, "back>= and back<= have a length of time behind them, as 1ms");
    draft->timed.limit = length.after_ns;
    return true;
}

static bool read_offset(struct draft *draft, const char *value)
{
    struct scenario_time length;

    if (!scenario_time_parse(value, &length) || length.origin != ORIGIN_START)
        return refuse(draft, "offset>= and offset<= have a length of time behind them, as 1ms");
    draft->timed.limit = length.after_ns;
    return true;
}

/* As check reads "drift<=N". Of a part of the run it is by samples. */
static bool read_drift(struct draft *draft, const char *value)
{
    struct expectation_list *list = &draft->scenario->guests[draft->guest].checks;
    char bytes[EXPECTATION_TEXT_BYTES], reason[EXPECTATION_ERROR_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "drift<=%s", value);
    if (!expectation_add(list, bytes, reason, sizeof reason))
        return refuse(draft,
                      "drift>= and drift<= have a number of ppb or ppm behind them, as 400ppm");
    draft->timed.limit = list->items[--list->count].limit;
    if (has_time(draft) && draft->timed.kind == TIMED_DRIFT_LEAST)
        draft->timed.kind = TIMED_RATE_LEAST;
    return true;
}

static const struct row {
    const char *start;
    enum timed_kind kind;
    bool (*read)(struct draft *draft, const char *value);
} rows[] = {
    {"dmesg~", TIMED_LINE, read_line},
    {"dmesg!~", TIMED_NO_LINE, read_line},
    {"clocksource=", TIMED_CLOCKSOURCE, read_clocksource},
    {"status=", TIMED_STATUS, read_status},
    {"back>=", TIMED_BACK_LEAST, read_back},
    {"back<=", TIMED_BACK_MOST, read_back},
    {"drift>=", TIMED_DRIFT_LEAST, read_drift},
    {"drift<=", TIMED_RATE_MOST, read_drift},
    {"offset>=", TIMED_OFFSET_LEAST, read_offset},
    {"offset<=", TIMED_OFFSET_MOST, read_offset},
};

static bool is_of_check_too(const struct row *row)
{
    return row->kind == TIMED_CLOCKSOURCE || row->kind == TIMED_RATE_MOST;
}

/* NULL: it is one of a check. A clocksource or drift<= without a time is. */
static const struct row *row_of(const struct draft *draft)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(draft->text, rows[i].start, strlen(rows[i].start)) == 0)
            return is_of_check_too(&rows[i]) && !has_time(draft) ? NULL : &rows[i];
    return NULL;
}

static bool add_check(struct draft *draft)
{
    struct expectation_list *list = &draft->scenario->guests[draft->guest].checks;
    char bytes[EXPECTATION_ERROR_BYTES];

    if (has_time(draft))
        return refuse(
            draft,
            "at, from, to and within are for dmesg~, dmesg!~, clocksource=, drift and offset");
    return expectation_add(list, draft->text, bytes, sizeof bytes) || refuse(draft, bytes);
}

static bool add_timed(struct draft *draft, const struct row *row, const char *text)
{
    struct scenario *scenario = draft->scenario;

    draft->timed.guest = draft->guest;
    draft->timed.kind = row->kind;
    scenario_state(&draft->timed.stated, text);
    if (!row->read(draft, draft->text + strlen(row->start)))
        return false;
    if (row->kind == TIMED_CLOCKSOURCE && !draft->timed.has_from)
        return refuse(draft, "clocksource= is for a time, by at, or from one on, by from");
    scenario->expectations[scenario->expectation_count++] = draft->timed;
    return true;
}

/* Of "GUEST:TEXT" the text; the text itself if it names none. */
static const char *take_guest(struct draft *draft, const char *text)
{
    size_t length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    char name[SCENARIO_NAME_BYTES] = "";

    if (length < sizeof name && text[length] == ':') {
        memcpy(name, text, length);
        if (scenario_find_guest(draft->scenario, name, &draft->guest))
            return text + length + 1;
        refuse(draft, "there is no guest of that name before the colon");
        return NULL;
    }
    if (scenario_find_guest(draft->scenario, NULL, &draft->guest))
        return text;
    refuse(draft, "there are several guests: it is to begin with the name of one, as a:");
    return NULL;
}

static bool read_one(struct draft *draft, const json_t *value)
{
    const char *text = json_string_value(value);
    const struct row *row;
    bool done;

    if (text == NULL || strlen(text) >= sizeof draft->text)
        return refuse(draft, "it is to be a text of 159 bytes at most");
    text = take_guest(draft, text);
    if (text == NULL)
        return false;
    if (scenario_count_of_guest(draft->scenario, draft->guest) >= SCENARIO_VERDICTS_MAX)
        return refuse(draft, "a guest has 31 entries and expectations at most");
    strcpy(draft->text, text);
    while (take_clause(draft))
        ;
    if (draft->is_said_twice)
        return refuse(draft, "its time is said twice");
    row = row_of(draft);
    done = row != NULL ? add_timed(draft, row, text) : add_check(draft);
    if (!done)
        pattern_close(&draft->timed.pattern);
    return done;
}
_Static_assert(EXPECTATION_TEXT_BYTES == 160 && SCENARIO_VERDICTS_MAX == 31, "said above");

bool scenario_read_expectations(struct scenario *scenario, const json_t *list, struct text *error)
{
    if (list != NULL && !json_is_array(list)) {
        text_add(error, "expect is to be a list");
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct draft draft = {.scenario = scenario, .number = (unsigned)i + 1, .error = error};

        if (!read_one(&draft, json_array_get(list, i)))
            return false;
    }
    return true;
}

static bool names_no_entry(const struct scenario *scenario, unsigned guest,
                           const struct scenario_time *time)
{
    return time->origin == ORIGIN_FAULT &&
           (time->entry >= scenario->entry_count || scenario->entries[time->entry].guest != guest);
}

static bool is_after_end(const struct scenario *scenario, const struct scenario_time *time)
{
    return scenario->has_end && time->origin == scenario->end.origin &&
           time->entry == scenario->end.entry && time->after_ns > scenario->end.after_ns;
}

static bool is_same(const struct scenario_time *one, const struct scenario_time *other)
{
    return one->origin == other->origin && one->entry == other->entry &&
           one->after_ns == other->after_ns;
}

/* NULL: one can hold beside the other. */
static const char *contradiction(const struct timed_expectation *one,
                                 const struct timed_expectation *other)
{
    if (one->guest != other->guest || one->kind != other->kind)
        return NULL;
    if (one->kind == TIMED_STATUS && one->limit != other->limit)
        return "a run has one status";
    if (one->kind == TIMED_CLOCKSOURCE && strcmp(one->name, other->name) != 0 &&
        is_same(&one->from, &other->from))
        return "there is one clocksource at a time";
    return NULL;
}

static bool one_can_hold(const struct scenario *scenario, unsigned number, struct text *error)
{
    static const char after_end[] = "it is about a time after the scenario's end, ";
    const struct timed_expectation *one = &scenario->expectations[number];
    const char *what = NULL;

    if (names_no_entry(scenario, one->guest, &one->from) ||
        names_no_entry(scenario, one->guest, &one->to))
        what = "the guest's timeline has no such entry";
    else if (is_after_end(scenario, &one->from) || is_after_end(scenario, &one->to))
        what = after_end;
    else if (one->has_from && one->has_to && one->from.origin == one->to.origin &&
             one->from.entry == one->to.entry && one->from.after_ns > one->to.after_ns)
        what = "its time ends before it begins";
    for (unsigned i = 0; what == NULL && i < number; i++)
        what = contradiction(one, &scenario->expectations[i]);
    if (what == NULL)
        return true;
    text_add(error, "'%s': %s", one->stated.text, what);
    if (what == after_end)
        scenario_time_add(&scenario->end, error);
    return false;
}

bool scenario_can_hold(const struct scenario *scenario, struct text *error)
{
    if (scenario->has_end && scenario->end.origin == ORIGIN_FAULT &&
        scenario->end.entry >= scenario->entry_count) {
        text_add(error, "end: the timeline has no such entry");
        return false;
    }
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        if (!one_can_hold(scenario, i, error))
            return false;
    return true;
}
