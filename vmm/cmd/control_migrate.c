/* SPDX-License-Identifier: BSD-2-Clause */
/* See control_migrate.h. */
#include "vmm/cmd/control_migrate.h"

#include <string.h>

#include "vmm/host/migration_uri.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_save.h"

#define NS_PER_MS 1000000

static const char *const statuses[] = {
    [MIGRATION_STATUS_NONE] = "none",     [MIGRATION_STATUS_SETUP] = "setup",
    [MIGRATION_STATUS_ACTIVE] = "active", [MIGRATION_STATUS_COMPLETED] = "completed",
    [MIGRATION_STATUS_FAILED] = "failed", [MIGRATION_STATUS_CANCELLED] = "cancelled",
};

const char *control_migration_status(int64_t status)
{
    return statuses[status];
}

void control_migrate(struct qmp_call *call, struct migration_source *migration)
{
    const char *uri = json_string_value(json_object_get(call->arguments, "uri"));
    const char *obstacle = machine_save_obstacle(migration->machine);
    int fd;

    if (migration_source_is_active(migration))
        qmp_fail(call, "a migration is under way; migrate-cancel ends it");
    else if (migration->machine->pause.active)
        qmp_fail(call, "the guest is paused; cont resumes it");
    else if (obstacle != NULL)
        qmp_fail(call, "%s", obstacle);
    else if (!migration_uri_is_right(uri, false) || strlen(uri) >= MIGRATION_URI_SIZE)
        qmp_fail(call, "'uri' must be unix:PATH or exec:COMMAND");
    if (call->failed)
        return;
    fd = migration_uri_connect(uri);
    if (fd < 0)
        qmp_fail(call, "%s: %s", uri, strerror(-fd));
    else if (!migration_source_begin(migration, fd, uri))
        qmp_fail(call, "%s: %s", uri, migration->error);
}

void control_migrate_cancel(struct qmp_call *call, struct migration_source *migration)
{
    if (!migration_source_cancel(migration))
        qmp_fail(call, "the guest is not here any more");
}

static json_t *ram(const struct migration_source *migration)
{
    uint64_t total_bytes = migration->machine->config->memory_bytes;
    uint64_t left_bytes = migration->left_pages * MIGRATION_PAGE_BYTES;

    return json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "transferred", (json_int_t)migration->sent_bytes,
        "remaining", (json_int_t)left_bytes, "total", (json_int_t)total_bytes, "normal",
        (json_int_t)migration->normal_pages, "duplicate", (json_int_t)migration->zero_pages,
        "page-size", (json_int_t)MIGRATION_PAGE_BYTES, "dirty-sync-count",
        (json_int_t)migration->rounds);
}

json_t *control_query_migrate(struct migration_source *migration)
{
    json_t *answer;

    migration_source_look(migration);
    if (migration->status == MIGRATION_STATUS_NONE)
        return json_object();
    answer = json_pack("{s:s,s:I,s:o}", "status", statuses[migration->status], "total-time",
                       (json_int_t)((migration->ended_ns - migration->begun_ns) / NS_PER_MS), "ram",
                       ram(migration));
    if (migration->status == MIGRATION_STATUS_FAILED)
        json_object_set_new(answer, "error-desc", json_string(migration->error));
    if (migration->status == MIGRATION_STATUS_COMPLETED) {
        json_object_set_new(answer, "downtime",
                            json_integer((json_int_t)(migration->downtime_ns / NS_PER_MS)));
        json_object_set_new(answer, "downtime-ns",
                            json_integer((json_int_t)migration->downtime_ns));
    }
    return answer;
}
