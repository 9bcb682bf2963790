/* SPDX-License-Identifier: BSD-2-Clause */
/* See run.h. */
#include "vmm/cmd/run.h"

#include <errno.h>

#include "vmm/cmd/boot_files.h"
#include "vmm/cmd/experiment_session.h"
#include "vmm/cmd/fault_timeline.h"
#include "vmm/cmd/guest_control.h"
#include "vmm/cmd/incoming.h"
#include "vmm/cmd/main_loop.h"
#include "vmm/cmd/options.h"
#include "vmm/cmd/output_files.h"
#include "vmm/cmd/probe_orders.h"
#include "vmm/cmd/restore.h"
#include "vmm/cmd/run_control.h"
#include "vmm/cmd/run_sandbox.h"
#include "vmm/cmd/snapshot_trigger.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/signals.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/skip_idle.h"

/* Where a machine comes from. */
struct sources {
    struct boot_files boot;
    struct restore_source file;
    struct incoming incoming;
};

/*
 * Acquires all that the run needs of the host: files, the VM and what is measured of it, consoles.
 * No thread of the guest runs yet, and none has to acquire anything after this.
 */
static int acquire(struct machine *machine, struct sources *sources, const struct options *options,
                   int signal_fd, const struct clock_bracket *start)
{
    int result = output_files_check(&options->host, options->restore.path);

    if (result == 0 && options->restore.incoming != NULL)
        return incoming_machine(machine, &sources->incoming, options, signal_fd, start);
    if (result == 0 && options->restore.path != NULL)
        return restore_machine(machine, &sources->file, options, start);
    if (result == 0)
        result = boot_files_open(&options->host, &sources->boot);
    if (result < 0)
        return result;
    result = machine_create(machine, &options->config, &options->host, &sources->boot, start);
    if (result == 0 && options->host.reboot_again)
        machine->boot_files = &sources->boot;
    else
        boot_files_close(&sources->boot);
    return result;
}

static int attach_link(const struct run_link *link, struct event_loop *loop)
{
    return link != NULL ? link->attach(link->ctx, loop) : 0;
}

static void detach_link(const struct run_link *link)
{
    if (link != NULL)
        link->detach(link->ctx);
}

static int attach_session(struct experiment_session *session, struct machine *machine,
                          struct fault_timeline *faults, struct event_loop *loop)
{
    return session != NULL ? experiment_session_attach(session, machine, faults, loop) : 0;
}

/* A guest that comes by a migration is asked for when nothing else can fail. */
static int start_machine(struct machine *machine, struct sources *sources,
                         const struct options *options)
{
    return options->restore.incoming != NULL ? incoming_start(&sources->incoming, machine)
                                             : machine_start(machine);
}

/* With --trace. 0, or -errno after an error line. */
static int open_trace(struct machine *machine)
{
    static struct machine_trace trace;
    const char *path = machine->host->trace_path;

    return path != NULL ? machine_trace_open(machine, &trace, path) : 0;
}

/* The machine is made and not started; it is not there any more at the end. */
static void run_machine(struct machine *machine, struct sources *sources,
                        const struct options *options, int signal_fd)
{
    const struct run_link *link = machine->host->link;
    struct snapshot_trigger snapshot = {0};
    struct fault_timeline faults = {0};
    struct guest_control control;
    struct run_sandbox sandbox = RUN_SANDBOX_NONE;
    struct run_control run = {0};
    struct probe_orders orders;
    struct event_loop loop;

    event_loop_init(&loop);
    if (guest_control_open(&control, machine, &run) == 0 && attach_link(link, &loop) == 0 &&
        snapshot_trigger_open(&snapshot, machine) == 0 &&
        run_sandbox_prepare(&sandbox, machine, options) == 0 && open_trace(machine) == 0 &&
        skip_idle_prepare(machine) == 0 && probe_orders_attach(&orders, machine, &loop) == 0 &&
        fault_timeline_open(&faults, machine, &options->faults, options->restore.path != NULL) ==
            0 &&
        attach_session(options->session, machine, &faults, &loop) == 0 &&
        start_machine(machine, sources, options) == 0 && run_sandbox_enter(&sandbox, options) == 0)
        main_loop_run(&run, &control, &snapshot, &faults, machine, &loop, signal_fd);
    if (options->session != NULL)
        experiment_session_detach(options->session);
    run_control_close(&run);
    if (!machine->stopped)
        machine_stop(machine);
    machine_trace_close(machine);
    machine_destroy(machine);
    guest_control_close(&control);
    detach_link(link);
    snapshot_trigger_close(&snapshot);
    run_sandbox_release(&sandbox);
}

int run_guest(struct machine *machine, const struct options *options,
              const struct clock_bracket *start, struct watch *watch)
{
    struct sources sources = {.file = RESTORE_SOURCE_NONE, .incoming = INCOMING_NONE};
    int signal_fd = main_loop_open_signals();
    int status = EXIT_STATUS_HOST_ERROR;
    int result;

    if (signal_fd < 0)
        return status;
    result = acquire(machine, &sources, options, signal_fd, start);
    if (result == 0) {
        machine->watch = watch;
        run_machine(machine, &sources, options, signal_fd);
        status = machine->end_status;
        if (machine->boot_files != NULL)
            boot_files_close(machine->boot_files);
        machine->boot_files = NULL;
    } else if (result == -ECANCELED) {
        status = EXIT_STATUS_INTERRUPTED;
    }
    incoming_release(&sources.incoming);
    restore_release(&sources.file);
    signals_close(signal_fd);
    return status;
}

int run_status(const struct machine *machine, int end_status)
{
    return machine->output_lost && end_status == EXIT_STATUS_OK ? EXIT_STATUS_HOST_ERROR
                                                                : end_status;
}
