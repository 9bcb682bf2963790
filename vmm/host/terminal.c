/* SPDX-License-Identifier: BSD-2-Clause */
/* See terminal.h. */
#include "vmm/host/terminal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* The settings of before; they do not change any more once terminal_raw is set. */
static struct termios terminal_saved;
static atomic_bool terminal_raw;
static pid_t process_id;

/*
 * Those that end a program which does nothing about them and that the main loop does not take; the
 * real-time signals are others.
 */
static const int fatal_signals[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,    SIGABRT,
                                    SIGSYS,  SIGTRAP, SIGALRM, SIGVTALRM, SIGPROF,
                                    SIGPOLL, SIGPWR,  SIGXCPU, SIGSTKFLT, SIGQUIT};

bool terminal_is_raw(void)
{
    return atomic_load(&terminal_raw);
}

bool terminal_in_background(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);

    /* It fails where stdin is no terminal or not the one that controls us: no job control then. */
    return foreground > 0 && foreground != getpgrp();
}

/*
 * Async-signal-safe. SIGTTOU is blocked because tcsetattr from the background would stop us, and
 * the terminal would stay raw.
 */
void terminal_restore(void)
{
    sigset_t ttou, saved_mask;

    if (!atomic_exchange(&terminal_raw, false))
        return;
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &ttou, &saved_mask);
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal_saved);
    pthread_sigmask(SIG_SETMASK, &saved_mask, NULL);
}

/* Of an instruction, which comes again when the handler returns. */
static bool is_fault(const siginfo_t *info)
{
    int number = info->si_signo;

    return info->si_code > 0 && (number == SIGSEGV || number == SIGBUS || number == SIGILL ||
                                 number == SIGFPE || number == SIGTRAP);
}

/*
 * The handler is reset by then: the signal does what it would have done, when this returns. It goes
 * to the main thread, whose number is the process's: any thread may do that in its sandbox.
 */
static void on_fatal_signal(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    terminal_restore();
    if (!is_fault(info))
        tgkill(process_id, process_id, signal_number);
}

/* The vCPUs' kick is a real-time signal and has a handler that must stay, and so may SIGSYS: that
 * of sandbox.c. */
static bool has_default_action(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

/* Once, before the terminal is raw for the first time. */
static void terminal_guard_ways_out(void)
{
    struct sigaction action = {.sa_sigaction = on_fatal_signal,
                               .sa_flags = (int)(SA_RESETHAND | SA_SIGINFO)};

    sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < sizeof fatal_signals / sizeof fatal_signals[0]; i++)
        if (fatal_signals[i] != SIGSYS || has_default_action(SIGSYS))
            sigaction(fatal_signals[i], &action, NULL);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        if (has_default_action(number))
            sigaction(number, &action, NULL);
    atexit(terminal_restore);
}

bool terminal_make_raw(void)
{
    static bool guarded;
    struct termios raw;

    /* Of a program that begins in the background the ways out are guarded later, when its sandbox
     * lets nobody ask for this. */
    if (process_id == 0)
        process_id = getpid();
    if (terminal_in_background())
        return false;
    if (!terminal_is_raw() && tcgetattr(STDIN_FILENO, &terminal_saved) != 0)
        return false;
    if (!guarded)
        terminal_guard_ways_out();
    guarded = true;
    raw = terminal_saved;
    cfmakeraw(&raw);
    /* Set first: a signal between the two lines then restores what was never changed. */
    atomic_store(&terminal_raw, true);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        terminal_restore();
    return terminal_is_raw();
}
