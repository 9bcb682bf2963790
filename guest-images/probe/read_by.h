/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which clock an application reads: the vDSO's code, or the kernel's by a system call. That is
 * found out, not concluded from the clocksource: a process that may not make such a system call
 * reads the clock, and lives or is killed.
 */
#ifndef GUEST_IMAGES_PROBE_READ_BY_H
#define GUEST_IMAGES_PROBE_READ_BY_H

enum read_by {
    READ_BY_UNKNOWN, /* the kernel has no seccomp */
    READ_BY_VDSO,
    READ_BY_SYSTEM_CALL,
};

/* How CLOCK_MONOTONIC is read just now. Forks; one thread only. */
enum read_by read_by_find_out(void);

#endif
