/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can see of its machine: all that the options say of it. Paths, time limits and the
 * like are apart, in host_options.h. The two fill from the command line; a machine is made from
 * them and never sees the command line itself.
 */
#ifndef VMM_MACHINE_MACHINE_CONFIG_H
#define VMM_MACHINE_MACHINE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/kvmclock_mode.h"
#include "devices/tick_policy.h"

/* APIC ids are 8 bits wide and 255 is the broadcast. */
#define MACHINE_MAX_CPUS 255

/* The clock of the host at whose rate guest time runs; see machine_time.h. */
enum kvmclock_follow { KVMCLOCK_FOLLOW_RAW, KVMCLOCK_FOLLOW_MONOTONIC };

enum rtc_base {
    RTC_BASE_KEPT,      /* as the NVRAM file keeps it; without it, as RTC_BASE_UTC */
    RTC_BASE_UTC,       /* the host's time of day in UTC */
    RTC_BASE_LOCALTIME, /* the host's time of day in its time zone */
    RTC_BASE_FIXED,     /* rtc_start_sec at the start of the run */
};

/* What is asked for of a vCPU's TSC. */
struct tsc_request {
    /* 0: the host's rate. */
    uint32_t khz;
    int64_t offset_ns;
};

/* Steal time that the guest sees: see machine_steal.h. */
enum steal { STEAL_OFF, STEAL_KVM, STEAL_PERCENT };

/* What guest time does in a pause: see machine_pause.h. */
/* Unsaid: freeze, where the guest cannot see the host's time go on (hypercall.h). */
enum on_resume { ON_RESUME_UNSAID, ON_RESUME_FREEZE, ON_RESUME_ADVANCE };

struct machine_config {
    unsigned cpu_count;
    /* A multiple of 4 KiB. */
    uint64_t memory_bytes;
    /* 3 to 32; 0: no HPET. */
    unsigned hpet_timers;
    /* 24 or 32; 0: no ACPI PM timer. */
    unsigned pmtimer_bits;
    enum lost_ticks pit_lost_ticks;
    enum lost_ticks rtc_lost_ticks;
    enum lost_ticks hpet_lost_ticks;
    bool invtsc;
    /* HLT does not leave the guest. */
    bool halt_in_guest;
    /* Whether anything is asked for; see machine_tsc.h. */
    bool tsc_asked;
    struct tsc_request tsc[MACHINE_MAX_CPUS];
    /* Go on with what takes effect of it. */
    bool tsc_best_effort;
    enum on_resume on_resume;
    /* STEAL_OFF with KVMCLOCK_KERNEL is STEAL_KVM. */
    enum steal steal;
    unsigned steal_percent;
    enum kvmclock_mode kvmclock;
    /* By --kvmclock. */
    bool kvmclock_asked;
    enum kvmclock_follow kvmclock_follow;
    enum rtc_base rtc_base;
    /* Seconds since 1970 UTC, with RTC_BASE_FIXED; 1970 to 2199, so that it fits nanoseconds. */
    uint64_t rtc_start_sec;
    /* Or else guest time; see machine_rtc.h. */
    bool rtc_follows_host;
};

#endif
