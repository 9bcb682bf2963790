/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_channel.h. */
#include "vmm/host/migration_channel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* The line of the error, and its negative errno. */
static int fail(struct migration_channel *channel, int error)
{
    struct text text;

    text_init(&text, channel->error, sizeof channel->error);
    if (error == EPIPE || error == ECONNRESET)
        text_add(&text, "the other side has ended the connection");
    else
        text_add(&text, "%s", strerror(error));
    return error == ECONNRESET ? -EPIPE : -error;
}

int migration_channel_open(struct migration_channel *channel, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    *channel = (struct migration_channel){.fd = fd};
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        return 0;
    return fail(channel, errno);
}

void migration_channel_close(struct migration_channel *channel)
{
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
    free(channel->in_payload);
    channel->in_payload = NULL;
}

void migration_channel_put(struct migration_channel *channel, enum migration_type type,
                           const void *payload, uint32_t size_bytes)
{
    struct migration_head head = {
        .type = type, .number = channel->sent_messages, .size_bytes = size_bytes};

    assert(!channel->sends && size_bytes <= migration_max_bytes(type));
    channel->sent_messages++;
    migration_head_encode(&head, payload, channel->out_head);
    channel->out_payload = payload;
    channel->out_bytes = MIGRATION_HEAD_BYTES + (size_t)size_bytes;
    channel->out_done = 0;
    channel->sends = true;
}

/* What is left of the message, in up to two parts. */
static ssize_t send_some(struct migration_channel *channel)
{
    size_t done = channel->out_done;
    size_t of_head = done < MIGRATION_HEAD_BYTES ? MIGRATION_HEAD_BYTES - done : 0;
    size_t of_payload = done - (MIGRATION_HEAD_BYTES - of_head);
    struct iovec parts[2] = {
        {channel->out_head + MIGRATION_HEAD_BYTES - of_head, of_head},
        {(uint8_t *)channel->out_payload + of_payload, channel->out_bytes - done - of_head},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(channel->fd, &message, MSG_NOSIGNAL);
}

int migration_channel_send(struct migration_channel *channel)
{
    while (channel->sends) {
        ssize_t count = send_some(channel);

        if (count >= 0) {
            channel->out_done += (size_t)count;
            channel->sent_bytes += (uint64_t)count;
            channel->sends = channel->out_done < channel->out_bytes;
        } else if (errno == EAGAIN) {
            return 0;
        } else if (errno != EINTR) {
            return fail(channel, errno);
        }
    }
    return 1;
}

/* Up to `wanted` bytes of the head and the payload together. 1 all are there, 0, or -errno. */
static int read_up_to(struct migration_channel *channel, uint8_t *to, size_t wanted)
{
    while (channel->in_done < wanted) {
        ssize_t count = recv(channel->fd, to, wanted - channel->in_done, 0);

        if (count > 0) {
            to += count;
            channel->in_done += (size_t)count;
        } else if (count == 0) {
            return fail(channel, EPIPE);
        } else if (errno == EAGAIN) {
            return 0;
        } else if (errno != EINTR) {
            return fail(channel, errno);
        }
    }
    return 1;
}

/* The head is there: what it says, and room for what follows. */
static int begin_payload(struct migration_channel *channel)
{
    struct text error;

    text_init(&error, channel->error, sizeof channel->error);
    if (!migration_head_decode(channel->in_head, channel->received_messages, &channel->in, &error))
        return -EINVAL;
    channel->in_payload = malloc(channel->in.size_bytes + 1u);
    return channel->in_payload != NULL ? 1 : fail(channel, ENOMEM);
}

static int receive_head(struct migration_channel *channel)
{
    int result = read_up_to(channel, channel->in_head + channel->in_done, MIGRATION_HEAD_BYTES);

    return result == 1 ? begin_payload(channel) : result;
}

int migration_channel_receive(struct migration_channel *channel)
{
    struct text error;
    int result = 1;

    if (channel->in_payload == NULL)
        result = receive_head(channel);
    if (result == 1)
        result = read_up_to(channel, channel->in_payload + channel->in_done - MIGRATION_HEAD_BYTES,
                            MIGRATION_HEAD_BYTES + (size_t)channel->in.size_bytes);
    if (result != 1)
        return result;
    text_init(&error, channel->error, sizeof channel->error);
    return migration_payload_check(&channel->in, channel->in_payload, &error) ? 1 : -EINVAL;
}

void migration_channel_drop(struct migration_channel *channel)
{
    free(channel->in_payload);
    channel->in_payload = NULL;
    channel->in_done = 0;
    channel->received_messages++;
}
