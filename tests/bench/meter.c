/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures what it takes a command to send to its stdout, which is a file, a pipe or a terminal.
 *
 * usage: meter file|pipe|pty BYTES STATUS COMMAND [ARGUMENT]...
 * prints: MILLISECONDS CPU_MILLISECONDS SWITCHES
 * status: 0; 1 the command sent another number of bytes or ended with another status; 2 cannot
 * measure
 *
 * The time is that from just before the process is made to its end. CPU time, the guest's included,
 * and the times that a thread gave its CPU up to wait are those of all its threads. The file is in
 * memory, the terminal is raw, and what is sent is read at once and thrown away.
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_ERROR  2

extern char **environ;

/* What the command writes to, and the end that is read from; -1 with a file. */
struct output {
    int write_fd;
    int read_fd;
};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void open_terminal(struct output *output)
{
    struct termios raw;

    output->read_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (output->read_fd < 0 || grantpt(output->read_fd) != 0 || unlockpt(output->read_fd) != 0)
        err(STATUS_ERROR, "pseudo-terminal");
    output->write_fd = open(ptsname(output->read_fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (output->write_fd < 0 || tcgetattr(output->write_fd, &raw) != 0)
        err(STATUS_ERROR, "terminal");
    cfmakeraw(&raw);
    tcsetattr(output->write_fd, TCSANOW, &raw);
}

static struct output open_output(const char *kind)
{
    struct output output = {-1, -1};
    int ends[2];

    if (strcmp(kind, "pty") == 0) {
        open_terminal(&output);
    } else if (strcmp(kind, "pipe") == 0 && pipe2(ends, O_CLOEXEC) == 0) {
        output = (struct output){ends[1], ends[0]};
    } else if (strcmp(kind, "file") == 0) {
        output.write_fd = memfd_create("output", MFD_CLOEXEC);
    }
    if (output.write_fd < 0)
        err(STATUS_ERROR, "%s", kind);
    return output;
}

static pid_t start(char **command, int output_fd)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int error;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
    error = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
    if (error != 0)
        errx(STATUS_ERROR, "%s: %s", command[0], strerror(error));
    return pid;
}

/* Until the command has ended, so our own end for writing is closed. A file is looked at then. */
static long read_output(struct output *output)
{
    static char bytes[1 << 16];
    long total = 0;
    ssize_t count;

    if (output->read_fd < 0)
        return 0;
    close(output->write_fd);
    while ((count = read(output->read_fd, bytes, sizeof bytes)) > 0)
        total += count;
    return total;
}

static double ms_of(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
    struct output output;
    struct rusage usage;
    double start_ms, took_ms;
    int status;
    long bytes;
    pid_t pid;

    if (argc < 5)
        errx(STATUS_ERROR, "usage: meter file|pipe|pty BYTES STATUS COMMAND [ARGUMENT]...");
    output = open_output(argv[1]);
    start_ms = now_ms();
    pid = start(argv + 4, output.write_fd);
    bytes = read_output(&output);
    if (wait4(pid, &status, 0, &usage) != pid)
        err(STATUS_ERROR, "%s", argv[4]);
    took_ms = now_ms() - start_ms;
    if (output.read_fd < 0)
        bytes = (long)lseek(output.write_fd, 0, SEEK_END);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != atoi(argv[3]) || bytes != atol(argv[2])) {
        warnx("%s ended with wait status %d after %ld bytes", argv[4], status, bytes);
        return STATUS_FAILED;
    }
    printf("%.1f %.1f %ld\n", took_ms, ms_of(usage.ru_utime) + ms_of(usage.ru_stime),
           usage.ru_nvcsw);
    return 0;
}
