/* SPDX-License-Identifier: BSD-2-Clause */
/* See sample_stream.h. */
#include "base/sample_stream.h"

#include <inttypes.h>
#include <string.h>

/* The numbers of a set, in their order. */
#define NUMBERS      (2 + 2 * SAMPLE_CLOCKS)
#define MICROSECONDS 1000000

static void set_to_numbers(const struct sample_set *set, uint64_t numbers[NUMBERS])
{
    numbers[0] = set->cpu;
    numbers[1] = set->tsc[0];
    for (unsigned i = 0; i < SAMPLE_CLOCKS; i++) {
        numbers[2 + 2 * i] = set->clock_ns[i];
        numbers[3 + 2 * i] = set->tsc[i + 1];
    }
}

static struct sample_set set_from_numbers(const uint64_t numbers[NUMBERS])
{
    struct sample_set set = {.cpu = numbers[0], .tsc = {numbers[1]}};

    for (unsigned i = 0; i < SAMPLE_CLOCKS; i++) {
        set.clock_ns[i] = numbers[2 + 2 * i];
        set.tsc[i + 1] = numbers[3 + 2 * i];
    }
    return set;
}

/* Whether the next set is to be one of its own. */
static bool absolute_is_due(const struct sample_stream *stream)
{
    return stream->since_absolute % SAMPLE_ABSOLUTE_EVERY == 0;
}

void sample_stream_add_set(struct sample_stream *stream, const struct sample_set *set,
                           struct text *text)
{
    bool absolute = absolute_is_due(stream);
    uint64_t numbers[NUMBERS], last[NUMBERS] = {0};

    set_to_numbers(set, numbers);
    if (!absolute)
        set_to_numbers(&stream->last, last);
    text_add(text, "%c%c", SAMPLE_MARK, absolute ? 'a' : 'd');
    for (unsigned i = 0; i < NUMBERS; i++)
        text_add(text, " %" PRIx64, numbers[i] - last[i]);
    text_add(text, "\n");
    stream->last = *set;
    stream->since_absolute++;
}

void sample_stream_add_clocksource(const char *name, struct text *text)
{
    text_add(text, "%cc %s\n", SAMPLE_MARK, name);
}

void sample_stream_add_message(uint64_t time_us, const char *message, struct text *text)
{
    text_add(text, "%ck %" PRIu64 ".%06u %s\n", SAMPLE_MARK, time_us / MICROSECONDS,
             (unsigned)(time_us % MICROSECONDS), message);
}

/* -1: it is none. */
static int digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return -1;
}

/* A blank and a number; *at is behind it then. */
static bool take_number(const char **at, uint64_t *number)
{
    const char *start = *at + 1;
    const char *end = start;

    if (**at != ' ')
        return false;
    for (*number = 0; digit_of(*end) >= 0 && end - start <= 16; end++)
        *number = *number << 4 | (unsigned)digit_of(*end);
    *at = end;
    return end > start && end - start <= 16;
}

static bool take_set(struct sample_stream *stream, bool absolute)
{
    uint64_t numbers[NUMBERS] = {0}, last[NUMBERS] = {0};
    const char *at = stream->line + 1;

    if (!absolute)
        set_to_numbers(&stream->last, last);
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (!take_number(&at, &numbers[i]))
            return false;
        numbers[i] += last[i];
    }
    if (*at != '\0' || (!absolute && stream->since_absolute == 0))
        return false;
    stream->last = set_from_numbers(numbers);
    stream->since_absolute = 1;
    return true;
}

static bool has_text(const struct sample_stream *stream)
{
    return stream->length > SAMPLE_TEXT_AT && stream->line[1] == ' ';
}

static enum sample_line_kind end_line(struct sample_stream *stream)
{
    stream->line[stream->length] = '\0';
    switch (stream->line[0]) {
    case 'a':
    case 'd':
        if (take_set(stream, stream->line[0] == 'a'))
            return SAMPLE_SET;
        stream->since_absolute = 0;
        return SAMPLE_TAKEN;
    case 'c':
        return has_text(stream) ? SAMPLE_CLOCKSOURCE : SAMPLE_TAKEN;
    case 'k':
        return has_text(stream) ? SAMPLE_MESSAGE : SAMPLE_TAKEN;
    default:
        stream->since_absolute = 0;
        return SAMPLE_TAKEN;
    }
}

enum sample_line_kind sample_stream_take(struct sample_stream *stream, uint8_t byte)
{
    if (byte == SAMPLE_MARK) {
        /* A line that another one cuts off is none. */
        if (stream->in_line)
            stream->since_absolute = 0;
        stream->in_line = true;
        stream->length = 0;
        return SAMPLE_TAKEN;
    }
    if (!stream->in_line)
        return SAMPLE_OTHER;
    if (byte == '\n') {
        stream->in_line = false;
        return end_line(stream);
    }
    /* A NUL ends no line, and a line that is too long is cut off: then it is no set. */
    if (stream->length < SAMPLE_LINE_BYTES - 1)
        stream->line[stream->length++] = (char)byte;
    return SAMPLE_TAKEN;
}
