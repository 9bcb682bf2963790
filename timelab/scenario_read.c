/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_read.h. */
#include "timelab/scenario_read.h"

#include <string.h>

#include "timelab/scenario_expect.h"
#include "timelab/scenario_timeline.h"

const char *const scenario_keys[] = {"scenario",    "name", "guests", "timeline", "expect",
                                     "best-effort", "end",  "seed",   NULL};
const char *const scenario_guest_keys[] = {"kernel", "initrd", "options", "time-rate", NULL};

/* The file on its way to the parser of JSON. */
struct stream {
    const char *bytes;
    size_t size_bytes;
    size_t at;
    bool in_string;
    bool in_comment;
    bool is_escaped;
};

/* Blanks take the place of comments, so that lines and columns are those of the file. */
static char next_byte(struct stream *stream)
{
    char byte = stream->bytes[stream->at++];
    bool is_escaped = stream->is_escaped;

    stream->is_escaped = false;
    if (byte == '\n')
        stream->in_string = stream->in_comment = false;
    else if (stream->in_comment)
        byte = ' ';
    else if (stream->in_string && byte == '\\')
        stream->is_escaped = !is_escaped;
    else if (byte == '"' && !is_escaped)
        stream->in_string = !stream->in_string;
    else if (!stream->in_string && byte == '/' && stream->at < stream->size_bytes &&
             stream->bytes[stream->at] == '/') {
        stream->in_comment = true;
        byte = ' ';
    }
    return byte;
}

static size_t give_bytes(void *buffer, size_t room_bytes, void *ctx)
{
    struct stream *stream = ctx;
    char *to = buffer;
    size_t count = 0;

    while (count < room_bytes && stream->at < stream->size_bytes)
        to[count++] = next_byte(stream);
    return count;
}

static json_t *load(const char *bytes, size_t size_bytes, struct text *error)
{
    struct stream stream = {.bytes = bytes, .size_bytes = size_bytes};
    json_error_t reason = {.text = "it cannot be read"};
    json_t *document = NULL;

    if (size_bytes > SCENARIO_MAX_BYTES)
        text_add(error, "a scenario has %zu bytes at most", SCENARIO_MAX_BYTES);
    else
        document = json_load_callback(give_bytes, &stream, JSON_REJECT_DUPLICATES, &reason);
    if (document == NULL && error->length_bytes == 0)
        text_add(error, "line %d, column %d: %s", reason.line, reason.column, reason.text);
    return document;
}

static bool is_name(const char *text)
{
    size_t length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    return length > 0 && length < SCENARIO_NAME_BYTES && text[length] == '\0';
}

static bool read_name(struct scenario *scenario, struct text *error)
{
    const json_t *value = json_object_get(scenario->document, "name");
    const char *name = json_string_value(value);

    if (value == NULL)
        return true;
    if (name == NULL || !is_name(name)) {
        text_add(error, "name is to have 1 to %d letters, digits, - and _",
                 SCENARIO_NAME_BYTES - 1);
        return false;
    }
    strcpy(scenario->name, name);
    return true;
}

static bool read_best_effort(struct scenario *scenario, struct text *error)
{
    const json_t *value = json_object_get(scenario->document, "best-effort");

    if (value != NULL && !json_is_boolean(value)) {
        text_add(error, "best-effort is to be true or false");
        return false;
    }
    scenario->best_effort = json_is_true(value);
    return true;
}

static bool read_seed(struct scenario *scenario, struct text *error)
{
    const json_t *value = json_object_get(scenario->document, "seed");

    scenario->seed = value == NULL ? 1 : (uint64_t)json_integer_value(value);
    if (value == NULL || (json_is_integer(value) && scenario->seed <= SCENARIO_SEED_MAX))
        return true;
    text_add(error, "seed is to be a whole number of up to 12 digits");
    return false;
}
_Static_assert(SCENARIO_SEED_MAX == UINT64_C(999999999999), "said above");

static bool read_end(struct scenario *scenario, struct text *error)
{
    const json_t *value = json_object_get(scenario->document, "end");
    const char *text = json_string_value(value);

    scenario->has_end = value != NULL;
    if (value == NULL)
        return true;
    if (text != NULL && scenario_time_parse(text, &scenario->end))
        return true;
    text_add(error, "end is to be a time, as \"60s\", \"boot+60s\" or \"fault1+10s\"");
    return false;
}

