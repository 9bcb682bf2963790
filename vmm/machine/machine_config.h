/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can see of its machine: all that the options say of it. Paths, time limits and the
 * like are apart, in host_options.h. The command line fills both; a machine is made from them and
 * never sees the command line itself.
 *
 * The struct is a part of a snapshot: it has fields of fixed width, no pointers, no hidden padding,
 * and a version. A snapshot may come from a stranger, so a machine is made only from what
 * machine_config_validate accepts. The limits of every field are there and nowhere else: the parser
 * of the command line asks it too.
 *
 * Pure; a struct belongs to its caller.
 */
#ifndef VMM_MACHINE_MACHINE_CONFIG_H
#define VMM_MACHINE_MACHINE_CONFIG_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/kvmclock_mode.h"
#include "devices/tick_policy.h"
#include "kvmclock/dilation.h"

/* Of the struct: it changes with every change of a field or of what a value means. */
#define MACHINE_CONFIG_VERSION 5
/* APIC ids are 8 bits wide and 255 is the broadcast. */
#define MACHINE_MAX_CPUS  255
#define MACHINE_MAX_DISKS 4

/* The clock of the host at whose rate guest time runs; see machine_time.h. */
enum kvmclock_follow {
    KVMCLOCK_FOLLOW_RAW,
    KVMCLOCK_FOLLOW_MONOTONIC,
    KVMCLOCK_FOLLOW_REALTIME,
    KVMCLOCK_FOLLOW_KINDS,
};
#define KVMCLOCK_FOLLOW_DEFAULT_PPM 500
#define KVMCLOCK_FOLLOW_MAX_PPM     100000

enum rtc_base {
    RTC_BASE_KEPT,      /* as the NVRAM file keeps it; without it, as RTC_BASE_UTC */
    RTC_BASE_UTC,       /* the host's time of day in UTC */
    RTC_BASE_LOCALTIME, /* the host's time of day in its time zone */
    RTC_BASE_FIXED,     /* rtc_start_sec at the start of the run */
    RTC_BASE_KINDS,
};

/* What is asked for of a vCPU's TSC. */
struct tsc_request {
    int64_t offset_ns;
    /* 0: the host's rate. */
    uint32_t khz;
    uint32_t reserved;
};

/*
 * Steal time that the guest sees: STEAL_PERCENT is the figure of devices/msr/steal_msr.h; with
 * STEAL_KVM page and MSR are KVM's, where it has them, which counts the host's nanoseconds in which
 * a vCPU's thread waited for a CPU.
 */
enum steal { STEAL_OFF, STEAL_KVM, STEAL_PERCENT, STEAL_KINDS };

/*
 * What guest time does in a pause: see machine_pause.h. ON_RESUME_UNSAID means freeze, unless the
 * guest can see the host's time go on (hypercall.h).
 */
enum on_resume { ON_RESUME_UNSAID, ON_RESUME_FREEZE, ON_RESUME_ADVANCE, ON_RESUME_KINDS };

/*
 * Whose time the clock pairing of ptp_kvm gives: see hypercall.h. PTP_KVM_UNSAID means guest, where
 * this KVM lets user space answer.
 */
enum ptp_kvm { PTP_KVM_UNSAID, PTP_KVM_GUEST, PTP_KVM_HOST, PTP_KVM_OFF, PTP_KVM_KINDS };

/*
 * The clock that vmclock tells. VMCLOCK_TAI means UTC where nobody knows TAI: see
 * machine_vmclock.h.
 */
enum vmclock_mode { VMCLOCK_OFF, VMCLOCK_TAI, VMCLOCK_UTC, VMCLOCK_MODES };

/*
 * Whether the guest can sleep with its memory kept (ACPI S3), and what its TSCs show afterwards:
 * they have gone on, or begin at 0. See machine_sleep.h.
 */
enum s3_mode { S3_OFF, S3_TSC_KEPT, S3_TSC_RESET, S3_MODES };

