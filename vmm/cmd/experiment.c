/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment.h. */
#include "vmm/cmd/experiment.h"

#include "vmm/cmd/options.h"
#include "vmm/cmd/scenario_file.h"
#include "vmm/machine/exit_status.h"

/* All are looked at, so that all that is wrong is said. */
static int check_all(const struct experiment_options *experiment)
{
    static struct scenario scenario;
    int status = EXIT_STATUS_OK;

    for (unsigned i = 0; i < experiment->path_count; i++) {
        if (!scenario_file_read(&scenario, experiment->paths[i]))
            status = EXIT_STATUS_HOST_ERROR;
        scenario_close(&scenario);
    }
    return status;
}

int experiment_run(const struct options *options)
{
    return check_all(&options->experiment);
}