static bool read_file_name(const json_t *object, const char *key, const char **path,
                           const char *guest, struct text *error)
{
    const json_t *value = json_object_get(object, key);

    *path = json_string_value(value);
    if (value == NULL || (*path != NULL && **path != '\0'))
        return true;
    text_add(error, "guest %s: %s is to be the name of a file", guest, key);
    return false;
}

static bool read_options(struct scenario_guest *guest, const json_t *list, struct text *error)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));

        if (word == NULL || guest->option_count == SCENARIO_OPTIONS_MAX)
            break;
        guest->options[guest->option_count++] = word;
    }
    if (list == NULL || (json_is_array(list) && guest->option_count == json_array_size(list)))
        return true;
    text_add(error, "guest %s: options is to be a list of %d words at most", guest->name,
             SCENARIO_OPTIONS_MAX);
    return false;
}

static bool read_time_rate(struct scenario_guest *guest, const json_t *value, struct text *error)
{
    guest->time_rate = json_string_value(value);
    if (value == NULL || guest->time_rate != NULL)
        return true;
    text_add(error, "guest %s: time-rate is to be a word, as \"10\" or \"1/10\"", guest->name);
    return false;
}

static bool read_guest(struct scenario_guest *guest, const char *name, const json_t *object,
                       struct text *error)
{
    const char *unknown;

    if (!is_name(name) || !json_is_object(object)) {
        text_add(error,
                 "guest '%.*s': its name has 1 to %d letters, digits, - and _, and it is an object",
                 SCENARIO_WORD_MAX, name, SCENARIO_NAME_BYTES - 1);
        return false;
    }
    strcpy(guest->name, name);
    unknown = scenario_unknown_key(object, scenario_guest_keys);
    if (unknown != NULL) {
        text_add(error,
                 "guest %s: '%.*s' is no key; known are kernel, initrd, options and time-rate",
                 name, SCENARIO_WORD_MAX, unknown);
        return false;
    }
    return read_file_name(object, "kernel", &guest->kernel, name, error) &&
           read_file_name(object, "initrd", &guest->initrd, name, error) &&
           read_options(guest, json_object_get(object, "options"), error) &&
           read_time_rate(guest, json_object_get(object, "time-rate"), error);
}

static bool read_guests(struct scenario *scenario, struct text *error)
{
    const json_t *guests = json_object_get(scenario->document, "guests");
    const char *name;
    json_t *guest;

    if (!json_is_object(guests) || json_object_size(guests) == 0 ||
        json_object_size(guests) > SCENARIO_GUESTS_MAX) {
        text_add(error, "guests is to be an object with 1 to %d of them, as {\"a\": {}}",
                 SCENARIO_GUESTS_MAX);
        return false;
    }
    json_object_foreach((json_t *)guests, name, guest)
    {
        if (!read_guest(&scenario->guests[scenario->guest_count], name, guest, error))
            return false;
        scenario->guest_count++;
    }
    return true;
}

static bool read_version(const json_t *document, struct text *error)
{
    const json_t *version = json_object_get(document, "scenario");
    const char *unknown = scenario_unknown_key(document, scenario_keys);

    if (!json_is_integer(version) || json_integer_value(version) != SCENARIO_VERSION) {
        text_add(error, "it is no scenario: one begins with { \"scenario\": %d", SCENARIO_VERSION);
        return false;
    }
    if (unknown == NULL)
        return true;
    text_add(error, "'%.*s' is no key; known are", SCENARIO_WORD_MAX, unknown);
    for (unsigned i = 0; scenario_keys[i] != NULL; i++)
        text_add(error, "%s %s", i > 0 ? "," : "", scenario_keys[i]);
    return false;
}

static bool read_document(struct scenario *scenario, struct text *error)
{
    const json_t *document = scenario->document;

    return read_version(document, error) && read_name(scenario, error) &&
           read_best_effort(scenario, error) && read_seed(scenario, error) &&
           read_end(scenario, error) && read_guests(scenario, error) &&
           scenario_read_timeline(scenario, json_object_get(document, "timeline"), error) &&
           scenario_read_expectations(scenario, json_object_get(document, "expect"), error) &&
           scenario_can_hold(scenario, error);
}

/* Words of the file are in it. */
static void make_printable(struct text *error)
{
    for (size_t i = 0; i < error->length_bytes; i++)
        if (error->bytes[i] < ' ' || error->bytes[i] > '~')
            error->bytes[i] = '?';
}

bool scenario_read(struct scenario *scenario, const char *bytes, size_t size_bytes,
                   struct text *error)
{
    bool done;

    scenario->document = load(bytes, size_bytes, error);
    done = scenario->document != NULL && read_document(scenario, error);
    make_printable(error);
    return done;
}
