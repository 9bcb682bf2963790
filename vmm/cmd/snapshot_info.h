/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in a snapshot, as a table or as JSON. */
#ifndef VMM_CMD_SNAPSHOT_INFO_H
#define VMM_CMD_SNAPSHOT_INFO_H

#include <stdbool.h>

#include "base/text.h"
#include "vmm/host/snapshot_file.h"

/* Of the file: so much is enough for any. */
#define SNAPSHOT_INFO_BYTES (256 << 10)

void snapshot_info_write(const struct snapshot_file *file, bool json, struct text *out);

#endif
