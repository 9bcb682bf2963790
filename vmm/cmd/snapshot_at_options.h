/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --snapshot-at WHEN,file=FILE[,then=go|stop|quit]: WHEN is a number of seconds of guest time from
 * the start or the restore on, or boot:REGEX. The words behind WHEN are looked for from the end, so
 * REGEX may have commas.
 */
#ifndef VMM_CMD_SNAPSHOT_AT_OPTIONS_H
#define VMM_CMD_SNAPSHOT_AT_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table snapshot_at_option_table;

#endif
