/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace from a stranger: any bytes as they are, and as blocks whose checksums fit, so that what
 * is behind them is reached. Reading ends, a text can be shown, and what was read can be written
 * and read again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "timelab/trace_codec.h"

#define FILE_MAX_BYTES 16384

struct file {
    uint8_t bytes[FILE_MAX_BYTES];
    size_t size_bytes;
    size_t at;
};

static struct trace_decoder decoder, again;

static size_t read_file(void *ctx, void *bytes, size_t size_bytes)
{
    struct file *file = ctx;
    size_t left = file->size_bytes - file->at;

    if (size_bytes > left)
        size_bytes = left;
    memcpy(bytes, file->bytes + file->at, size_bytes);
    file->at += size_bytes;
    return size_bytes;
}

static bool open_file(struct trace_decoder *of, struct file *file)
{
    const struct trace_input input = {read_file, file};
    char line[TRACE_ERROR_BYTES];
    struct text error;

    file->at = 0;
    text_init(&error, line, sizeof line);
    if (trace_decoder_open(of, &input, &error))
        return true;
    if (error.length_bytes == 0 || error.cut)
        fuzz_fail("a file is refused without a word, or with too many");
    return false;
}

static void check_event(const struct trace_event *event)
{
    if (trace_kind_name(event->record.kind) == NULL)
        fuzz_fail("an event of the kind %u", event->record.kind);
    if (event->thread >= TRACE_THREADS_MAX)
        fuzz_fail("an event of thread %u", event->thread);
    for (const char *at = event->text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            fuzz_fail("a text with the character %d", *at);
}

/* A file of one event is read as that event. */
static void write_and_read(const struct trace_event *event)
{
    static struct file one;
    struct trace_record slots[1 + TRACE_TEXT_MAX_SLOTS] = {event->record};
    struct trace_block_head head = {.thread = (uint16_t)event->thread, .slots = 1};
    struct trace_event read;

    if (event->record.kind >= TRACE_FIRST_TEXT)
        head.slots = (uint16_t)trace_record_put_text(&event->record, event->text, slots);
    one.size_bytes = trace_head_encode("{}", 2, one.bytes);
    memcpy(one.bytes + one.size_bytes + TRACE_RECORD_BYTES, slots, head.slots * sizeof *slots);
    one.size_bytes += trace_block_encode(one.bytes + one.size_bytes, &head);
    if (!open_file(&again, &one) || !trace_decoder_next(&again, &read) ||
        memcmp(&read.record, &event->record, sizeof read.record) != 0 ||
        strcmp(read.text, event->text) != 0 || trace_decoder_next(&again, &read))
        fuzz_fail("an event of the kind %u is read differently", event->record.kind);
}

static void read_all(struct file *file)
{
    char line[TRACE_ERROR_BYTES];
    struct trace_event event;
    struct text problem;
    size_t events = 0;

    if (!open_file(&decoder, file))
        return;
    while (trace_decoder_next(&decoder, &event)) {
        check_event(&event);
        if (++events > 2 * file->size_bytes / TRACE_RECORD_BYTES)
            fuzz_fail("%zu events in %zu bytes", events, file->size_bytes);
        if (events <= 4)
            write_and_read(&event);
    }
    text_init(&problem, line, sizeof line);
    if (trace_decoder_is_whole(&decoder, &problem) != (problem.length_bytes == 0) || problem.cut)
        fuzz_fail("a file is not whole, and it is not said of what");
}

/* Its blocks have what the input says, and checksums that fit. */
static void build(struct file *file, struct fuzz_input input)
{
    file->size_bytes = trace_head_encode("{}", 2, file->bytes);
    while (input.left > 0 && file->size_bytes + 33 * TRACE_RECORD_BYTES < sizeof file->bytes) {
        struct trace_block_head head = {.thread = (uint16_t)fuzz_take(&input, 1),
                                        .slots = (uint16_t)(fuzz_take(&input, 1) % 32),
                                        .dropped = fuzz_take(&input, 1) / 128};
        uint8_t *block = file->bytes + file->size_bytes;
        size_t bytes = (size_t)head.slots * TRACE_RECORD_BYTES;

        memset(block + TRACE_RECORD_BYTES, 0, bytes);
        if (bytes > input.left)
            bytes = input.left;
        memcpy(block + TRACE_RECORD_BYTES, input.bytes, bytes);
        input.bytes += bytes;
        input.left -= bytes;
        file->size_bytes += trace_block_encode(block, &head);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static struct file file;

    fuzz_count();
    if (size_bytes == 0 || size_bytes > sizeof file.bytes)
        return 0;
    memcpy(file.bytes, bytes, size_bytes);
    file.size_bytes = size_bytes;
    read_all(&file);
    build(&file, (struct fuzz_input){bytes, size_bytes});
    read_all(&file);
    return 0;
}
