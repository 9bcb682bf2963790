/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the control socket that move the guest to another process; for its table. */
#ifndef VMM_CMD_CONTROL_MIGRATE_H
#define VMM_CMD_CONTROL_MIGRATE_H

#include "vmm/host/qmp.h"
#include "vmm/machine/migration_source.h"

/* QEMU's word for it, of enum migration_status; "none" for MIGRATION_STATUS_NONE. */
const char *control_migration_status(int64_t status);

void control_migrate(struct qmp_call *call, struct migration_source *migration);
void control_migrate_cancel(struct qmp_call *call, struct migration_source *migration);
json_t *control_query_migrate(struct migration_source *migration);

#endif
