/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of a scenario. */
#ifndef VMM_CMD_SCENARIO_FILE_H
#define VMM_CMD_SCENARIO_FILE_H

#include <stdbool.h>

#include "timelab/scenario.h"

/* *scenario is all zeros, and scenario_close has to be called for it either way. False after an
 * error line. */
bool scenario_file_read(struct scenario *scenario, const char *path);

#endif
