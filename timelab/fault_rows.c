/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the faults: see fault.h. */
#include "timelab/fault_arguments.h"

/* Faults that a chip's clock has in common with the others'. */
#define CHIP_ROWS(KIND, chip, the_chip, chip_needs)                                                \
    [FAULT_##KIND##_RATE] = {.name = chip ".rate",                                                 \
                             .arguments = {RATE_ARGUMENT},                                         \
                             .needs = (chip_needs),                                                \
                             .help = the_chip " runs so much faster than guest time, or slower; "  \
                                              "-1000000000 stops it"},                             \
    [FAULT_##KIND##_STICK] = {.name = chip ".stick",                                               \
                              .arguments = {LASTING},                                              \
                              .needs = (chip_needs),                                               \
                              .help = the_chip " stands, and then goes on from there; without "    \
                                               "for, until " chip ".rate"},                        \
    [FAULT_##KIND##_JITTER] = {.name = chip ".jitter",                                             \
                               .arguments = {CHIP_JITTER},                                         \
                               .needs = (chip_needs),                                              \
                               .help = the_chip " is ahead or behind by chance, and never goes "   \
                                                "back; by=0s ends it"}

/* Those of a date that the guest is told. */
#define DATE_ROWS(KIND, clock, the_clock, clock_needs)                                             \
    [FAULT_##KIND##_RATE] = {.name = clock ".rate",                                                \
                             .arguments = {RATE_ARGUMENT},                                         \
                             .needs = (clock_needs),                                               \
                             .help = the_clock " runs so much faster, or slower; -1000000000 "     \
                                               "stops it"},                                        \
    [FAULT_##KIND##_STICK] = {.name = clock ".stick",                                              \
                              .arguments = {LASTING},                                              \
                              .needs = (clock_needs),                                              \
                              .help = the_clock                                                    \
                              " stands, and then goes on from there; without for, until " clock    \
                              ".rate"}

