/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_reader.h. */
#include "tests/unit/unit.h"

#include "tests/unit/trace_reader.h"

static size_t read_file(void *ctx, void *bytes, size_t size_bytes)
{
    return fread(bytes, 1, size_bytes, ctx);
}

void trace_reader_open(struct trace_reader *reader, const char *path)
{
    struct trace_input input = {read_file, NULL};
    char line[TRACE_ERROR_BYTES];
    struct text error;

    reader->file = input.ctx = fopen(path, "re");
    assert_non_null(reader->file);
    text_init(&error, line, sizeof line);
    assert_true(trace_decoder_open(&reader->decoder, &input, &error));
}

bool trace_reader_find(struct trace_reader *reader, enum trace_kind kind, struct trace_event *event)
{
    while (trace_decoder_next(&reader->decoder, event))
        if (event->record.kind == kind)
            return true;
    return false;
}

unsigned trace_reader_count(struct trace_reader *reader, enum trace_kind kind)
{
    struct trace_event event;
    unsigned count = 0;

    while (trace_reader_find(reader, kind, &event))
        count++;
    return count;
}

void trace_reader_close(struct trace_reader *reader)
{
    char line[TRACE_ERROR_BYTES];
    struct trace_event event;
    struct text problem;

    while (trace_decoder_next(&reader->decoder, &event))
        ;
    text_init(&problem, line, sizeof line);
    trace_decoder_is_whole(&reader->decoder, &problem);
    assert_string_equal(line, "");
    fclose(reader->file);
}
