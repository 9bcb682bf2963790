/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a guest that says when it got its ticks (payload/lib/ticks.h), and says how exact they were
 * by the host's clock, and how much CPU time a tick took.
 *
 * usage: tick_reader COMMAND [ARGUMENT]...
 * prints: LOST RATE_ERROR_PPB P50_US P99_US MAX_US CPU_US; status 0, or 1 if the guest did not
 * finish, within LIMIT_SEC
 *
 * The guest counts TSC cycles, which are the host's. Their rate is that of CLOCK_MONOTONIC_RAW from
 * the guest's start to the end of its output.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "tests/bench/guest_cpu.h"
#include "tests/bench/payload/lib/ticks.h"
#include "tests/bench/tick_figures.h"

#define STATUS_FAILED 1
#define LIMIT_SEC     60
#define SAMPLES       100
/* What the guest says of a gap that it cannot count. */
#define GAP_UNKNOWN UINT32_MAX

/* One instant by both clocks. */
struct instant {
    uint64_t tsc;
    double raw_ns;
};

static double raw_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The TSC in the middle of the shortest of some reads of the clock. */
static struct instant sample_clocks(void)
{
    struct instant best = {0};
    uint64_t shortest = UINT64_MAX;

    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t before = __rdtsc();
        double now_ns = raw_ns();
        uint64_t width = __rdtsc() - before;

        if (width < shortest) {
            shortest = width;
            best = (struct instant){before + width / 2, now_ns};
        }
    }
    return best;
}

/* Its output becomes this program's input. It ends with this program, which ends at the limit. */
static pid_t start_guest(char **command)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        err(STATUS_FAILED, "cannot start the guest");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) < 0 || dup2(fds[1], STDOUT_FILENO) < 0)
            err(STATUS_FAILED, "the guest's input and output");
        execvp(command[0], command);
        err(STATUS_FAILED, "%s", command[0]);
    }
    if (dup2(fds[0], STDIN_FILENO) < 0)
        err(STATUS_FAILED, "the guest's output");
    close(fds[1]);
    alarm(LIMIT_SEC);
    return pid;
}

/* From before the first tick to after the last one, with those that warm up. */
static double read_cpu_ns(pid_t guest, double *numerator, double *denominator)
{
    uint64_t begin_ns = 0;
    char line[64];

    while (begin_ns == 0 && fgets(line, sizeof line, stdin) != NULL)
        if (strncmp(line, "begin", 5) == 0)
            begin_ns = guest_cpu_ns(guest);
    if (fgets(line, sizeof line, stdin) == NULL ||
        sscanf(line, "period %lf %lf", numerator, denominator) != 2)
        errx(STATUS_FAILED, "the guest did not say what it measures");
    return (double)(guest_cpu_ns(guest) - begin_ns);
}

/* Times in TSC cycles since the first tick, for lines up to "end"; returns their number. */
static size_t read_ticks(struct tick *ticks)
{
    size_t count = 1;
    char line[32];

    while (fgets(line, sizeof line, stdin) != NULL && strncmp(line, "end", 3) != 0) {
        unsigned long cycles;

        if (count == TICKS_MAX || sscanf(line, "%lu", &cycles) != 1)
            errx(STATUS_FAILED, "not a tick: %s", line);
        if (cycles >= GAP_UNKNOWN)
            errx(STATUS_FAILED, "no tick for over a second: the host is too busy to measure");
        ticks[count].at_ns = ticks[count - 1].at_ns + (double)cycles;
        count++;
    }
    if (strncmp(line, "end", 3) != 0 || count < TICK_FIGURES_MIN)
        errx(STATUS_FAILED, "the guest ended after %zu ticks", count);
    return count;
}

int main(int argc, char **argv)
{
    static struct tick ticks[TICKS_MAX];
    double numerator, denominator, ns_per_cycle, cpu_ns;
    struct instant start = sample_clocks(), end;
    struct tick_figures figures;
    size_t count;
    pid_t guest;

    if (argc < 2)
        errx(STATUS_FAILED, "usage: tick_reader COMMAND [ARGUMENT]...");
    guest = start_guest(argv + 1);
    cpu_ns = read_cpu_ns(guest, &numerator, &denominator);
    count = read_ticks(ticks);
    end = sample_clocks();
    waitpid(guest, NULL, 0);
    ns_per_cycle = (end.raw_ns - start.raw_ns) / (double)(end.tsc - start.tsc);
    for (size_t i = 0; i < count; i++)
        ticks[i].at_ns *= ns_per_cycle;
    figures = tick_figures_of(ticks, count, numerator / denominator);
    printf("%ld %.0f %.2f %.2f %.2f %.2f\n", figures.lost, figures.rate_error_ppb,
           figures.median_ns / 1e3, figures.p99_ns / 1e3, figures.max_ns / 1e3,
           cpu_ns / 1e3 / (double)(count + TICKS_WARM_UP));
    return 0;
}
