/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU time that a guest has taken from its host.
 */
#ifndef TESTS_BENCH_GUEST_CPU_H
#define TESTS_BENCH_GUEST_CPU_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Of all threads of its process, and of the kernel's thread that serves KVM's own PIT for it, if
 * there is one: kvm-pit/PID (Linux, arch/x86/kvm/i8254.c). Nanoseconds; 0 if there is no such
 * process.
 */
uint64_t guest_cpu_ns(pid_t pid);

#endif
