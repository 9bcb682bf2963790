/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why an expectation did not hold: the usual causes, each with the layer that it is in.
 */
#ifndef CHECK_CAUSES_H
#define CHECK_CAUSES_H

enum layer {
    LAYER_APPLICATION, /* the clock that an application reads */
    LAYER_KERNEL,      /* the guest kernel's timekeeping */
    LAYER_MACHINE,     /* hardware or hypervisor */
};

enum cause_id {
    CAUSE_KVMCLOCK_HIDDEN,
    CAUSE_KVMCLOCK_DISABLED,
    CAUSE_KVMCLOCK_NOT_BUILT,
    CAUSE_TSC_TOLD_UNSTABLE,
    CAUSE_TSC_UNSYNCHRONIZED,
    CAUSE_TSC_NOT_CALIBRATED,
    CAUSE_TSC_UNSTABLE,
    CAUSE_TSC_EARLY,
    CAUSE_TSC_ABSENT,
    CAUSE_HPET_ABSENT,
    CAUSE_PM_TIMER_ABSENT,
    CAUSE_SOURCE_UNKNOWN,
    CAUSE_COMMAND_LINE_CHOOSES,
    CAUSE_TSC_OVER_KVMCLOCK,
    CAUSE_KVMCLOCK_OVER_TSC,
    CAUSE_RATING,
    CAUSE_FELL_BACK,
    CAUSE_MODEL,
    CAUSE_NO_EVENTS,
    CAUSE_EVENT_DEADLINE,
    CAUSE_EVENT_OTHER,
    CAUSE_EVENT_BROADCAST,
    CAUSE_CPUS_OFFLINE,
    CAUSE_NOT_MEASURED,
    CAUSE_NO_REFERENCE,
    CAUSE_RATE_UNSURE,
    CAUSE_RATE_TSC,
    CAUSE_RATE_MACHINE,
    CAUSE_RATE_PM_TIMER,
    CAUSE_RATE_CALIBRATION,
    CAUSE_BACK_ACROSS_CPUS,
    CAUSE_BACK_ON_ONE_CPU,
    CAUSE_REALTIME_UNSURE,
    CAUSE_REALTIME_HALF_SECOND,
    CAUSE_REALTIME_TIME_ZONE,
    CAUSE_REALTIME_OTHER,
    CAUSE_LOG_LINE,
    CAUSE_LOG_CUT,
    CAUSE_LOG_NOT_READ,
    CAUSE_CHECK_CLOCK,
    CAUSE_CHECK_ACPI,
    CAUSE_CHECK_INTERRUPTS,
    CAUSE_BOOT_SLOW,
    CAUSE_BOOT_UNKNOWN,
    CAUSE_COUNT,
};

struct cause {
    enum layer layer;
    /* One line: what is wrong, and what to do. */
    const char *text;
};

/* The cause of that id. CAUSE_COUNT is none. */
const struct cause *cause_of(enum cause_id id);

/*
 * The name of a layer: "application clock", "guest kernel timekeeping", "hardware or hypervisor".
 */
const char *layer_name(enum layer layer);

#endif
