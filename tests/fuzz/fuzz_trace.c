/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace from a stranger: any bytes as they are, and as blocks whose checksums fit, so that what
 * is behind them is reached. Reading ends, a text can be shown, what was read can be written and
 * read again, and every format and the summary take it.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "timelab/trace_codec.h"
#include "timelab/trace_export.h"
#include "timelab/trace_summary.h"

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

static void count_bytes(void *ctx, const void *bytes, size_t size_bytes)
{
    (void)bytes;
    *(size_t *)ctx += size_bytes;
}

/* To a format, and to the summary. */
static void give_all_to(const struct trace_format *format, struct file *file,
                        const struct trace_head *head)
{
    static struct trace_summary summary;
    static char lines[TRACE_SUMMARY_BYTES];
    struct trace_export export;
    struct trace_event event;
    size_t written = 0;
    struct text text;

    if (!open_file(&decoder, file))
        return;
    trace_export_init(&export, head, (struct trace_sink){count_bytes, &written});
    export.clock = TRACE_CLOCK_REALTIME;
    export.span = (struct trace_span){2, 0, file->bytes[file->size_bytes - 1]};
    trace_summary_init(&summary, head);
    format->begin(&export);
    while (trace_decoder_next(&decoder, &event)) {
        trace_summary_take(&summary, &event);
        trace_export_event(&export, format, &event);
    }
    format->end(&export);
    text_init(&text, lines, sizeof lines);
    trace_summary_write(&summary, head, &text);
    if (text.cut)
        fuzz_fail("a summary is longer than its buffer");
}

static void convert(struct file *file)
{
    static const struct trace_head head = {.threads = {"vcpu0", "machine"},
                                           .wall_zero_ns = UINT64_C(1700000000000000000),
                                           .hpet_hz = 100000000,
                                           .start_tsc = 1000,
                                           .start_raw_ns = 2000,
                                           .tsc_millihz = UINT64_C(2500000000000)};

    for (unsigned i = 0; trace_formats[i] != NULL; i++)
        give_all_to(trace_formats[i], file, &head);
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
    convert(&file);
    return 0;
}
