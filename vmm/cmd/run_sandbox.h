/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox of a run: what its threads may do is found from its options. docs/security.md says
 * what stays open, and why. All of it is the main thread's.
 */
#ifndef VMM_CMD_RUN_SANDBOX_H
#define VMM_CMD_RUN_SANDBOX_H

struct machine;
struct options;

struct run_sandbox {
    /* Of Landlock, until the sandbox is entered; -1: none. */
    int rules;
};

#define RUN_SANDBOX_NONE                                                                           \
    {                                                                                              \
        -1                                                                                         \
    }

/* The machine is made and no thread of it is started. 0, or -errno after an error line. */
int run_sandbox_prepare(struct run_sandbox *sandbox, const struct machine *machine,
                        const struct options *options);

/*
 * All is open, and the threads are started: the main thread enters its sandbox. 0, or -errno after
 * an error line.
 */
int run_sandbox_enter(struct run_sandbox *sandbox, const struct options *options);

/* If the run ends before it was entered. */
void run_sandbox_release(struct run_sandbox *sandbox);

#endif
