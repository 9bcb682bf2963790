/* SPDX-License-Identifier: BSD-2-Clause */
/* The stream of base/run_stream.h, on the second serial port. */
#ifndef GUEST_IMAGES_RUNNER_CHANNEL_H
#define GUEST_IMAGES_RUNNER_CHANNEL_H

#include <stdbool.h>

#include "base/run_stream.h"

struct channel {
    int fd;
    struct run_decoder decoder;
};

/* False if there is no second serial port. */
bool channel_open(struct channel *channel);

/* Sends a frame, for which it waits as long as the host takes. */
void channel_send(struct channel *channel, enum run_frame_type type, const void *payload,
                  unsigned length_bytes);

/*
 * Takes what has come, without waiting. True: a RUN_INPUT, whose bytes (0: the end) are in input.
 */
bool channel_receive(struct channel *channel, uint8_t input[RUN_PAYLOAD_MAX_BYTES],
                     unsigned *length_bytes);

#endif
