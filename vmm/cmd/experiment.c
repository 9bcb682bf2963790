/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment.h. */
#include "vmm/cmd/experiment.h"

#include <string.h>

#include "check/result.h"
#include "vmm/cmd/cell_pool.h"
#include "vmm/cmd/check_print.h"
#include "vmm/cmd/experiment_cell.h"
#include "vmm/cmd/experiment_page.h"
#include "vmm/cmd/experiment_plan.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

static unsigned vcpus_of(const void *ctx, unsigned cell)
{
    return experiment_plan_vcpus(ctx, cell);
}

static const char *name_of(const void *ctx, unsigned cell)
{
    return experiment_plan_name(ctx, cell);
}

/* With --repeat: how often all has held. */
static void say_counts(const struct experiment_plan *plan, const json_t *results)
{
    for (unsigned file = 0; file < plan->file_count; file++)
        for (unsigned guest = 0; guest < plan->files[file].guest_count; guest++) {
            const char *name = plan->files[file].names[guest];
            unsigned count = 0, ok_count = 0;

            for (size_t i = 0; i < json_array_size(results); i++) {
                const json_t *result = json_array_get(results, i);

                if (strcmp(result_text(result, "kernel"), name) != 0)
                    continue;
                count++;
                ok_count += result_is_ok(result) ? 1 : 0;
            }
            log_note("%s: %u/%u", name, ok_count, count);
        }
}

/* With --trace: a page for each run. */
static int write_pages(const struct experiment_plan *plan, const json_t *results)
{
    int status = EXIT_STATUS_OK;

    for (size_t i = 0; plan->pages_dir != NULL && i < json_array_size(results); i++) {
        int written = experiment_page_write(plan->pages_dir, json_array_get(results, i));

        if (written != EXIT_STATUS_OK)
            status = written;
    }
    return status;
}

static int summarize(const void *ctx, const json_t *results)
{
    const struct experiment_plan *plan = ctx;

    if (plan->repeat > 1)
        say_counts(plan, results);
    return write_pages(plan, results);
}

static int run_all(const struct experiment_plan *plan, const struct options *options, char **argv)
{
    const struct cell_pool_work work = {
        .cell_count = plan->cell_count,
        .shard = options->check.shard,
        .output_dir = options->check.output_dir,
        .format = options->check.format,
        .noun = "run",
        .vcpus = vcpus_of,
        .name = name_of,
        .summarize = summarize,
        .ctx = plan,
    };

    if (plan->cell_count <= CELLS_MAX)
        return cell_pool_run(&work, argv);
    log_error("%u runs are asked for, and " CELLS_MAX_TEXT " are accepted", plan->cell_count);
    return EXIT_STATUS_HOST_ERROR;
}

int experiment_run(struct machine *machine, const struct options *options,
                   const struct clock_bracket *start, char **argv)
{
    static struct experiment_plan plan;
    const struct experiment_options *experiment = &options->experiment;

    if (options->check.merge)
        return check_merge(experiment->paths, experiment->path_count, options->check.format);
    if (!experiment_plan_make(&plan, options))
        return EXIT_STATUS_HOST_ERROR;
    if (experiment->check_only)
        return EXIT_STATUS_OK;
    if (options->check.cell != 0)
        return experiment_cell_run(machine, options, start, &plan);
    return run_all(&plan, options, argv);
}
