/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hostile code in a thread of the program would try, for `make test-sandbox`: linked only to
 * the program of that test, whose sandbox.c is compiled with SANDBOX_TRIAL. The environment says
 * MINIVMM_TRIAL=THREAD:CALL; the thread makes the call as soon as it is in its sandbox.
 *
 * A call that the sandbox lets through ends the process with status 77, after a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "vmm/host/landlock.h"
#include "vmm/host/sandbox.h"

#define STATUS_LET_THROUGH 77
#define FORBIDDEN_FILE     "/etc/passwd"
#define PAGE_BYTES         4096

struct trial {
    const char *name;
    long number;
    long arguments[6];
};

static const struct trial trials[] = {
    {"openat", SYS_openat, {AT_FDCWD, (long)FORBIDDEN_FILE, O_RDONLY}},
    {"open", SYS_open, {(long)FORBIDDEN_FILE, O_RDONLY}},
    {"socket", SYS_socket, {1, 1, 0}},
    {"connect", SYS_connect, {0}},
    {"execve", SYS_execve, {(long)"/bin/true"}},
    {"clone", SYS_clone, {SIGCHLD}},
    {"fork", SYS_fork, {0}},
    {"kill", SYS_kill, {1, 0}},
    {"tgkill", SYS_tgkill, {1, 1, 0}},
    {"ptrace", SYS_ptrace, {0}},
    {"process_vm_readv", SYS_process_vm_readv, {0}},
    {"bpf", SYS_bpf, {0}},
    {"io_uring_setup", SYS_io_uring_setup, {1}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"setuid", SYS_setuid, {0}},
    {"mount", SYS_mount, {0}},
    {"prctl", SYS_prctl, {0}},
    {"seccomp", SYS_seccomp, {SECCOMP_SET_MODE_STRICT, 0, 0}},
    {"mprotect", SYS_mprotect, {0, PAGE_BYTES, PROT_READ | PROT_EXEC}},
    {"mmap", SYS_mmap, {0, PAGE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"fcntl", SYS_fcntl, {STDIN_FILENO, F_SETOWN, 0}},
    {"futex", SYS_futex, {0}},
    {"ioctl", SYS_ioctl, {STDIN_FILENO, TIOCSTI, 0}},
};

static const char *const threads[SANDBOX_THREADS] = {
    [SANDBOX_VCPU] = "vcpu", [SANDBOX_TIMER] = "timer", [SANDBOX_TRACE] = "trace",
    [SANDBOX_DISK] = "disk", [SANDBOX_MAIN] = "main",
};

/* By write alone, which each thread may do. */
static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* The name behind "THREAD:"; NULL: this thread has nothing to try. */
static const char *wanted_of(enum sandbox_thread thread)
{
    const char *wanted = getenv("MINIVMM_TRIAL");
    size_t length = strlen(threads[thread]);

    if (wanted == NULL || strncmp(wanted, threads[thread], length) != 0 || wanted[length] != ':')
        return NULL;
    return wanted + length + 1;
}

static bool has_landlock;

/* Before there is a sandbox, in which nobody may ask. */
__attribute__((constructor)) static void ask_for_landlock(void)
{
    has_landlock = landlock_version() > 0;
}

static void try_file(void)
{
    int fd = open(FORBIDDEN_FILE, O_RDONLY);

    if (!has_landlock)
        say("trial: this kernel has no Landlock\n");
    else if (fd < 0 && errno == EACCES)
        say("trial: no file but those named\n");
    else
        say("trial: a file is open\n");
}

/* The offset to TAI becomes what it is, so nothing changes if that is let through. */
static void try_clock(void)
{
    struct timex known = {.modes = 0};

    syscall(SYS_clock_adjtime, CLOCK_REALTIME, &known);
    known = (struct timex){.modes = ADJ_TAI, .constant = known.tai};
    if (syscall(SYS_clock_adjtime, CLOCK_REALTIME, &known) < 0 && errno == EPERM)
        say("trial: the host's clock is not set\n");
    else
        say("trial: the host's clock is set\n");
}

/* Called by sandbox_enter. */
void sandbox_trial(enum sandbox_thread thread);
void sandbox_trial(enum sandbox_thread thread)
{
    const char *wanted = wanted_of(thread);

    if (wanted == NULL)
        return;
    if (strcmp(wanted, "file") == 0) {
        try_file();
        return;
    }
    if (strcmp(wanted, "clock") == 0) {
        try_clock();
        return;
    }
    for (unsigned i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        const long *arguments = trials[i].arguments;

        if (strcmp(wanted, trials[i].name) != 0)
            continue;
        syscall(trials[i].number, arguments[0], arguments[1], arguments[2], arguments[3],
                arguments[4], arguments[5]);
        say("trial: the call was let through\n");
        _exit(STATUS_LET_THROUGH);
    }
    say("trial: an unknown call\n");
    _exit(STATUS_LET_THROUGH);
}
