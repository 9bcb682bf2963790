/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_load.h. */
#include "vmm/host/host_load.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#define LINE_BYTES 512

unsigned host_cpu_count(void)
{
    cpu_set_t cpus;

    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
}

uint64_t host_idle_ticks(void)
{
    FILE *stat = fopen("/proc/stat", "re");
    char line[LINE_BYTES];
    uint64_t idle_ticks = 0;
    cpu_set_t cpus;

    if (stat == NULL)
        return 0;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
        CPU_ZERO(&cpus);
    while (fgets(line, sizeof line, stat) != NULL) {
        uint64_t idle, waiting;
        unsigned cpu;

        if (sscanf(line, "cpu%u %*u %*u %*u %" SCNu64 " %" SCNu64, &cpu, &idle, &waiting) == 3 &&
            cpu < CPU_SETSIZE && CPU_ISSET(cpu, &cpus))
            idle_ticks += idle + waiting;
    }
    fclose(stat);
    return idle_ticks;
}
