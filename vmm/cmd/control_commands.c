/* SPDX-License-Identifier: BSD-2-Clause */
/* See control_commands.h. */
#include "vmm/cmd/control_commands.h"

#include <string.h>

#include "base/text.h"
#include "vmm/cmd/control_fault.h"
#include "vmm/cmd/control_migrate.h"
#include "vmm/cmd/control_time.h"
#include "vmm/cmd/run_control.h"
#include "vmm/cmd/snapshot_at_options.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_nmi.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/machine_snapshot.h"
#include "vmm/machine/machine_trace.h"

static struct control_target *target_of(const struct qmp_call *call)
{
    return call->server->ctx;
}

static struct machine *machine_of(const struct qmp_call *call)
{
    return target_of(call)->machine;
}

static json_t *query_version(struct qmp_call *call)
{
    return qmp_version(call->server->version);
}

static json_t *query_commands(struct qmp_call *call)
{
    json_t *list = json_pack("[{s:s}]", "name", "qmp_capabilities");

    for (unsigned i = 0; i < call->server->count; i++)
        json_array_append_new(list, json_pack("{s:s}", "name", call->server->commands[i].name));
    return list;
}

static json_t *query_status(struct qmp_call *call)
{
    const struct machine *machine = machine_of(call);
    bool ending = machine_is_ending(machine);
    bool paused = machine->pause.active;
    bool asleep = machine_sleep_is_asleep(machine);

    return json_pack("{s:b,s:s}", "running", !ending && !paused && !asleep, "status",
                     ending                     ? "shutdown"
                     : machine->pause.is_moving ? "finish-migrate"
                     : paused                   ? "paused"
                     : asleep                   ? "suspended"
                                                : "running");
}

/* After a boot that has failed the socket is still there while readers of the output are waited
 * for.
 */
static bool has_vcpus(struct qmp_call *call)
{
    if (machine_of(call)->vcpus != NULL)
        return true;
    qmp_fail(call, "the machine could not boot again");
    return false;
}

static json_t *query_cpus_fast(struct qmp_call *call)
{
    struct machine *machine = machine_of(call);
    json_t *list;

    if (!has_vcpus(call))
        return NULL;
    list = json_array();
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        json_array_append_new(list,
                              json_pack("{s:i,s:o,s:i,s:s}", "cpu-index", (int)i, "qom-path",
                                        json_sprintf("/machine/cpu[%u]", i), "thread-id",
                                        vcpu_thread_id(&machine->vcpus[i]), "target", "x86_64"));
    return list;
}

static json_t *query_time(struct qmp_call *call)
{
    json_t *time;

    if (!has_vcpus(call))
        return NULL;
    time = control_time(machine_of(call));
    if (time == NULL)
        qmp_fail(call, "the clocks cannot be read; minivmm's stderr says why");
    return time;
}

