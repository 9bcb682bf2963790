/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures how long a command takes until it has printed a text, and the memory it has then beside
 * its guest's; then kills it.
 *
 * usage: stopwatch GUEST_MIB TEXT COMMAND [ARGUMENT]...
 * prints: MILLISECONDS RSS_KIB PRIVATE_KIB PEAK_KIB
 * status: 0; 1 the command ended, or took two minutes, before it printed TEXT, or ended before its
 * memory was read; 2 cannot measure
 *
 * The time is that from just before the process is made to the arrival of the last byte of TEXT in
 * the pipe that is its stdout. Memory is read SETTLE_NS later from smaps, of all mappings but the
 * guest's memory, which is the largest; what adjoins it and is of no file belongs to it. PRIVATE is
 * what the process has written to, which is what one more of it costs: pages of a program file are
 * shared by all that run it. PEAK is the peak of RSS less what the guest has touched.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS      120000
#define SETTLE_NS     20000000
#define STATUS_MISSED 1
#define STATUS_ERROR  2

extern char **environ;

/* Sums over mappings, and what the largest of them adds to each. */
struct memory {
    uint64_t rss_kib;
    uint64_t private_kib;
    uint64_t guest_size_kib;
    uint64_t guest_rss_kib;
    uint64_t guest_private_kib;
    uint64_t peak_kib;
};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static pid_t start(char **command, int *output_fd)
{
    posix_spawn_file_actions_t actions;
    int fds[2];
    pid_t pid;
    int error;

    if (pipe2(fds, O_CLOEXEC) != 0)
        err(STATUS_ERROR, "pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    error = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
    if (error != 0)
        errx(STATUS_ERROR, "%s: %s", command[0], strerror(error));
    close(fds[1]);
    *output_fd = fds[0];
    return pid;
}

/* Whether text came within the limit. */
static bool wait_for(int fd, const char *text)
{
    static char seen[1 << 20];
    size_t length = 0;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    double limit_ms = now_ms() + LIMIT_MS;

    while (length < sizeof seen - 1 && poll(&readable, 1, (int)(limit_ms - now_ms())) > 0) {
        ssize_t count = read(fd, seen + length, sizeof seen - 1 - length);

        if (count <= 0)
            return false;
        length += (size_t)count;
        if (memmem(seen, length, text, strlen(text)) != NULL)
            return true;
        if (now_ms() > limit_ms)
            return false;
    }
    return false;
}

static FILE *open_proc(pid_t pid, const char *name)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    file = fopen(path, "re");
    if (file == NULL)
        err(STATUS_ERROR, "%s", path);
    return file;
}

/* Adjoining mappings of no file count as one: a guest's memory may have pages of two sizes. */
struct mapping {
    uint64_t end;
    bool is_anonymous;
    uint64_t size_kib, rss_kib, private_kib;
};

static void add_mapping(struct memory *memory, const struct mapping *mapping)
{
    memory->rss_kib += mapping->rss_kib;
    memory->private_kib += mapping->private_kib;
    if (mapping->size_kib > memory->guest_size_kib) {
        memory->guest_size_kib = mapping->size_kib;
        memory->guest_rss_kib = mapping->rss_kib;
        memory->guest_private_kib = mapping->private_kib;
    }
}

/* The first line of each mapping of smaps has its addresses and the file's inode, or 0. */
static void read_smaps(pid_t pid, struct memory *memory)
{
    FILE *file = open_proc(pid, "smaps");
    struct mapping mapping = {0};
    char line[512];
    uint64_t begin, end, inode, kib;

    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %" SCNu64, &begin, &end, &inode) ==
            3) {
            if (begin != mapping.end || inode != 0 || !mapping.is_anonymous) {
                add_mapping(memory, &mapping);
                mapping = (struct mapping){.is_anonymous = inode == 0};
            }
            mapping.end = end;
        } else if (sscanf(line, "Size: %" SCNu64, &kib) == 1) {
            mapping.size_kib += kib;
        } else if (sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
            mapping.rss_kib += kib;
        } else if (sscanf(line, "Private_Dirty: %" SCNu64, &kib) == 1) {
            mapping.private_kib += kib;
        }
    }
    add_mapping(memory, &mapping);
    fclose(file);
}

static void read_peak(pid_t pid, struct memory *memory)
{
    FILE *file = open_proc(pid, "status");
    char line[512];

    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %" SCNu64, &memory->peak_kib) == 1)
            break;
    fclose(file);
}

/* Whether there was still something to report: a process that has ended has no mappings, and
 * no peak. */
static bool report(pid_t pid, uint64_t guest_mib, double took_ms)
{
    const struct timespec settle = {.tv_nsec = SETTLE_NS};
    struct memory memory = {0};

    nanosleep(&settle, NULL);
    read_smaps(pid, &memory);
    read_peak(pid, &memory);
    if (memory.guest_size_kib == 0 || memory.peak_kib == 0)
        return false;
    if (memory.guest_size_kib >> 10 < guest_mib)
        warnx("the largest mapping has %" PRIu64 " KiB: not the guest's memory",
              memory.guest_size_kib);
    printf("%.3f %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", took_ms,
           memory.rss_kib - memory.guest_rss_kib, memory.private_kib - memory.guest_private_kib,
           memory.peak_kib - memory.guest_rss_kib);
    return true;
}

int main(int argc, char **argv)
{
    double start_ms, took_ms;
    int output_fd;
    bool seen, measured;
    pid_t pid;

    if (argc < 4)
        errx(STATUS_ERROR, "usage: stopwatch GUEST_MIB TEXT COMMAND [ARGUMENT]...");
    start_ms = now_ms();
    pid = start(argv + 3, &output_fd);
    seen = wait_for(output_fd, argv[2]);
    took_ms = now_ms() - start_ms;
    measured = seen && report(pid, strtoul(argv[1], NULL, 10), took_ms);
    if (!seen)
        warnx("%s ended or timed out without '%s'", argv[3], argv[2]);
    else if (!measured)
        warnx("%s ended before its memory was read", argv[3]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return measured ? 0 : STATUS_MISSED;
}
