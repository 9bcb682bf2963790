/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments that several faults have in common, and the words of those that are words. Of
 * fault_rows.c alone.
 */
#ifndef TIMELAB_FAULT_ARGUMENTS_H
#define TIMELAB_FAULT_ARGUMENTS_H

#include "kvmclock/kvmclock.h"
#include "kvmclock/lens.h"
#include "kvmclock/vmclock_page.h"
#include "timelab/delivery.h"
#include "timelab/fault.h"

#define DAY_NS     INT64_C(86400000000000)
#define LONGEST_NS (3650 * DAY_NS)
#define EARLIER_NS (-LONGEST_NS)
#define SEC_NS     INT64_C(1000000000)
#define MILLION    INT64_C(1000000)
/* A guest has taken the first one by then. */
#define DUP_NS   1000000
#define MAX_VCPU (KVMCLOCK_MAX_VCPUS - 1)

/* The vCPU that the fault is done to. */
#define VCPU                                                                                       \
    {                                                                                              \
        .name = "vcpu", .unit = FAULT_VCPU, .max = MAX_VCPU, .is_target = true                     \
    }

/* How long it lasts. */
#define LASTING                                                                                    \
    {                                                                                              \
        .name = "for", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS, .use = FAULT_OPTIONAL  \
    }

/* By enum fault_policy. */
static const char *const policy_words[] = {"freeze", "advance", "marker"};

/* By enum fault_honest. */
static const char *const honest_words[] = {"no", "yes"};

/* By enum fault_switch. */
static const char *const switch_words[] = {"off", "on"};

/* By enum fault_page. */
static const char *const page_words[] = {"follow", "stale"};

/* What the clocks have in common. */
#define RATE_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "ppb", .unit = FAULT_PPB, .min = LENS_STANDS_PPB, .max = LENS_MAX_PPB              \
    }
#define STEP_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "by", .unit = FAULT_DURATION, .min = EARLIER_NS, .max = LONGEST_NS                 \
    }
#define FORWARD_ARGUMENT                                                                           \
    {                                                                                              \
        .name = "by", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS                          \
    }
/* By enum fault_jitter. */
static const char *const jitter_words[] = {"white", "walk"};

#define SEED_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "seed", .unit = FAULT_COUNT, .max = INT64_C(999999999999999999),                   \
        .use = FAULT_OPTIONAL, .preset = 1                                                         \
    }

/* Of at most so much, and how often it turns; then for how long. */
#define JITTER_ARGUMENTS(longest_by_ns, shortest_ns, longest_ns)                                   \
    {.name = "by", .unit = FAULT_DURATION, .max = (longest_by_ns)},                                \
        {.name = "every",                                                                          \
         .unit = FAULT_DURATION,                                                                   \
         .min = (shortest_ns),                                                                     \
         .max = (longest_ns),                                                                      \
         .use = FAULT_OPTIONAL,                                                                    \
         .preset = 10000000},                                                                      \
        {.name = "kind",                                                                           \
         .unit = FAULT_WORD,                                                                       \
         .max = FAULT_JITTER_WALK,                                                                 \
         .use = FAULT_OPTIONAL,                                                                    \
         .words = jitter_words},                                                                   \
        SEED_ARGUMENT, LASTING
#define CHIP_JITTER JITTER_ARGUMENTS(1800 * SEC_NS, 1000, 3600 * SEC_NS)

/* By enum delivery_device. */
static const char *const device_words[] = {"pit", "rtc", "hpet", "com1", "com2", "acpi"};

/* Which interrupts: of a line or a device, and which of these; then for how long. */
#define IRQ_ARGUMENTS                                                                              \
    {.name = "gsi",                                                                                \
     .unit = FAULT_COUNT,                                                                          \
     .max = DELIVERY_GSIS - 1,                                                                     \
     .use = FAULT_ONE_OF,                                                                          \
     .preset = -1,                                                                                 \
     .is_target = true},                                                                           \
        {.name = "device",                                                                         \
         .unit = FAULT_WORD,                                                                       \
         .max = DELIVERY_DEVICES - 1,                                                              \
         .use = FAULT_ONE_OF,                                                                      \
         .preset = -1,                                                                             \
         .words = device_words,                                                                    \
         .is_target = true},                                                                       \
        {.name = "p",                                                                              \
         .unit = FAULT_SHARE,                                                                      \
         .max = MILLION,                                                                           \
         .use = FAULT_OPTIONAL,                                                                    \
         .preset = MILLION},                                                                       \
        {.name = "every",                                                                          \
         .unit = FAULT_COUNT,                                                                      \
         .min = 1,                                                                                 \
         .max = MILLION,                                                                           \
         .use = FAULT_OPTIONAL,                                                                    \
         .preset = 1},                                                                             \
        SEED_ARGUMENT, LASTING

#define VCPUS_ARGUMENT                                                                             \
    {                                                                                              \
        .name = "vcpu", .unit = FAULT_VCPU, .min = FAULT_ALL_VCPUS, .max = MAX_VCPU,               \
        .use = FAULT_OPTIONAL, .preset = FAULT_ALL_VCPUS, .is_target = true                        \
    }

/* By enum fault_leap. */
static const char *const leap_words[] = {"insert", "delete"};
/* By enum fault_marker. */
static const char *const marker_words[] = {"follow", "stale"};
/* By enum vmclock_status. */
static const char *const status_words[] = {"unknown", "initializing", "synchronized", "freerunning",
                                           "unreliable"};
static const char *const kvmclock_flags[] = {"TSC_STABLE", "GUEST_STOPPED"};

#endif
