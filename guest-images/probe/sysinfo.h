/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the running kernel says about itself and its clocks: procfs, sysfs, CPUID, the kernel log.
 */
#ifndef GUEST_IMAGES_PROBE_SYSINFO_H
#define GUEST_IMAGES_PROBE_SYSINFO_H

#include <stdbool.h>

#include "guest-images/probe/report.h"

/* Release and CPU count: all that the first line needs; no file system has to be mounted. */
void sysinfo_read_kernel(struct report *report);

/* The kernel command line; proc is mounted. */
void sysinfo_read_command_line(struct report *report);

/* CPU flags, hypervisor, clocksources, clock events, RTC; proc and sysfs are mounted. */
void sysinfo_read_clocks(struct report *report);

/* The current clocksource; "" if it cannot be read. */
void sysinfo_read_clocksource(char name[NAME_BYTES]);

/* The kernel's NTP discipline. */
void sysinfo_read_ntp(struct report *report);

/* Selects a clocksource for the kernel; false if the kernel does not follow. */
bool sysinfo_select_clocksource(const char *name);

/* The kernel log from its oldest line, a descriptor to read on from; -1 if there is none. */
int sysinfo_open_log(void);

/* The next line of the kernel log; false: there is none yet, or it cannot be read. */
bool sysinfo_next_log_line(int log_fd, struct log_line *line);

/*
 * Files all log lines that have come since the last call, and says in the report whether that was
 * all. A descriptor of -1 is a log that cannot be read.
 */
void sysinfo_read_log(struct report *report, int log_fd, bool during_probe);

#endif
