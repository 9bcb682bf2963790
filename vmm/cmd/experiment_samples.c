/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_samples.h. */
#include "vmm/cmd/experiment_samples.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "timelab/trace_reading.h"
#include "vmm/cmd/trace_source.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

const char *experiment_samples_file(void)
{
    static char path[32];
    int fd = memfd_create("trace", MFD_CLOEXEC);

    if (fd < 0) {
        log_error("a file in memory: %s", strerror(errno));
        return NULL;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

bool experiment_samples_read(const char *path, struct clock_samples *samples)
{
    static struct trace_source source;
    struct trace_readings readings;
    struct trace_reading reading;
    struct trace_event event;
    bool done = false;

    if (!trace_source_open(&source, path))
        return false;
    if (trace_source_begin(&source)) {
        readings = trace_readings_start(&source.head);
        while (trace_decoder_next(&source.decoder, &event))
            if (trace_readings_take(&readings, &event.record, &reading) &&
                reading.clock == TRACE_CLOCK_MONOTONIC)
                clock_samples_add(samples, (struct clock_sample){reading.g_ns, reading.error_ns,
                                                                 reading.bound_ns});
        done = trace_source_status(&source) == EXIT_STATUS_OK;
    }
    trace_source_close(&source);
    return done;
}
