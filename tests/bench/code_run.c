/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a program one instruction at a time, all threads of it, for some seconds, and prints where
 * its instructions are.
 *
 * usage: code_run SECONDS COMMAND [ARGUMENT]...
 * prints: a line for each address at which an instruction ran, once, in ascending order: 0x and 16
 * hexadecimal digits, counted from where the program was loaded
 * status: 0; 2 it cannot be run so
 *
 * What the program prints goes to stderr. It is killed at the end.
 */
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_ERROR 2
#define PROGRAM_MAX  (8u << 20)

static bool has_run[PROGRAM_MAX];

static volatile sig_atomic_t is_over;

static void note_alarm(int signal)
{
    (void)signal;
    is_over = 1;
}

/* Stopped at its first instruction. */
static pid_t start(char **command)
{
    pid_t pid = fork();

    if (pid < 0)
        err(STATUS_ERROR, "fork");
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(command[0], command);
        err(STATUS_ERROR, "%s", command[0]);
    }
    if (waitpid(pid, NULL, 0) != pid ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) != 0)
        err(STATUS_ERROR, "%s cannot be traced", command[0]);
    return pid;
}

/* Of the first mapping, which is the program's as long as nothing has run. */
static uint64_t load_address(pid_t pid)
{
    char path[64];
    uint64_t address = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%" SCNx64, &address) != 1)
        err(STATUS_ERROR, "%s", path);
    fclose(file);
    return address;
}

/* A thread that has stopped goes on by one instruction, with the signal that stopped it. */
static void step(pid_t thread, int status, uint64_t base)
{
    int signal = WSTOPSIG(status);
    uint64_t address =
        (uint64_t)ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user_regs_struct, rip), NULL) -
        base;

    if (address < PROGRAM_MAX)
        has_run[address] = true;
    if (signal == SIGTRAP || signal == SIGSTOP)
        signal = 0;
    ptrace(PTRACE_SINGLESTEP, thread, NULL, (long)signal);
}

int main(int argc, char **argv)
{
    const struct sigaction note = {.sa_handler = note_alarm};
    pid_t pid, thread;
    uint64_t base;
    int status;

    if (argc < 3)
        errx(STATUS_ERROR, "usage: code_run SECONDS COMMAND [ARGUMENT]...");
    sigaction(SIGALRM, &note, NULL);
    pid = start(argv + 2);
    base = load_address(pid);
    ptrace(PTRACE_SINGLESTEP, pid, NULL, 0L);
    alarm((unsigned)atoi(argv[1]));
    while (!is_over && (thread = waitpid(-1, &status, __WALL)) > 0)
        if (WIFSTOPPED(status))
            step(thread, status, base);
    kill(pid, SIGKILL);
    for (uint64_t address = 0; address < PROGRAM_MAX; address++)
        if (has_run[address])
            printf("0x%016" PRIx64 "\n", address);
    return 0;
}