/* A field of 8 bits is an enum, which its comment names, or a flag: 0 or 1. */
struct machine_config {
    uint32_t version;
    uint32_t cpu_count;
    /* A multiple of 4 KiB. */
    uint64_t memory_bytes;
    /*
     * With RTC_BASE_FIXED: seconds since 1970 UTC, whose nanoseconds fit 64 bits. Otherwise 0.
     */
    uint64_t rtc_start_sec;
    /* 0: no HPET. */
    uint32_t hpet_timers;
    /* 24 or 32; 0: no ACPI PM timer. */
    uint32_t pmtimer_bits;
    /* With STEAL_PERCENT; otherwise 0. */
    uint32_t steal_percent;
    /* enum lost_ticks */
    uint8_t pit_lost_ticks;
    uint8_t rtc_lost_ticks;
    uint8_t hpet_lost_ticks;
    /* enum steal; STEAL_OFF with KVMCLOCK_KERNEL is STEAL_KVM. */
    uint8_t steal;
    /* enum kvmclock_mode */
    uint8_t kvmclock;
    /* enum kvmclock_follow */
    uint8_t kvmclock_follow;
    /* Flag: kvmclock was asked for and is not just the default; see hypercall.h. */
    uint8_t kvmclock_asked;
    /* Flag: CPUID says that the TSC never stops or changes its rate. */
    uint8_t invtsc;
    /* Flag: HLT does not leave the guest. */
    uint8_t halt_in_guest;
    /* enum on_resume */
    uint8_t on_resume;
    /* enum rtc_base */
    uint8_t rtc_base;
    /* Flag: the RTC follows the host's clock, not guest time; see machine_rtc.h. */
    uint8_t rtc_follows_host;
    /* Flag: something is asked for in tsc; see machine_tsc.h. Without it tsc is all zeroes. */
    uint8_t tsc_asked;
    /* Flag: there is a reference device, which tells the host's time; see devices/pc/reference.h.
     */
    uint8_t reference;
    /* Flag: with STEAL_PERCENT, time in which a vCPU is halted is charged as well. */
    uint8_t steal_idle;
    /* enum ptp_kvm; since version 3 */
    uint8_t ptp_kvm;
    /* Since version 3. Flag: there are a Generic Event Device and VMGenID; see machine_acpi.h. */
    uint8_t ged;
    /* Since version 3. enum vmclock_mode; only with ged; see machine_vmclock.h. */
    uint8_t vmclock;
    /* Since version 4. enum s3_mode */
    uint8_t s3;
    uint8_t reserved[1];
    /* By the vCPU's number; zeroes from cpu_count on. */
    struct tsc_request tsc[MACHINE_MAX_CPUS];
    /* Since version 3. With KVMCLOCK_FOLLOW_REALTIME, else 0: the greatest correction of the rate.
     */
    uint32_t follow_max_ppm;
    /* Since version 5. Guest time by the host's; zeros: the same. See machine_dilation.h. */
    struct dilation time_rate;
    /*
     * Since version 5. With time_rate: the tick of the local APICs' bus in the host's nanoseconds,
     * as the guest has found it; 0: it has not begun, and the tick is as fits time_rate.
     */
    uint32_t apic_bus_ns;
    /* Since version 5. Flag: there is an entropy device; see machine_virtio.h. */
    uint8_t virtio_rng;
    /* Since version 5; see machine_disk.h. */
    uint8_t disk_count;
    uint8_t reserved_too[14];
};
static_assert(sizeof(struct machine_config) == 56 + 16 * MACHINE_MAX_CPUS + 32,
              "no padding: the struct is a part of a snapshot");

/* The machine of a command line without options. */
extern const struct machine_config machine_config_default;

/*
 * Takes over what a record holds; one of an earlier version, which is shorter, becomes one of this
 * version. False if it has another size than known. machine_config_validate has still to look at
 * it.
 */
bool machine_config_take(struct machine_config *config, const void *bytes, size_t size_bytes);

/* Whether a vCPU may have that TSC. */
bool machine_config_accepts_tsc(const struct tsc_request *request);

/* Zeroes the requests for the TSCs of vCPUs that are not there. */
void machine_config_forget_absent(struct machine_config *config);

/*
 * Whether a machine can be made from it. False: error holds one line without a newline that names
 * the field, its value and what is accepted; it is cut off at error_size.
 */
bool machine_config_validate(const struct machine_config *config, char *error, size_t error_size);

/* The same without what only options of a command line say together: each is right by itself. */
bool machine_config_validate_fields(const struct machine_config *config, char *error,
                                    size_t error_size);

#endif
