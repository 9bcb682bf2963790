/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that a descriptor tells of instead of a handler.
 */
#ifndef VMM_HOST_SIGNALS_H
#define VMM_HOST_SIGNALS_H

#include <stdbool.h>

/*
 * What the caller has ignored stays so: nohup does that with SIGHUP, a script with SIGINT for what
 * it runs in the background.
 */
bool signal_is_ignored(int signal_number);

/*
 * Blocks those of the signals that are not ignored, and no others, for this thread and those that
 * it starts: what the caller had blocked is not. A signal that is blocked is queued even if it is
 * ignored, so one that is stays out. flags are signalfd's, SFD_CLOEXEC is added. Returns a
 * descriptor, or -errno after an error line.
 */
int signals_open(const int *signals, unsigned count, int flags);

#endif
