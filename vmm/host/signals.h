/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that are read from a descriptor (signalfd), so that no handler is needed.
 */
#ifndef VMM_HOST_SIGNALS_H
#define VMM_HOST_SIGNALS_H

#include <stdbool.h>

/*
 * Whether the program was started with this signal ignored: nohup does that with SIGHUP, a shell
 * script with SIGINT for what it runs in the background. It is to stay ignored.
 */
bool signal_is_ignored(int signal_number);

/*
 * Makes a signalfd for those of the signals that are not ignored. It blocks them for this thread
 * and those that it starts, and unblocks all others, whatever the caller had blocked. An ignored
 * signal must stay out: once blocked, the kernel would queue it all the same. flags are signalfd's,
 * SFD_CLOEXEC is added. Returns the descriptor, or -errno after an error line.
 */
int signals_open(const int *signals, unsigned count, int flags);

/*
 * Whether SIGINT, SIGTERM or SIGHUP has come and waits to be read: for a thread that is busy for
 * long, and shares their blocking.
 */
bool signals_end_is_pending(void);

/*
 * Closes the descriptor. From here on SIGINT, SIGTERM and SIGHUP end the program as they end any:
 * it may have to wait for the reader of its output. Those that came before and were not read are
 * forgotten; other signals stay blocked.
 */
void signals_close(int fd);

#endif
