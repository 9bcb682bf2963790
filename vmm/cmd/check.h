/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm check`: boots a guest without a terminal, collects what its probe reports, judges it,
 * and writes the result to stdout.
 */
#ifndef VMM_CMD_CHECK_H
#define VMM_CMD_CHECK_H

struct clock_bracket;
struct machine;
struct options;

/*
 * Runs the guest to its end; with --matrix many, and with --merge none. Reads the files of
 * --expect @FILE into the options first. argv is main's, which is not changed. Returns the exit
 * status; see exit_status.h. What keeps a guest from being judged is said in one line on stderr as
 * well; of a host that fails that line is all.
 */
int check_run(struct machine *machine, struct options *options, const struct clock_bracket *start,
              char **argv);

#endif
