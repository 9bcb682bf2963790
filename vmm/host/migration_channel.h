/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of a migration (snapshot/migration_message.h) on a socket that does not block.
 *
 * A message is sent and received piece by piece, as far as the socket goes; the caller waits for
 * the socket in between, by poll. At most one message is on its way in each direction.
 *
 * Nothing is believed of the other side: the room for a payload is that which its head names, at
 * most the limit of its type, and it is there only while the message is.
 *
 * A struct is for one thread.
 */
#ifndef VMM_HOST_MIGRATION_CHANNEL_H
#define VMM_HOST_MIGRATION_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot/migration_message.h"

#define MIGRATION_ERROR_SIZE 256

struct migration_channel {
    /* -1: it is not open. The channel's own. */
    int fd;

    /* Sending: the payload is the caller's until all is sent. */
    bool sends;
    uint32_t sent_messages;
    uint8_t out_head[MIGRATION_HEAD_BYTES];
    const uint8_t *out_payload;
    size_t out_bytes;
    /* Of head and payload, how many the socket has taken. */
    size_t out_done;
    /* Of all messages. */
    uint64_t sent_bytes;

    /* Receiving. */
    uint32_t received_messages;
    uint8_t in_head[MIGRATION_HEAD_BYTES];
    size_t in_done;
    /* Once in_done has reached MIGRATION_HEAD_BYTES. */
    struct migration_head in;
    uint8_t *in_payload;

    /* One line, once a function has returned an error. */
    char error[MIGRATION_ERROR_SIZE];
};

/* Of an open socket, which does not block from now on. 0, or -errno with an error. */
int migration_channel_open(struct migration_channel *channel, int fd);

/* Harmless if it is not open. */
void migration_channel_close(struct migration_channel *channel);

/* Begins to send a message; none is on its way. The payload stays there until it is sent. */
void migration_channel_put(struct migration_channel *channel, enum migration_type type,
                           const void *payload, uint32_t size_bytes);

/* 1: nothing is left to be sent; 0: wait until the socket can be written; or -errno. */
int migration_channel_send(struct migration_channel *channel);

/*
 * 1: a message has come, whole and undamaged: channel->in and in_payload, until
 * migration_channel_drop; 0: wait until the socket can be read; or -errno, -EPIPE at the end of the
 * stream.
 */
int migration_channel_receive(struct migration_channel *channel);

/* The message that has come was read. */
void migration_channel_drop(struct migration_channel *channel);

#endif