/* Its bytes in the order of RFC 4122. */
static json_t *query_vm_generation_id(struct qmp_call *call)
{
    const uint8_t *id = machine_of(call)->generation_id;
    char bytes[40];
    struct text guid;

    text_init(&guid, bytes, sizeof bytes);
    for (unsigned i = 0; i < GENERATION_ID_BYTES; i++)
        text_add(&guid, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    return json_pack("{s:s}", "guid", bytes);
}

/* A migration has paused it: what it is told now would be forgotten with it, as its state is sent.
 */
static bool is_here(struct qmp_call *call)
{
    if (!machine_of(call)->pause.is_moving)
        return true;
    qmp_fail(call, "the guest is being migrated; migrate-cancel keeps it here");
    return false;
}

/*
 * At the end the socket is still there while readers of the output are waited for. A boot may also
 * end to begin the next one, which is not known before its threads have ended.
 */
static bool has_machine(struct qmp_call *call)
{
    const struct machine *machine = machine_of(call);

    if (!machine_is_ending(machine))
        return true;
    qmp_fail(call, "%s",
             machine->boot_files != NULL && !machine->stopped
                 ? "the guest has just ended; if it boots again, ask again"
                 : "the run is ending");
    return false;
}

static json_t *stop(struct qmp_call *call)
{
    static const struct pause_names names = {"stop", "cont"};

    if (has_machine(call) && is_here(call))
        run_control_pause(target_of(call)->run, &names);
    return qmp_nothing();
}

static json_t *cont(struct qmp_call *call)
{
    if (has_machine(call) && is_here(call))
        run_control_resume(target_of(call)->run);
    return qmp_nothing();
}

static json_t *system_powerdown(struct qmp_call *call)
{
    if (has_machine(call) && is_here(call))
        run_control_press_power_button(target_of(call)->run);
    return qmp_nothing();
}

static json_t *system_wakeup(struct qmp_call *call)
{
    if (has_machine(call) && is_here(call) && !run_control_wake(target_of(call)->run))
        qmp_fail(call, "the guest does not sleep");
    return qmp_nothing();
}

static json_t *system_reset(struct qmp_call *call)
{
    struct machine *machine = machine_of(call);

    if (!has_machine(call) || !is_here(call))
        return qmp_nothing();
    machine_lock(machine);
    guest_end_system_reset(machine);
    machine_unlock(machine);
    return qmp_nothing();
}

static json_t *quit(struct qmp_call *call)
{
    run_control_end(target_of(call)->run, MACHINE_ENDED_BY_QUIT, EXIT_STATUS_INTERRUPTED,
                    "ended by quit of the control socket");
    return qmp_nothing();
}

static json_t *inject_nmi(struct qmp_call *call)
{
    if (has_machine(call) && is_here(call) && !machine_inject_nmi(machine_of(call)))
        qmp_fail(call, "no vCPU takes it: the guest has LINT1 masked, or not set to NMI");
    return qmp_nothing();
}

static struct migration_source *migration_of(const struct qmp_call *call)
{
    return &target_of(call)->run->migration;
}

static json_t *migrate(struct qmp_call *call)
{
    if (has_machine(call))
        control_migrate(call, migration_of(call));
    return qmp_nothing();
}

static json_t *migrate_cancel(struct qmp_call *call)
{
    control_migrate_cancel(call, migration_of(call));
    return qmp_nothing();
}

static json_t *query_migrate(struct qmp_call *call)
{
    return control_query_migrate(migration_of(call));
}

/* Nothing else is answered until the file is written. */
static json_t *snapshot_save(struct qmp_call *call)
{
    const char *file = json_string_value(json_object_get(call->arguments, "file"));
    const char *word = json_string_value(json_object_get(call->arguments, "then"));
    uint8_t then = SNAPSHOT_THEN_GO;

    if (!has_machine(call) || !is_here(call))
        return qmp_nothing();
    if (*file == '\0')
        qmp_fail(call, "'file' is empty; give the path of the snapshot");
    else if (word != NULL && !snapshot_then_parse(word, &then))
        qmp_fail(call, "'then' must be go, stop or quit");
    else if (machine_snapshot(machine_of(call), file, (enum snapshot_then)then) < 0)
        qmp_fail(call, "the snapshot failed; minivmm's stderr says why");
    run_control_follow_pause(target_of(call)->run);
    return qmp_nothing();
}

static json_t *fault(struct qmp_call *call)
{
    if (has_machine(call) && is_here(call))
        control_fault(call, target_of(call)->run);
    return qmp_nothing();
}

static json_t *query_faults(struct qmp_call *call)
{
    (void)call;
    return control_query_faults();
}

static json_t *trace_mark(struct qmp_call *call)
{
    const char *text = json_string_value(json_object_get(call->arguments, "text"));
    struct machine *machine = machine_of(call);

    if (machine->trace == NULL)
        qmp_fail(call, "this run has no trace; --trace FILE makes one");
    else if (*text == '\0' || strlen(text) > TRACE_TEXT_MAX_BYTES)
        qmp_fail(call, "'text' is to have from 1 to %d bytes", TRACE_TEXT_MAX_BYTES);
    else if (has_machine(call)) {
        machine_lock(machine);
        machine_trace_text(machine, TRACE_MARK, text);
        machine_unlock(machine);
    }
    return qmp_nothing();
}

static const struct qmp_command commands[] = {
    {.name = "query-version", .help = "the version of minivmm", .run = query_version},
    {.name = "query-commands", .help = "the names of all commands", .run = query_commands},
    {.name = "query-status", .help = "whether the guest runs or is paused", .run = query_status},
    {.name = "query-cpus-fast", .help = "vCPUs and their threads", .run = query_cpus_fast},
    {.name = "query-time", .help = "guest time, and what each clock shows", .run = query_time},
    {.name = "query-vm-generation-id",
     .help = "the identity that each restore and each clone has anew",
     .run = query_vm_generation_id},
    {.name = "stop", .help = "pause the guest, as SIGUSR1 does", .run = stop},
    {.name = "cont", .help = "resume it, as SIGUSR2 does", .run = cont},
    {.name = "system_powerdown", .help = "press the power button", .run = system_powerdown},
    {.name = "system_reset", .help = "as if the guest reset the machine", .run = system_reset},
    {.name = "system_wakeup", .help = "wake a guest that sleeps (S3)", .run = system_wakeup},
    {.name = "quit", .help = "end the run, status 130", .run = quit},
    {.name = "inject-nmi",
     .help = "an NMI by LINT1, to each vCPU that takes it",
     .run = inject_nmi},
    {.name = "snapshot-save",
     .help = "save the guest to a file, and then go, stop or quit",
     .run = snapshot_save,
     .arguments = {{"file", QMP_STRING, false}, {"then", QMP_STRING, true}}},
    {.name = "migrate",
     .help = "move the guest to a minivmm restore --incoming",
     .run = migrate,
     .arguments = {{"uri", QMP_STRING, false}}},
    {.name = "migrate-cancel", .help = "the guest stays here", .run = migrate_cancel},
    {.name = "fault",
     .help = "do a fault of query-faults",
     .run = fault,
     .arguments = {{"fault", QMP_STRING, false}},
     .is_open = true},
    {.name = "trace-mark",
     .help = "a line of yours in the trace",
     .run = trace_mark,
     .arguments = {{"text", QMP_STRING, false}}},
    {.name = "query-faults", .help = "the faults, and what each takes", .run = query_faults},
    {.name = "query-migrate", .help = "how far a migration is", .run = query_migrate},
};

struct qmp_server control_commands_server(struct control_target *target, const char *version)
{
    return (struct qmp_server){
        .commands = commands,
        .count = sizeof commands / sizeof commands[0],
        .version = version,
        .ctx = target,
    };
}
