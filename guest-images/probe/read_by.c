/* SPDX-License-Identifier: BSD-2-Clause */
/* See read_by.h. */
#include "guest-images/probe/read_by.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of linux/seccomp.h, which musl's compiler does not find. */
#define SECCOMP_MODE_STRICT 1

/* Of the child: what it does not live to say. */
#define NO_SYSTEM_CALL 0
#define CANNOT_TELL    1

/*
 * Strict mode leaves read, write, exit and sigreturn; any other call is the end of the process, by
 * SIGKILL. It takes RDTSC away as well (Linux's seccomp_set_mode_strict): who reads the TSC in the
 * vDSO ends by SIGSEGV.
 */
static void read_in_strict_mode(void)
{
    struct timespec now;

    /* The C library looks for the vDSO at its first call. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        syscall(SYS_exit, CANNOT_TELL);
    clock_gettime(CLOCK_MONOTONIC, &now);
    syscall(SYS_exit, NO_SYSTEM_CALL);
}

enum read_by read_by_find_out(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        read_in_strict_mode();
    if (child < 0 || waitpid(child, &status, 0) != child)
        return READ_BY_UNKNOWN;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return READ_BY_SYSTEM_CALL;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
        return READ_BY_VDSO;
    return WIFEXITED(status) && WEXITSTATUS(status) == NO_SYSTEM_CALL ? READ_BY_VDSO
                                                                      : READ_BY_UNKNOWN;
}
