/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --snapshot-at WHEN,file=FILE[,then=go|stop|quit]: WHEN is a number of seconds of guest time from
 * the start or the restore on, or boot:REGEX. The words behind WHEN are looked for from the end, so
 * REGEX may have commas.
 */
#ifndef VMM_CMD_SNAPSHOT_AT_OPTIONS_H
#define VMM_CMD_SNAPSHOT_AT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/cmd/option_rows.h"

extern const struct option_table snapshot_at_option_table;

/* go, stop or quit, as an enum snapshot_then. False: it is another word. */
bool snapshot_then_parse(const char *word, uint8_t *then);

#endif
