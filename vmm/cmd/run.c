/* SPDX-License-Identifier: BSD-2-Clause */
/* See run.h. */
#include "vmm/cmd/run.h"

#include "vmm/cmd/boot_files.h"
#include "vmm/cmd/main_loop.h"
#include "vmm/cmd/options.h"
#include "vmm/cmd/output_files.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/signals.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_create.h"

/*
 * Acquires all that the run needs of the host: files, the VM and what is measured of it, consoles.
 * No thread of the guest runs yet, and none has to acquire anything after this.
 */
static int acquire(struct machine *machine, const struct options *options,
                   const struct clock_bracket *start)
{
    struct boot_files files;
    int result = output_files_check(&options->host);

    if (result == 0)
        result = boot_files_open(&options->host, &files);
    if (result < 0)
        return result;
    result = machine_create(machine, &options->config, &options->host, &files, start);
    boot_files_close(&files);
    return result;
}

static int attach_link(const struct run_link *link, struct event_loop *loop)
{
    return link != NULL ? link->attach(link->ctx, loop) : 0;
}

int run_guest(struct machine *machine, const struct options *options,
              const struct clock_bracket *start, struct watch *watch)
{
    struct event_loop loop;
    int signal_fd = main_loop_open_signals();
    int status = EXIT_STATUS_HOST_ERROR;

    if (signal_fd < 0)
        return status;
    event_loop_init(&loop);
    if (acquire(machine, options, start) == 0) {
        machine->watch = watch;
        if (attach_link(options->host.link, &loop) == 0 && machine_start(machine) == 0)
            main_loop_run(machine, &loop, signal_fd);
        machine_destroy(machine);
        if (options->host.link != NULL)
            options->host.link->detach(options->host.link->ctx);
        status = machine->end_status;
    }
    signals_close(signal_fd);
    return status;
}

int run_status(const struct machine *machine, int end_status)
{
    return machine->output_lost && end_status == EXIT_STATUS_OK ? EXIT_STATUS_HOST_ERROR
                                                                : end_status;
}
