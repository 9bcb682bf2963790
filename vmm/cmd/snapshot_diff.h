/* SPDX-License-Identifier: BSD-2-Clause */
/* In what two snapshots differ: records, and pages of memory. */
#ifndef VMM_CMD_SNAPSHOT_DIFF_H
#define VMM_CMD_SNAPSHOT_DIFF_H

#include <stdbool.h>

#include "base/text.h"
#include "vmm/host/snapshot_file.h"

#define SNAPSHOT_DIFF_BYTES (64 << 10)

/*
 * Compares all of both and appends what differs; *differ says whether anything does. Returns 0, or
 * a negative errno after an error line.
 */
int snapshot_diff_write(const struct snapshot_file *one, const struct snapshot_file *other,
                        bool json, bool *differ, struct text *out);

#endif
