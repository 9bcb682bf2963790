/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program has left in /out. */
#ifndef GUEST_IMAGES_RUNNER_COLLECT_H
#define GUEST_IMAGES_RUNNER_COLLECT_H

#include "guest-images/runner/channel.h"

/* Sends files and folders below /out, in the order of their names. */
void collect_output(struct channel *channel);

#endif
