/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples of a guest's clocks on COM2, for the host's trace. A probe that was told to sample sends
 * lines between what else it sends. A line begins with the byte SAMPLE_MARK, which is in no report,
 * and ends with a newline; the byte behind the mark says what it is:
 *
 *   a CPU TSC REALTIME TSC MONOTONIC TSC BOOTTIME TSC MONOTONIC_RAW TSC    a set
 *   d the same, each number less that of the set before                    a set
 *   c NAME                                                                 the current clocksource
 *   k SECONDS.MICROSECONDS TEXT                                            a line of the kernel log
 *
 * Numbers are hexadecimal, of 64 bits. A set is what one CPU read, one after the other: the TSC,
 * then each clock in nanoseconds with the TSC behind it. So a clock's value lies between two
 * readings of the TSC. A byte on COM2 is an exit: that is why there are differences, about 50 bytes
 * a set. Every SAMPLE_ABSOLUTE_EVERY sets there is one of its own.
 *
 * A line that is none is passed over; after it no difference counts until there is a set of its
 * own. Pure; neither side trusts what comes.
 */
#ifndef BASE_SAMPLE_STREAM_H
#define BASE_SAMPLE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define SAMPLE_MARK           0x01
#define SAMPLE_CLOCKS         4
#define SAMPLE_ABSOLUTE_EVERY 64
/* Of a line without mark and newline, with a NUL. */
#define SAMPLE_LINE_BYTES 256

enum sample_line_kind {
    /* The byte belongs to no line. */
    SAMPLE_OTHER,
    /* It belongs to one, which is not complete, or is none. */
    SAMPLE_TAKEN,
    SAMPLE_SET,
    SAMPLE_CLOCKSOURCE,
    SAMPLE_MESSAGE,
};

/* REALTIME, MONOTONIC, BOOTTIME and MONOTONIC_RAW. */
struct sample_set {
    uint64_t cpu;
    uint64_t clock_ns[SAMPLE_CLOCKS];
    /* Before the first clock, and behind each. */
    uint64_t tsc[SAMPLE_CLOCKS + 1];
};

/* Of either side. Zeroed is the starting state. */
struct sample_stream {
    struct sample_set last;
    /* Sets since the last one of its own; 0: there is none to take a difference from. */
    unsigned since_absolute;
    /* Of the decoder. */
    char line[SAMPLE_LINE_BYTES];
    unsigned length;
    bool in_line;
};

/* Appends a line. */
void sample_stream_add_set(struct sample_stream *stream, const struct sample_set *set,
                           struct text *text);
void sample_stream_add_clocksource(const char *name, struct text *text);
void sample_stream_add_message(uint64_t time_us, const char *message, struct text *text);

/*
 * Takes the next byte. With SAMPLE_SET the set is in stream->last; with SAMPLE_CLOCKSOURCE and
 * SAMPLE_MESSAGE the text is at stream->line + SAMPLE_TEXT_AT until the next call.
 */
enum sample_line_kind sample_stream_take(struct sample_stream *stream, uint8_t byte);

/* Behind the kind and a blank. */
#define SAMPLE_TEXT_AT 2

#endif
