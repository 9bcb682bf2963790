/* SPDX-License-Identifier: BSD-2-Clause */
/* `minivmm experiment`: reads scenarios. */
#ifndef VMM_CMD_EXPERIMENT_H
#define VMM_CMD_EXPERIMENT_H

struct options;

/* Returns the exit status. */
int experiment_run(const struct options *options);

#endif
