/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where and when a snapshot was taken: the records RECORD_HOST, RECORD_TIME and RECORD_VCPU_TIME.
 * All of it belongs to one instant, at which guest time stood still.
 *
 * Guest time can go on without any clock of the host where the boot is the same one: boot_id is
 * equal, and the host has not slept, so boottime_ns - monotonic_ns is what it was. Otherwise what
 * has passed is the difference of TAI, if both hosts know it, or else of UTC.
 *
 * Fixed width, no hidden padding, no pointers: the structs are the records. A text ends with NUL
 * or at the end of its field, so it is to be printed by "%.*s".
 */
#ifndef SNAPSHOT_HOST_RECORD_H
#define SNAPSHOT_HOST_RECORD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct host_record {
    /* The text of /proc/sys/kernel/random/boot_id, without its newline. */
    char boot_id[40];
    /* As uname says. */
    char kernel_release[72];
    /* The 12 characters of CPUID leaf 0. */
    char cpu_vendor[16];
    /* CPUID leaf 1 EAX. */
    uint32_t cpu_signature;
    /* As KVM says of a vCPU's TSC by default. */
    uint32_t tsc_khz;
    /* The host's TSC at the instant. The clocks were read within tsc_width of it. */
    uint64_t tsc;
    uint64_t tsc_width;
    /* CLOCK_REALTIME, and CLOCK_TAI if tai_offset_sec is not 0. */
    int64_t realtime_ns;
    int64_t tai_ns;
    uint64_t monotonic_ns;
    uint64_t monotonic_raw_ns;
    uint64_t boottime_ns;
    /* What adjtimex says: the bound of the clock's error in microseconds, and its STA_ bits. */
    int64_t max_error_us;
    int64_t estimated_error_us;
    int64_t frequency_ppb;
    int32_t tai_offset_sec;
    uint32_t ntp_status;
};
static_assert(sizeof(struct host_record) == 224, "no padding");

struct time_record {
    uint64_t guest_ns;
    /* Wall time at guest time 0, nanoseconds since the epoch, UTC. */
    uint64_t wall_zero_ns;
    /* The host's TSC at which guest time stood still: that of the host record. */
    uint64_t host_tsc;
    /* The rate of the host's TSC by which guest time went, in 1/1000 Hz; how far it may be off. */
    uint64_t host_tsc_millihz;
    uint64_t bound_ppt;
    uint32_t vcpu_count;
    uint32_t reserved;
};
static_assert(sizeof(struct time_record) == 48, "no padding");

/* struct time_cut_vcpu of kvmclock/time_cut.h, and the offset that gave it. */
struct vcpu_time_record {
    uint64_t tsc;
    uint64_t tsc_offset;
    uint64_t tsc_adjust;
    /* 0: the local APIC waits for no TSC value. */
    uint64_t tsc_deadline;
    /* Guest cycles per host cycle: mul * 2^-frac_bits. */
    uint64_t ratio_mul;
    uint32_t ratio_frac_bits;
    /* Nanoseconds per guest cycle, as a kvm-clock page has it. */
    uint32_t scale_mul;
    int32_t scale_shift;
    uint32_t count_left;
    uint32_t count_period;
    uint32_t count_unit_shift;
};
static_assert(sizeof(struct vcpu_time_record) == 64, "no padding");

#endif
