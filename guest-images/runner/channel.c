/* SPDX-License-Identifier: BSD-2-Clause */
/* See channel.h. */
#include "guest-images/runner/channel.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "guest-images/probe/guest.h"

bool channel_open(struct channel *channel)
{
    *channel = (struct channel){.fd = guest_open_second_channel()};
    return channel->fd >= 0;
}

static void write_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
        ssize_t written = write(fd, bytes, count);

        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else {
            poll(&poll_fd, 1, -1);
        }
    }
}

void channel_send(struct channel *channel, enum run_frame_type type, const void *payload,
                  unsigned length_bytes)
{
    uint8_t frame[RUN_FRAME_MAX_BYTES];

    run_frame_put_head(frame, type, length_bytes);
    if (length_bytes > 0)
        memcpy(frame + RUN_FRAME_HEAD_BYTES, payload, length_bytes);
    write_all(channel->fd, frame, RUN_FRAME_HEAD_BYTES + length_bytes);
}

bool channel_receive(struct channel *channel, uint8_t input[RUN_PAYLOAD_MAX_BYTES],
                     unsigned *length_bytes)
{
    struct run_frame frame;
    uint8_t bytes[RUN_FRAME_MAX_BYTES];
    ssize_t count;

    /* There is at most one frame: the host answers what it was asked. */
    while ((count = read(channel->fd, bytes, sizeof bytes)) > 0) {
        run_decoder_take(&channel->decoder, bytes, (size_t)count, &frame);
        if (frame.type != RUN_INPUT)
            continue;
        memcpy(input, frame.payload, frame.length_bytes);
        *length_bytes = frame.length_bytes;
        return true;
    }
    return false;
}
