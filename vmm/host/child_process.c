/* SPDX-License-Identifier: BSD-2-Clause */
/* See child_process.h. */
#include "vmm/host/child_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "vmm/host/signals.h"

/* The parent may have ended before it could be asked for the signal. */
bool child_process_dies_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

int child_process_ending_signal(void)
{
    return signal_is_ignored(SIGINT) ? SIGKILL : SIGINT;
}