const struct fault_row fault_rows[FAULT_KINDS] = {
    CHIP_ROWS(PIT, "pit", "the PIT", 0),
    CHIP_ROWS(RTC, "rtc", "the RTC", 0),
    CHIP_ROWS(HPET, "hpet", "the HPET", FAULT_NEEDS_HPET),
    CHIP_ROWS(PM, "pm", "the PM timer", FAULT_NEEDS_PM_TIMER),
    [FAULT_JUMP] =
        {
            .name = "jump",
            .arguments = {FORWARD_ARGUMENT},
            .needs = FAULT_NEEDS_TSC_OFFSETS,
            .help = "guest time is later at once, by every clock and timer of the guest",
        },
    [FAULT_FREEZE] =
        {
            .name = "freeze",
            .arguments = {{.name = "for", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS},
                          {.name = "policy",
                           .unit = FAULT_WORD,
                           .max = FAULT_POLICY_MARKER,
                           .use = FAULT_OPTIONAL,
                           .preset = FAULT_POLICY_NONE,
                           .words = policy_words}},
            .needs = FAULT_NEEDS_TSC_OFFSETS,
            .ends_itself = true,
            .help = "a pause of so long by the host's clock; without a policy as --on-resume says",
        },
    [FAULT_RATE] =
        {
            .name = "rate",
            .arguments = {{.name = "ppb",
                           .unit = FAULT_PPB,
                           .min = -FAULT_RATE_MAX_PPB,
                           .max = FAULT_RATE_MAX_PPB},
                          LASTING},
            .help = "guest time runs so much faster than the host's, or slower; a guest that keeps "
                    "time by its TSC does not see it",
        },
    [FAULT_TSC_OFFSET] =
        {
            .name = "tsc.offset",
            .arguments =
                {VCPU,
                 {.name = "by", .unit = FAULT_DURATION, .min = EARLIER_NS, .max = LONGEST_NS},
                 {.name = "page",
                  .unit = FAULT_WORD,
                  .max = FAULT_PAGE_STALE,
                  .use = FAULT_OPTIONAL,
                  .words = page_words}},
            .needs = FAULT_NEEDS_TSC_OFFSETS,
            .help =
                "one vCPU's TSC is later by so much, or earlier; its kvm-clock page follows, or "
                "is stale",
        },
    [FAULT_TSC_RATE] =
        {
            .name = "tsc.rate",
            .arguments =
                {VCPU,
                 {.name = "ppb", .unit = FAULT_PPB, .min = -10 * MILLION, .max = 10 * MILLION},
                 {.name = "every",
                  .unit = FAULT_DURATION,
                  .min = 100000,
                  .max = SEC_NS,
                  .use = FAULT_OPTIONAL,
                  .preset = 1000000},
                 LASTING},
            .needs = FAULT_NEEDS_TSC_OFFSETS,
            .help = "one vCPU's TSC drifts from the others, in small steps; its kvm-clock page "
                    "follows",
        },
    [FAULT_VCPU_STALL] =
        {
            .name = "vcpu.stall",
            .arguments = {{.name = "vcpu",
                           .unit = FAULT_VCPU,
                           .min = FAULT_ALL_VCPUS,
                           .max = MAX_VCPU,
                           .is_target = true},
                          {.name = "for", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS}},
            .help = "a vCPU does not run while guest time goes on; all of it is steal time",
        },
    [FAULT_STEAL] =
        {
            .name = "steal",
            .arguments = {{.name = "percent", .unit = FAULT_COUNT, .max = 99},
                          {.name = "for", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS},
                          {.name = "honest",
                           .unit = FAULT_WORD,
                           .max = FAULT_HONEST_YES,
                           .use = FAULT_OPTIONAL,
                           .words = honest_words}},
            .help = "so much of the time is steal time; honest=yes: as no vCPU runs in it",
        },
    [FAULT_SKIP_IDLE] =
        {
            .name = "skip-idle",
            .arguments =
                {{.name = "to", .unit = FAULT_WORD, .max = FAULT_ON, .words = switch_words}},
            .needs = FAULT_NEEDS_TSC_OFFSETS,
            .help = "idle time is skipped from now on, or no more; the run has --skip-idle",
        },
    [FAULT_IRQ_DROP] =
        {
            .name = "irq.drop",
            .arguments = {IRQ_ARGUMENTS},
            .help = "interrupts of a line or a device are lost: each Nth, and of these a share; "
                    "p=0% "
                    "ends it",
        },
    [FAULT_IRQ_DELAY] =
        {
            .name = "irq.delay",
            .arguments = {IRQ_ARGUMENTS,
                          {.name = "by", .unit = FAULT_DURATION, .min = 1, .max = 10 * SEC_NS}},
            .help = "interrupts of a line or a device come so much later; p=0% ends it",
        },
    [FAULT_IRQ_DUP] =
        {
            .name = "irq.dup",
            .arguments = {IRQ_ARGUMENTS,
                          {.name = "by",
                           .unit = FAULT_DURATION,
                           .min = 1,
                           .max = 10 * SEC_NS,
                           .use = FAULT_OPTIONAL,
                           .preset = DUP_NS}},
            .help = "interrupts of a line or a device come once more, so much later; p=0% ends it",
        },
    [FAULT_IRQ_STORM] =
        {
            .name = "irq.storm",
            .arguments =
                {{.name = "gsi", .unit = FAULT_COUNT, .max = DELIVERY_GSIS - 1, .is_target = true},
                 {.name = "hz", .unit = FAULT_HZ, .min = 1, .max = 20000},
                 {.name = "for", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS}},
            .help = "a line pulses so many times in a second of guest time",
        },
    [FAULT_PIT_STEP] =
        {
            .name = "pit.step",
            .arguments = {FORWARD_ARGUMENT},
            .help = "the PIT is later by so much; of its ticks on the way one comes",
        },
    [FAULT_RTC_STEP] =
        {
            .name = "rtc.step",
            .arguments = {STEP_ARGUMENT},
            .help = "the RTC's date is later by so much, or earlier",
        },
    [FAULT_RTC_BATTERY] =
        {
            .name = "rtc.battery",
            .help = "the RTC's battery was empty: date and memory are lost, and the RTC says so",
        },
    [FAULT_HPET_STEP] =
        {
            .name = "hpet.step",
            .arguments = {STEP_ARGUMENT},
            .needs = FAULT_NEEDS_HPET,
            .help = "the HPET's counter is later by so much, or earlier, in whole 10 ns",
        },
    [FAULT_PM_STEP] =
        {
            .name = "pm.step",
            .arguments = {STEP_ARGUMENT},
            .needs = FAULT_NEEDS_PM_TIMER,
            .help = "the PM timer is later by so much, or earlier",
        },
    [FAULT_KVMCLOCK_RATE] =
        {
            .name = "kvmclock.rate",
            .arguments = {RATE_ARGUMENT, VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "kvm-clock runs so much faster than guest time, or slower; -1000000000 stops "
                    "it",
        },
    [FAULT_KVMCLOCK_STICK] =
        {
            .name = "kvmclock.stick",
            .arguments = {LASTING, VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "kvm-clock stands, and goes on from there; without for, until kvmclock.rate",
        },
    [FAULT_KVMCLOCK_STEP] =
        {
            .name = "kvmclock.step",
            .arguments = {STEP_ARGUMENT, VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "kvm-clock is later by so much, or earlier",
        },
    [FAULT_KVMCLOCK_JITTER] =
        {
            .name = "kvmclock.jitter",
            .arguments = {JITTER_ARGUMENTS(SEC_NS / 2, MILLION, SEC_NS), VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "kvm-clock is ahead or behind by chance, and never goes back; by=0s ends it",
        },
    [FAULT_KVMCLOCK_BACK] =
        {
            .name = "kvmclock.back",
            .arguments = {FORWARD_ARGUMENT, VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "one publication of kvm-clock is so much earlier; the next is right again",
        },
    [FAULT_KVMCLOCK_FLAGS] =
        {
            .name = "kvmclock.flags",
            .arguments = {{.name = "set",
                           .unit = FAULT_WORD,
                           .max = 1,
                           .use = FAULT_ONE_OF,
                           .preset = -1,
                           .words = kvmclock_flags},
                          {.name = "clear",
                           .unit = FAULT_WORD,
                           .max = 1,
                           .use = FAULT_ONE_OF,
                           .preset = -1,
                           .words = kvmclock_flags},
                          VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "a flag of kvm-clock's page is set or clear, and nothing else changes",
        },
    [FAULT_KVMCLOCK_ODD] =
        {
            .name = "kvmclock.odd",
            .arguments = {{.name = "for", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS},
                          VCPUS_ARGUMENT},
            .needs = FAULT_NEEDS_KVMCLOCK,
            .help = "the version of kvm-clock's page stays odd: whoever reads it waits",
        },
    DATE_ROWS(VMCLOCK, "vmclock", "vmclock's time", FAULT_NEEDS_VMCLOCK),
    [FAULT_VMCLOCK_STEP] =
        {
            .name = "vmclock.step",
            .arguments = {STEP_ARGUMENT,
                          {.name = "marker",
                           .unit = FAULT_WORD,
                           .max = FAULT_MARKER_STALE,
                           .use = FAULT_OPTIONAL,
                           .words = marker_words}},
            .needs = FAULT_NEEDS_VMCLOCK,
            .help = "vmclock's time is later by so much, or earlier; its disruption marker tells "
                    "of it, or is stale",
        },
    [FAULT_VMCLOCK_MARKER] =
        {
            .name = "vmclock.marker",
            .needs = FAULT_NEEDS_VMCLOCK,
            .help = "vmclock has a new disruption marker, and nothing has happened",
        },
    [FAULT_VMCLOCK_STATUS] =
        {
            .name = "vmclock.status",
            .arguments = {{.name = "status",
                           .unit = FAULT_WORD,
                           .max = VMCLOCK_STATUS_UNRELIABLE,
                           .words = status_words},
                          LASTING},
            .needs = FAULT_NEEDS_VMCLOCK,
            .help = "vmclock has that status, whatever is so",
        },
    [FAULT_VMCLOCK_ERROR] =
        {
            .name = "vmclock.error",
            .arguments = {{.name = "max", .unit = FAULT_DURATION, .max = 3600 * SEC_NS}, LASTING},
            .needs = FAULT_NEEDS_VMCLOCK,
            .help = "vmclock says that its time is right to so much, whatever is so",
        },
    DATE_ROWS(PTP, "ptp", "ptp_kvm's time", FAULT_NEEDS_PTP),
    [FAULT_PTP_STEP] =
        {
            .name = "ptp.step",
            .arguments = {STEP_ARGUMENT},
            .needs = FAULT_NEEDS_PTP,
            .help = "ptp_kvm's time is later by so much, or earlier",
        },
    [FAULT_WALL_STEP] =
        {
            .name = "wall.step",
            .arguments = {STEP_ARGUMENT},
            .help = "the date that kvm-clock, RTC, vmclock and ptp_kvm tell is later by so much, "
                    "or earlier; a guest that does not ask keeps its own",
        },
    [FAULT_LEAP] =
        {
            .name = "leap",
            .arguments = {{.name = "kind",
                           .unit = FAULT_WORD,
                           .max = FAULT_LEAP_DELETE,
                           .words = leap_words},
                          {.name = "in", .unit = FAULT_DURATION, .min = 1, .max = LONGEST_NS}},
            .needs = FAULT_NEEDS_VMCLOCK,
            .help = "vmclock announces a leap second, and so much later there is one, by vmclock "
                    "and ptp_kvm",
        },
};
