/* SPDX-License-Identifier: BSD-2-Clause */
/* See scenario_file.h. */
#include "vmm/cmd/scenario_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "timelab/scenario_read.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

/* NULL, with what is wrong. */
static char *read_all(const char *path, size_t *got_bytes, const char **why)
{
    uint64_t size_bytes;
    int fd = file_open(path, SCENARIO_MAX_BYTES, &size_bytes, why);
    char *bytes = NULL;

    if (fd >= 0) {
        bytes = file_read_all(fd, size_bytes, SCENARIO_MAX_BYTES, got_bytes, why);
        close(fd);
    }
    return bytes;
}

bool scenario_file_read(struct scenario *scenario, const char *path)
{
    char line[SCENARIO_ERROR_BYTES];
    const char *why = line;
    size_t got_bytes;
    struct text error;
    char *bytes = read_all(path, &got_bytes, &why);
    bool done;

    text_init(&error, line, sizeof line);
    done = bytes != NULL && scenario_read(scenario, bytes, got_bytes, &error);
    if (!done)
        log_error("%s: %s", path, why);
    free(bytes);
    return done;
}
