/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the program may still ask of the host's kernel while a guest runs: seccomp filters, one for
 * each kind of thread. docs/security.md says what they are for, and sandbox_calls.h what each lets
 * through.
 *
 * A call that a filter has no row for ends the process: the handler of SIGSYS says one line that
 * names the call and the kind of thread, and calls the function of sandbox_on_violation. Filters
 * cannot be taken off, and a thread hands its own on to those that it starts.
 *
 * Source: Linux Documentation/userspace-api/seccomp_filter.rst, seccomp(2).
 */
#ifndef VMM_HOST_SANDBOX_H
#define VMM_HOST_SANDBOX_H

#include <stdbool.h>

#include "vmm/host/sandbox_calls.h"

/*
 * Once, by the main thread before others are started: `end` ends the process at once. It is called
 * on the main thread in the handler of a signal, so it is async-signal-safe.
 */
void sandbox_on_violation(void (*end)(void));

/*
 * By the main thread, before the threads of a machine are started: makes the filters, so that
 * sandbox_enter needs nothing but the filter's load. `features` are bits of enum sandbox_feature,
 * for the filter of the main thread. The caller, and so those threads, can set no clock of the host
 * any more (CAP_SYS_TIME). Where the host's kernel has no seccomp a line says so, and sandbox_enter
 * will do nothing. 0, or -errno after an error line.
 */
int sandbox_prepare(unsigned features);

/*
 * By each thread, for itself. Without sandbox_prepare it does nothing. 0, or -errno: the caller
 * says it.
 */
int sandbox_enter(enum sandbox_thread thread);

/* For this thread and those that it starts: no_new_privs. Filters and rules of files need it. 0 or
 * -errno. */
int sandbox_forbid_privileges(void);

/* Whether this kernel has what sandbox_prepare needs. */
bool sandbox_is_known(void);

#endif
