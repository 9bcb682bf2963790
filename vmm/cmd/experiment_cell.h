/* SPDX-License-Identifier: BSD-2-Clause */
/* One guest of an experiment, in this process: runs it, judges it, and writes its result as JSON.
 */
#ifndef VMM_CMD_EXPERIMENT_CELL_H
#define VMM_CMD_EXPERIMENT_CELL_H

struct clock_bracket;
struct experiment_plan;
struct machine;
struct options;

/* Of the guest that --cell names. Returns the exit status. */
int experiment_cell_run(struct machine *machine, const struct options *options,
                        const struct clock_bracket *start, const struct experiment_plan *plan);

#endif
