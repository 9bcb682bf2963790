/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal on stdin: raw mode, and back on every way out.
 *
 * Its settings belong to the terminal, not to the process, so what is not restored stays with the
 * user's shell. They are restored by terminal_restore, by exit, and by the signals that end a
 * program and that the main loop does not take: those of the program's own mistakes (SIGSEGV,
 * SIGABRT and the like), SIGQUIT, SIGALRM and others, and real-time signals for which there is no
 * handler. SIGKILL cannot be handled.
 */
#ifndef VMM_HOST_TERMINAL_H
#define VMM_HOST_TERMINAL_H

#include <stdbool.h>

/* Whether stdin is a terminal, and this process runs in its background: another job has the keys.
 */
bool terminal_in_background(void);

/*
 * Puts the terminal on stdin into raw mode: every key is for the guest. Returns false and changes
 * nothing if stdin is not a terminal, or if the process is in its background. May be called again
 * after the process was stopped and continued, when the shell has changed the settings.
 */
bool terminal_make_raw(void);

/* Gives the terminal the settings it had before. May be called at any time and more than once. */
void terminal_restore(void);

/* Whether the terminal is raw now, so that lines must end with "\r\n". */
bool terminal_is_raw(void);

#endif
