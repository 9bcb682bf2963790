/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm run-test`: boots a Linux with a program of this host as its test, passes its output on,
 * and ends with its status.
 */
#ifndef VMM_CMD_RUN_TEST_H
#define VMM_CMD_RUN_TEST_H

struct clock_bracket;
struct machine;
struct options;

/* Returns the exit status, which run_test_options_ending describes. What went wrong has been said.
 */
int run_test(struct machine *machine, const struct options *options,
             const struct clock_bracket *start);

#endif
