/* SPDX-License-Identifier: BSD-2-Clause */
/* `minivmm experiment`: runs scenarios, and says whether what they expect has come. */
#ifndef VMM_CMD_EXPERIMENT_H
#define VMM_CMD_EXPERIMENT_H

struct clock_bracket;
struct machine;
struct options;

/* Each guest is a process of this program, which --cell makes of this one. argv is main's. Returns
 * the exit status. */
int experiment_run(struct machine *machine, const struct options *options,
                   const struct clock_bracket *start, char **argv);

#endif
