/* SPDX-License-Identifier: BSD-2-Clause */
/* What is to be run: see base/run_stream.h. */
#ifndef GUEST_IMAGES_RUNNER_SPEC_H
#define GUEST_IMAGES_RUNNER_SPEC_H

#include <stdbool.h>

struct spec {
    const char *folder;
    const char *program;
    bool output_wanted;
    /* Each ends in NULL. */
    char **arguments;
    char **environment;
};

/* Reads and removes the file; false if it is not what it should be. */
bool spec_read(struct spec *spec);

#endif
