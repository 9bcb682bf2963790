/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to query-time; docs/control.md says what its members are. */
#ifndef VMM_CMD_CONTROL_TIME_H
#define VMM_CMD_CONTROL_TIME_H

#include <jansson.h>

struct machine;

/* In the main thread. NULL if a clock cannot be read, after a line, or without memory. */
json_t *control_time(struct machine *machine);

#endif
