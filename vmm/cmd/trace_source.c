/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_source.h. */
#include "vmm/cmd/trace_source.h"

#include <string.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

/* Of a trace that comes by a pipe, which is kept in memory. */
#define PIPE_MAX_BYTES (UINT64_C(1) << 30)

bool trace_source_open(struct trace_source *source, const char *path)
{
    const char *error = NULL;
    uint64_t size_bytes;

    source->path = path;
    source->error = 0;
    source->fd = file_open(path, PIPE_MAX_BYTES, &size_bytes, &error);
    if (source->fd >= 0)
        return true;
    log_error("%s: %s", path, error);
    return false;
}

void trace_source_close(struct trace_source *source)
{
    close(source->fd);
}

static bool fill(struct trace_source *source)
{
    ssize_t got;

    if (source->error < 0)
        return false;
    got = file_read_at(source->fd, source->buffer, sizeof source->buffer, source->offset);
    if (got < 0) {
        log_error("%s: %s", source->path, strerror((int)-got));
        source->error = (int)got;
        return false;
    }
    source->offset += (uint64_t)got;
    source->next = 0;
    source->end = (size_t)got;
    return got > 0;
}

static size_t read_source(void *ctx, void *bytes, size_t size_bytes)
{
    struct trace_source *source = ctx;
    size_t done = 0;

    while (done < size_bytes && (source->next < source->end || fill(source))) {
        size_t count = source->end - source->next;

        if (count > size_bytes - done)
            count = size_bytes - done;
        memcpy((uint8_t *)bytes + done, source->buffer + source->next, count);
        source->next += count;
        done += count;
    }
    return done;
}

bool trace_source_begin(struct trace_source *source)
{
    const struct trace_input input = {read_source, source};
    char line[TRACE_ERROR_BYTES];
    struct text error;

    source->offset = source->next = source->end = 0;
    text_init(&error, line, sizeof line);
    if (trace_decoder_open(&source->decoder, &input, &error) &&
        trace_head_parse(source->decoder.json, &source->head, &error))
        return true;
    if (source->error == 0)
        log_error("%s: %s", source->path, line);
    return false;
}

int trace_source_status(struct trace_source *source)
{
    char line[TRACE_ERROR_BYTES];
    struct text problem;

    text_init(&problem, line, sizeof line);
    if (source->error < 0)
        return EXIT_STATUS_HOST_ERROR;
    if (trace_decoder_is_whole(&source->decoder, &problem))
        return EXIT_STATUS_OK;
    log_error("%s: %s", source->path, line);
    return EXIT_STATUS_HOST_ERROR;
}
