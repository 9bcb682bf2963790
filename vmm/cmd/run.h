/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest from its options to its end.
 */
#ifndef VMM_CMD_RUN_H
#define VMM_CMD_RUN_H

struct clock_bracket;
struct machine;
struct options;
struct watch;

/*
 * Returns the exit status. machine->end_text says why the guest ended, empty if there is nothing to
 * say; what kept it from starting has been said. start is as machine_create takes it; watch, if
 * not NULL, sees what the guest sends.
 */
int run_guest(struct machine *machine, const struct options *options,
              const struct clock_bracket *start, struct watch *watch);

/*
 * The status of the run once the guest has ended with end_status: a guest that did well, and whose
 * output was lost, has not.
 */
int run_status(const struct machine *machine, int end_status);

#endif
