/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault: something that is done to the guest's time on purpose. The table in fault_rows.c is all
 * that is known of each: its name, its arguments with their units and ranges, what it needs of the
 * machine, and its help. --at, the control command `fault`, `query-faults` and `--faults` are made
 * from it.
 *
 * A fault has two forms, which mean the same and are read by one parser:
 *
 *   words   jump by=1h
 *   JSON    {"fault": "jump", "by": "1h"}
 *
 * How a value of each unit is written is in fault_value.h.
 *
 * A fault that has an argument `for` is over by itself after that much guest time: whoever does
 * faults does it once more then, with is_end set (fault_ends.h). Without the argument it stays.
 *
 * A new fault: its place in the enum, its row in fault_rows.c, its function in one of
 * vmm/machine/machine_fault_*.c, its line in docs/experiments.md.
 */
#ifndef TIMELAB_FAULT_H
#define TIMELAB_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/text.h"
#include "timelab/fault_value.h"

/* Of rate: what an NTP client in the guest can follow. */
#define FAULT_RATE_MAX_PPB 500000

#define FAULT_ARGUMENTS_MAX 7
/* A fault as words, with the NUL. */
#define FAULT_TEXT_BYTES 256
/* Of a line that says what is wrong with one. */
#define FAULT_ERROR_BYTES 384

enum fault_kind {
    FAULT_JUMP,
    FAULT_FREEZE,
    FAULT_RATE,
    FAULT_TSC_OFFSET,
    FAULT_TSC_RATE,
    FAULT_VCPU_STALL,
    FAULT_STEAL,
    FAULT_SKIP_IDLE,
    FAULT_IRQ_DROP,
    FAULT_IRQ_DELAY,
    FAULT_IRQ_DUP,
    FAULT_IRQ_STORM,
    FAULT_PIT_RATE,
    FAULT_PIT_STICK,
    FAULT_PIT_STEP,
    FAULT_PIT_JITTER,
    FAULT_RTC_RATE,
    FAULT_RTC_STICK,
    FAULT_RTC_STEP,
    FAULT_RTC_JITTER,
    FAULT_RTC_BATTERY,
    FAULT_HPET_RATE,
    FAULT_HPET_STICK,
    FAULT_HPET_STEP,
    FAULT_HPET_JITTER,
    FAULT_PM_RATE,
    FAULT_PM_STICK,
    FAULT_PM_STEP,
    FAULT_PM_JITTER,
    FAULT_KVMCLOCK_RATE,
    FAULT_KVMCLOCK_STICK,
    FAULT_KVMCLOCK_STEP,
    FAULT_KVMCLOCK_JITTER,
    FAULT_KVMCLOCK_BACK,
    FAULT_KVMCLOCK_FLAGS,
    FAULT_KVMCLOCK_ODD,
    FAULT_VMCLOCK_RATE,
    FAULT_VMCLOCK_STICK,
    FAULT_VMCLOCK_STEP,
    FAULT_VMCLOCK_MARKER,
    FAULT_VMCLOCK_STATUS,
    FAULT_VMCLOCK_ERROR,
    FAULT_PTP_RATE,
    FAULT_PTP_STICK,
    FAULT_PTP_STEP,
    FAULT_WALL_STEP,
    FAULT_LEAP,
    FAULT_KINDS,
};

/* Bits: what a machine has to have. */
enum fault_need {
    /* TSCs that follow the offset that KVM is told. */
    FAULT_NEEDS_TSC_OFFSETS = 1,
    FAULT_NEEDS_HPET = 2,
    FAULT_NEEDS_PM_TIMER = 4,
    /* Published by us. */
    FAULT_NEEDS_KVMCLOCK = 8,
    FAULT_NEEDS_VMCLOCK = 16,
    /* Answered by us. */
    FAULT_NEEDS_PTP = 32,
};

/* The words of arguments, in their order: of policy, which can be left out, and of page. */
enum fault_policy {
    FAULT_POLICY_NONE = -1,
    FAULT_POLICY_FREEZE,
    FAULT_POLICY_ADVANCE,
    FAULT_POLICY_MARKER,
};
enum fault_page { FAULT_PAGE_FOLLOW, FAULT_PAGE_STALE };
/* Of marker. */
enum fault_marker { FAULT_MARKER_FOLLOW, FAULT_MARKER_STALE };
/* Of kind: of a leap second, and of a jitter. */
enum fault_leap { FAULT_LEAP_INSERT, FAULT_LEAP_DELETE };
enum fault_jitter { FAULT_JITTER_WHITE, FAULT_JITTER_WALK };
/* Of honest. */
enum fault_honest { FAULT_HONEST_NO, FAULT_HONEST_YES };
/* Of to. */
enum fault_switch { FAULT_OFF, FAULT_ON };

struct fault_row {
    const char *name;
    struct fault_argument arguments[FAULT_ARGUMENTS_MAX + 1];
    unsigned needs;
    /* Its function itself sees to the end of `for`, as that is no length of guest time. */
    bool ends_itself;
    /* What is true afterwards. */
    const char *help;
};

struct fault {
    enum fault_kind kind;
    /* Not part of either form: what was done earlier is over. */
    bool is_end;
    /* In the order of the row's arguments, and 0 behind the last one. */
    int64_t values[FAULT_ARGUMENTS_MAX];
};

/* By enum fault_kind. */
extern const struct fault_row fault_rows[FAULT_KINDS];

/*
 * Reads one of the two forms; of the object, every key is the fault's. False: the error, an empty
 * text with FAULT_ERROR_BYTES, is one line that says what is wrong, without a full stop, and *fault
 * is unchanged.
 */
bool fault_from_words(const char *words, struct fault *fault, struct text *error);
bool fault_from_json(const json_t *object, struct fault *fault, struct text *error);

/* Appends it as words. Of an optional argument nothing is told if it is the preset. */
void fault_add_words(const struct fault *fault, struct text *text);

/* A new object, with "end": true if it is an end; NULL: no memory. */
json_t *fault_to_json(const struct fault *fault);

/* After how much guest time it is over by itself; 0: never. */
uint64_t fault_lasts_ns(const struct fault *fault);

/* Whether both are of one kind and done to the same, so that the later one replaces the other. */
bool fault_has_target_of(const struct fault *fault, const struct fault *other);

/* Appends " by=TIME", or what else the row's arguments are. */
void fault_add_usage(const struct fault_row *row, struct text *text);

/* Appends what a row needs, in a few words; "nothing" if that is so. */
void fault_add_needs(const struct fault_row *row, struct text *text);

#endif
