/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steal time as a figure that the user gives: N percent of guest time, for experiments with guests
 * that believe to run at less than full share. The page; the MSR is devices/msr/steal_msr.h.
 *
 * Source: Linux Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME. Each vCPU names a page of
 * 64 bytes; bit 0 of the MSR enables, bits 5..1 must be 0. The version in the page is odd while it
 * is written. What is published is floor(guest time * N / 100), so it never falls, and all vCPUs
 * have the same. The flag "preempted" stays 0: no vCPU says that it does not run.
 */
#ifndef KVMCLOCK_STEAL_TIME_H
#define KVMCLOCK_STEAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define MSR_STEAL_TIME        0x4b564d03
#define STEAL_TIME_PAGE_BYTES 64

/* Whether the MSR's value names a page, and where; reserved bits are the caller's matter. */
bool steal_time_is_enabled(uint64_t msr_value);
uint64_t steal_time_gpa(uint64_t msr_value);

/* Whether no reserved bit is set. */
bool steal_time_may_be(uint64_t msr_value);

/* Writes a page of STEAL_TIME_PAGE_BYTES as of guest time now_ns. */
void steal_time_write(void *page, uint64_t now_ns, unsigned percent);

#endif
