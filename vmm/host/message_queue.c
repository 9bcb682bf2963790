/* SPDX-License-Identifier: BSD-2-Clause */
/* See message_queue.h. */
#include "vmm/host/message_queue.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Kept free for the line that says how many are lost. */
#define LOST_LINE_BYTES 80

static void add(struct message_queue *queue, const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    memcpy(queue->bytes + queue->used_bytes, text, length);
    memcpy(queue->bytes + queue->used_bytes + length, end, end_length);
    queue->used_bytes += length + end_length;
}

static void say_lost(struct message_queue *queue, const char *end)
{
    char text[LOST_LINE_BYTES];

    if (queue->lost_count == 0)
        return;
    snprintf(text, sizeof text - 2, "minivmm: messages lost: %" PRIu64 ", as nobody read stderr",
             queue->lost_count);
    add(queue, text, end);
    queue->lost_count = 0;
}

void message_queue_put(struct message_queue *queue, const char *text, const char *end)
{
    size_t length = strlen(text) + strlen(end);

    assert(length <= MESSAGE_LINE_BYTES);
    if (length + LOST_LINE_BYTES > sizeof queue->bytes - queue->used_bytes) {
        queue->lost_count++;
        return;
    }
    say_lost(queue, end);
    add(queue, text, end);
}

bool message_queue_is_empty(const struct message_queue *queue)
{
    return queue->used_bytes == 0 && queue->lost_count == 0;
}

size_t message_queue_peek(struct message_queue *queue, char *line, const char *end)
{
    const char *line_feed;
    size_t length;

    if (queue->used_bytes == 0)
        say_lost(queue, end);
    if (queue->used_bytes == 0)
        return 0;
    line_feed = memchr(queue->bytes, '\n', queue->used_bytes);
    length = (size_t)(line_feed - queue->bytes) + 1;
    memcpy(line, queue->bytes, length);
    return length;
}

void message_queue_drop(struct message_queue *queue, size_t count)
{
    queue->used_bytes -= count;
    memmove(queue->bytes, queue->bytes + count, queue->used_bytes);
}
