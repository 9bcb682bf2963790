/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines that wait to be written: bounded, and what does not fit is counted. It makes no system call
 * and has no lock of its own. All zeros is an empty queue.
 *
 * Lines that are lost are told of at their place: by a line in front of the next that fits, or
 * behind all others once those are written.
 */
#ifndef VMM_HOST_MESSAGE_QUEUE_H
#define VMM_HOST_MESSAGE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With its end. */
#define MESSAGE_LINE_BYTES  1026
#define MESSAGE_QUEUE_BYTES 65536

struct message_queue {
    size_t used_bytes;
    /* Since the last line that says so. */
    uint64_t lost_count;
    /* Whole lines; the first may have been taken in part. */
    char bytes[MESSAGE_QUEUE_BYTES];
};

/* Adds text, at most MESSAGE_LINE_BYTES with its end "\n" or "\r\n"; or counts it as lost. */
void message_queue_put(struct message_queue *queue, const char *text, const char *end);

bool message_queue_is_empty(const struct message_queue *queue);

/*
 * Copies the first line, or what is left of it, to line, MESSAGE_LINE_BYTES long. Returns its
 * length, 0 if the queue is empty. It stays in the queue until it is dropped. A line that tells of
 * lost ones ends with `end`, as in message_queue_put.
 */
size_t message_queue_peek(struct message_queue *queue, char *line, const char *end);

/* The first count bytes are written. */
void message_queue_drop(struct message_queue *queue, size_t count);

#endif
