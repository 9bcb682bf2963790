/* SPDX-License-Identifier: BSD-2-Clause */
/* See program.h. */
#include "guest-images/runner/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    struct channel *channel;
    pid_t pid;
    int signal_fd;
    /* Our ends of its pipes; -1: closed. */
    int in;
    int out;
    int err;
    /* Input that did not fit its pipe yet, and whether more was asked for. */
    uint8_t input[RUN_PAYLOAD_MAX_BYTES];
    unsigned input_at;
    unsigned input_end;
    bool input_asked;
    bool ended;
    struct run_end end;
};

/* The child's ends. */
struct ends {
    int in;
    int out;
    int err;
    /* Where the errno goes of an exec that failed. */
    int failure;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A pipe that no other program gets; ours does not block. False if there is none. */
static bool make_pipe(int *ours, int *theirs, bool we_write)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ours = ends[we_write];
    *theirs = ends[!we_write];
    return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

static void become_program(const struct spec *spec, const struct ends *ends)
{
    sigset_t none;
    int error;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    if (dup2(ends->in, STDIN_FILENO) >= 0 && dup2(ends->out, STDOUT_FILENO) >= 0 &&
        dup2(ends->err, STDERR_FILENO) >= 0 && chdir(spec->folder) == 0)
        execve(spec->program, spec->arguments, spec->environment);
    error = errno;
    write(ends->failure, &error, sizeof error);
    _exit(1);
}

/* Of the exec: 0, or its errno. */
static int wait_for_exec(int fd)
{
    int error = 0;

    while (read(fd, &error, sizeof error) < 0 && errno == EINTR)
        ;
    close(fd);
    return error;
}

static int start(struct program *program, const struct spec *spec)
{
    struct ends ends;
    int failure[2];
    int error;

    if (!make_pipe(&program->in, &ends.in, true) || !make_pipe(&program->out, &ends.out, false) ||
        !make_pipe(&program->err, &ends.err, false) || pipe2(failure, O_CLOEXEC) != 0)
        return errno;
    ends.failure = failure[1];
    program->pid = fork();
    if (program->pid == 0)
        become_program(spec, &ends);
    error = program->pid < 0 ? errno : 0;
    close(ends.in);
    close(ends.out);
    close(ends.err);
    close(failure[1]);
    return error != 0 ? error : wait_for_exec(failure[0]);
}

/* Sends what is in a pipe, a frame at most; at its end the pipe is closed. True: there was some. */
static bool pass_on(struct program *program, int *fd, enum run_frame_type type)
{
    uint8_t bytes[RUN_PAYLOAD_MAX_BYTES];
    ssize_t count = *fd >= 0 ? read(*fd, bytes, sizeof bytes) : -1;

    if (count > 0)
        channel_send(program->channel, type, bytes, (unsigned)count);
    else if (count == 0)
        close_fd(fd);
    return count > 0;
}

/* Asks for input once there is room for it. */
static void ask_for_input(struct program *program)
{
    if (program->in < 0 || program->input_asked || program->input_at < program->input_end)
        return;
    program->input_asked = true;
    channel_send(program->channel, RUN_WANT_INPUT, NULL, 0);
}

static void give_input(struct program *program)
{
    ssize_t count;

    if (program->in < 0 || program->input_at == program->input_end)
        return;
    count = write(program->in, program->input + program->input_at,
                  program->input_end - program->input_at);
    if (count > 0)
        program->input_at += (unsigned)count;
    else if (errno != EAGAIN && errno != EINTR)
        close_fd(&program->in);
}

static void take_input(struct program *program)
{
    unsigned length_bytes;

    if (!channel_receive(program->channel, program->input, &length_bytes))
        return;
    program->input_asked = false;
    program->input_at = 0;
    program->input_end = length_bytes;
    if (length_bytes == 0)
        close_fd(&program->in);
    give_input(program);
}

/* Of the program, and of processes that it has left behind. */
static void take_children(struct program *program)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    read(program->signal_fd, &info, sizeof info);
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != program->pid)
            continue;
        program->ended = true;
        program->end = WIFSIGNALED(status)
                           ? (struct run_end){RUN_SIGNALED, (unsigned)WTERMSIG(status)}
                           : (struct run_end){RUN_EXITED, (unsigned)WEXITSTATUS(status)};
    }
}

static void wait_and_serve(struct program *program)
{
    enum { CHILDREN, CHANNEL, OUT, ERR, IN, COUNT };
    struct pollfd fds[COUNT] = {
        [CHILDREN] = {program->signal_fd, POLLIN, 0},
        [CHANNEL] = {program->channel->fd, POLLIN, 0},
        [OUT] = {program->out, POLLIN, 0},
        [ERR] = {program->err, POLLIN, 0},
        /* Without events it still tells that nobody can read any more. */
        [IN] = {program->in, program->input_at < program->input_end ? POLLOUT : 0, 0},
    };

    if (poll(fds, COUNT, -1) <= 0)
        return;
    if (fds[OUT].revents != 0)
        pass_on(program, &program->out, RUN_STDOUT);
    if (fds[ERR].revents != 0)
        pass_on(program, &program->err, RUN_STDERR);
    if ((fds[IN].revents & POLLERR) != 0)
        close_fd(&program->in);
    else if (fds[IN].revents != 0)
        give_input(program);
    if (fds[CHANNEL].revents != 0)
        take_input(program);
    if (fds[CHILDREN].revents != 0)
        take_children(program);
}

/* What was written before the end; not what a process that is left may write yet. */
static void send_rest(struct program *program)
{
    kill(-1, SIGKILL);
    while (pass_on(program, &program->out, RUN_STDOUT))
        ;
    while (pass_on(program, &program->err, RUN_STDERR))
        ;
}

struct run_end program_run(const struct spec *spec, struct channel *channel)
{
    struct program program = {.channel = channel};
    sigset_t children;
    int error;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    signal(SIGPIPE, SIG_IGN);
    program.signal_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    error = start(&program, spec);
    if (error != 0)
        return (struct run_end){RUN_NOT_STARTED, (unsigned)error};
    while (!program.ended) {
        ask_for_input(&program);
        wait_and_serve(&program);
    }
    send_rest(&program);
    return program.end;
}
