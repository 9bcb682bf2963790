/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm ctl`: a command for a run's control socket, from a shell.
 *
 * The type of a value is that of the command's argument. Where this program does not know the
 * command, as the run is of a newer one, a value that is JSON is taken as it is, and anything else
 * for a string.
 */
#ifndef VMM_CMD_CTL_H
#define VMM_CMD_CTL_H

struct options;

/* Returns the exit status. */
int ctl_run(const struct options *options);

#endif
