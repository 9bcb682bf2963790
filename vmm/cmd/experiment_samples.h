/* SPDX-License-Identifier: BSD-2-Clause */
/* The samples of a guest's CLOCK_MONOTONIC that a trace has. */
#ifndef VMM_CMD_EXPERIMENT_SAMPLES_H
#define VMM_CMD_EXPERIMENT_SAMPLES_H

#include "timelab/clock_samples.h"

/* A file in memory for a trace that nobody asked to keep: its name, which lives as long as the
 * process. NULL after an error line. */
const char *experiment_samples_file(void);

/* Reads them from the trace of a run that has ended. False after an error line. */
bool experiment_samples_read(const char *path, struct clock_samples *samples);

#endif
