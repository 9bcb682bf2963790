/* SPDX-License-Identifier: BSD-2-Clause */
/* See matrix.h. */
#include "vmm/cmd/matrix.h"

#include <stdlib.h>

#include "check/cells.h"
#include "vmm/cmd/cell_pool.h"
#include "vmm/cmd/options.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

/* True after an error line. */
static bool refuse_pipe(const char *path)
{
    if (!file_is_pipe(path))
        return false;
    log_error("--matrix: %s is a pipe, which can be read only once; give a file", path);
    return true;
}

/* As refuse_pipe, for the FILE of "FILE WORDS". */
static bool refuse_initrd_pipe(const char *text)
{
    char *name = file_name_of(text);
    bool refused = name != NULL && refuse_pipe(name);

    free(name);
    return refused;
}

/* Each check opens the files for itself. */
static bool can_be_read_often(const struct options *options)
{
    const struct check_options *check = &options->check;

    for (unsigned i = 0; i < check->operand_count; i++)
        if (refuse_pipe(check->operands[i]))
            return false;
    for (unsigned i = 0; i < options->host.initrd_count; i++)
        if (refuse_initrd_pipe(options->host.initrds[i]))
            return false;
    for (unsigned i = 0; i < check->expect_count; i++)
        if (check->expect_files[i] != NULL && refuse_pipe(check->expect_texts[i] + 1))
            return false;
    return true;
}

static unsigned vcpus_of(const void *ctx, unsigned cell)
{
    (void)ctx;
    return cell_at(cell).machine.cpu_count;
}

static const char *kernel_of(const void *ctx, unsigned cell)
{
    const struct options *options = ctx;

    return options->check.operands[cell_at(cell).kernel];
}

int matrix_run(const struct options *options, char **argv)
{
    const struct cell_pool_work work = {
        .cell_count = options->check.operand_count * CELLS_PER_KERNEL,
        .shard = options->check.shard,
        .output_dir = options->check.output_dir,
        .format = options->check.format,
        .noun = "check",
        .vcpus = vcpus_of,
        .name = kernel_of,
        .ctx = options,
    };

    return can_be_read_often(options) ? cell_pool_run(&work, argv) : EXIT_STATUS_HOST_ERROR;
}
