/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_cpu.h. */
#include "tests/bench/guest_cpu.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The first line of a file of a process; empty if there is none. */
static void read_line(const char *process, const char *name, char *line, int size)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    file = fopen(path, "re");
    if (file == NULL || fgets(line, size, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        fclose(file);
}

/* The first number of schedstat is the time on a CPU (Linux, sched-stats.rst). */
static uint64_t pit_worker_ns(pid_t pid)
{
    char wanted[32], line[64];
    uint64_t cpu_ns = 0;
    DIR *processes = opendir("/proc");
    const struct dirent *entry;

    snprintf(wanted, sizeof wanted, "kvm-pit/%d\n", (int)pid);
    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        read_line(entry->d_name, "comm", line, sizeof line);
        if (strcmp(line, wanted) != 0)
            continue;
        read_line(entry->d_name, "schedstat", line, sizeof line);
        sscanf(line, "%" SCNu64, &cpu_ns);
        break;
    }
    if (processes != NULL)
        closedir(processes);
    return cpu_ns;
}

uint64_t guest_cpu_ns(pid_t pid)
{
    struct timespec cpu;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0)
        return 0;
    return (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec + pit_worker_ns(pid);
}
