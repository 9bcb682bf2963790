/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace that a test has written to a file: its events, one after the other. */
#ifndef TESTS_UNIT_TRACE_READER_H
#define TESTS_UNIT_TRACE_READER_H

#include <stdbool.h>
#include <stdio.h>

#include "timelab/trace_codec.h"

struct trace_reader {
    FILE *file;
    struct trace_decoder decoder;
};

void trace_reader_open(struct trace_reader *reader, const char *path);

/* The next event of this kind. False: there is none. */
bool trace_reader_find(struct trace_reader *reader, enum trace_kind kind,
                       struct trace_event *event);

/* How many events of that kind there are behind where it is, up to the end. */
unsigned trace_reader_count(struct trace_reader *reader, enum trace_kind kind);

/* The file must be whole, and all of it was read. */
void trace_reader_close(struct trace_reader *reader);

#endif
