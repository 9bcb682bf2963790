/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that is run: its start, its bytes in both directions, its end. */
#ifndef GUEST_IMAGES_RUNNER_PROGRAM_H
#define GUEST_IMAGES_RUNNER_PROGRAM_H

#include "guest-images/runner/channel.h"
#include "guest-images/runner/spec.h"

/*
 * Runs the program to its end, and sends what it writes. When it ends, what is in its pipes is sent
 * and all other processes are killed. Processes without a parent are waited for meanwhile.
 */
struct run_end program_run(const struct spec *spec, struct channel *channel);

#endif
