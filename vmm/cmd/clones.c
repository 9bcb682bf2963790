/* SPDX-License-Identifier: BSD-2-Clause */
/* See clones.h. */
#include "vmm/cmd/clones.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/cmd/clone_paths.h"
#include "vmm/cmd/options.h"
#include "vmm/host/child_process.h"
#include "vmm/host/log.h"
#include "vmm/host/log_writer.h"
#include "vmm/host/signals.h"
#include "vmm/host/standard_fds.h"
#include "vmm/machine/exit_status.h"

/* From 1, as the user counts them. */
static unsigned number_of(unsigned index)
{
    return index + 1;
}

/* Blocked from here on: a clone that has not begun to wait for signals gets them later. */
static int open_signals(void)
{
    static const int taken[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

    signal(SIGCHLD, SIG_DFL);
    return signals_open(taken, sizeof taken / sizeof taken[0], 0);
}

static void signal_all(const struct clones *clones, int signal_number)
{
    for (unsigned i = 0; i < clones->started_count; i++)
        if (clones->pids[i] > 0)
            kill(clones->pids[i], signal_number);
}

/* In the new process. */
static void become_clone(struct clones *clones, struct options *options, unsigned index,
                         pid_t parent)
{
    char name[32];

    if (!child_process_dies_with(parent))
        raise(SIGKILL);
    setpgid(0, 0);
    close(clones->signal_fd);
    log_writer_renew();
    snprintf(name, sizeof name, "clone %u: ", number_of(index));
    log_set_name(name);
    standard_fd_empty_stdin();
    clone_paths_set(&options->host, number_of(index));
    options->restore.source = &clones->source;
}

/* Those that run by then are ended, as by Ctrl-C. */
static void give_up(struct clones *clones, int result)
{
    log_error("--clones: clone %u cannot be started: %s", number_of(clones->started_count),
              strerror(-result));
    clones->has_given_up = true;
    signal_all(clones, child_process_ending_signal());
}

/* 1 in the clone; 0 here, or -errno. */
static int start_one(struct clones *clones, struct options *options, pid_t parent)
{
    unsigned index = clones->started_count;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        become_clone(clones, options, index, parent);
        return 1;
    }
    setpgid(pid, pid);
    clones->pids[index] = pid;
    clones->started_count++;
    clones->running_count++;
    return 0;
}

bool clones_start(struct clones *clones, struct options *options)
{
    pid_t parent = getpid();
    int result;

    *clones = (struct clones){
        .source = RESTORE_SOURCE_NONE, .signal_fd = -1, .status = EXIT_STATUS_HOST_ERROR};
    if (!clone_paths_check(&options->host, options->restore.clone_count) ||
        restore_open(&clones->source, options->restore.path) < 0)
        return false;
    clones->signal_fd = open_signals();
    if (clones->signal_fd < 0)
        return false;
    clones->status = EXIT_STATUS_OK;
    for (unsigned i = 0; i < options->restore.clone_count; i++) {
        result = start_one(clones, options, parent);
        if (result > 0)
            return true;
        if (result < 0) {
            give_up(clones, result);
            return false;
        }
    }
    return false;
}

static void take_end(struct clones *clones, unsigned index, int wait_status)
{
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : EXIT_STATUS_HOST_ERROR;

    clones->pids[index] = 0;
    clones->running_count--;
    if (WIFSIGNALED(wait_status))
        log_error("clone %u: killed by SIG%s", number_of(index),
                  sigabbrev_np(WTERMSIG(wait_status)));
    if (status > clones->status)
        clones->status = status;
}

static void reap(struct clones *clones)
{
    pid_t pid;
    int wait_status;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (unsigned i = 0; i < clones->started_count; i++)
            if (clones->pids[i] == pid)
                take_end(clones, i, wait_status);
}

int clones_wait(struct clones *clones)
{
    struct signalfd_siginfo info;

    while (clones->running_count > 0) {
        if (read(clones->signal_fd, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo == SIGCHLD)
            reap(clones);
        else
            signal_all(clones, (int)info.ssi_signo);
    }
    if (clones->signal_fd >= 0)
        signals_close(clones->signal_fd);
    restore_release(&clones->source);
    return clones->has_given_up ? EXIT_STATUS_HOST_ERROR : clones->status;
}
