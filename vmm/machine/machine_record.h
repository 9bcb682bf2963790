/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a snapshot that are the machine's own: RECORD_TIMEBASE, RECORD_DEVICE,
 * RECORD_LENS, RECORD_PAGE_FAULT, RECORD_JITTER, RECORD_PAGE_JITTER, RECORD_FAULT_END,
 * RECORD_MACHINE, RECORD_CONSOLE_INPUT and RECORD_PANIC_WATCH of snapshot/record.h.
 *
 * Fixed width, no hidden padding, no pointers. What is reserved is 0.
 */
#ifndef VMM_MACHINE_MACHINE_RECORD_H
#define VMM_MACHINE_MACHINE_RECORD_H

#include <assert.h>
#include <stdint.h>

#include "kvmclock/calibration.h"
#include "vmm/machine/panic_watch.h"

static_assert(sizeof(struct calibration) == 13 * sizeof(uint64_t), "a part of a record");

/*
 * How guest time follows from the host's TSC. It is of use on the same boot of the same host alone,
 * but for the guest's own share: behind_ns and run_left_ns.
 */
struct timebase_record {
    /* kvmclock/timebase.h */
    uint64_t host_tsc;
    uint64_t guest_ns;
    uint64_t ratio_mul;
    uint32_t ratio_frac_bits;
    uint32_t scale_mul;
    int32_t scale_shift;
    /* Flags: machine_time.h and steering.h. */
    uint8_t is_constant;
    uint8_t is_aligned;
    /* Flags: machine_tsc.h. */
    uint8_t offsets_measured;
    uint8_t offsets_work;
    struct calibration raw;
    struct calibration followed;
    uint64_t clock_zero_ns;
    /* machine_pause.h: an advance that is not done. */
    uint64_t behind_ns;
    uint64_t run_left_ns;
    /* KVM's own kvm-clock at the cut, if the flag says so. */
    uint64_t kvm_clock_ns;
    uint8_t has_kvm_clock;
    uint8_t reserved[7];
};
static_assert(sizeof(struct timebase_record) == 40 + 2 * 104 + 40, "no padding");

/* In front of the state of a device: device_ops.state_version. */
struct device_record {
    uint32_t state_version;
    uint32_t reserved;
};

/* A clock that is wrong: devices/lensed.h. */
struct lens_record {
    uint64_t guest_ns;
    uint64_t shown_ns;
    int64_t ppb;
    /* Once it does not stand any more. */
    int64_t later_ppb;
    uint8_t stands;
    uint8_t reserved[7];
};
static_assert(sizeof(struct lens_record) == 40, "no padding");

/* A page of kvm-clock that is wrong: kvmclock/page_fault.h. The lens is a lens if is_lensed. */
struct page_fault_record {
    struct lens_record lens;
    uint8_t is_lensed;
    uint8_t flags_set;
    uint8_t flags_cleared;
    uint8_t reserved[5];
};
static_assert(sizeof(struct page_fault_record) == 48, "no padding");

/* Beside a lens, or a page's: kvmclock/jitter.h. */
struct jitter_record {
    int64_t zero_ns;
    int64_t first_ns;
    uint64_t by_ns;
    uint64_t every_ns;
    uint64_t seed;
    uint8_t walks;
    uint8_t reserved[7];
};
static_assert(sizeof(struct jitter_record) == 48, "no padding");

#define FAULT_END_WORDS_BYTES 256

/* A fault that is going on, and until when: timelab/fault_ends.h. */
struct fault_end_record {
    /* In guest time. */
    uint64_t at_ns;
    /* The fault as words (timelab/fault.h), ended by a NUL. */
    char words[FAULT_END_WORDS_BYTES];
};
static_assert(sizeof(struct fault_end_record) == 8 + FAULT_END_WORDS_BYTES, "no padding");

struct machine_record {
    /* Flags: what KVM could do. A guest has seen it. */
    uint8_t kvm_hidden;
    uint8_t hypercalls_exit;
    uint8_t tsc_deadline;
    /* Flags of the machine. */
    uint8_t com1_used;
    uint8_t rtc_reported;
    uint8_t rtc_report_is_armed;
    /* machine_sleep.h: somebody wakes the guest once it goes on. */
    uint8_t wake_is_asked;
    uint8_t reserved[1];
    /* The GSIs whose EOIs are listened to: eoi.h. */
    uint32_t eoi_gsis;
    uint32_t reserved_too;
    /* machine_rtc.h */
    int64_t rtc_offset_ns;
    int64_t rtc_reported_wall_ns;
    uint64_t rtc_report_deadline_ns;
};
static_assert(sizeof(struct machine_record) == 40, "no padding");

/* By number of the record. That of COM2 is there only if there are bytes: of --serial2. */
enum console_input_number { CONSOLE_INPUT_COM1, CONSOLE_INPUT_COM2 };

/* In front of the bytes that a guest has not taken yet: vmm/host/console_state.h. */
struct console_input_record {
    uint32_t break_after_bytes;
    uint32_t reserved;
};

/* panic_watch.h */
struct panic_watch_record {
    uint32_t line_length;
    /* enum panic_watch_end */
    uint8_t end;
    uint8_t has_reason;
    uint8_t reason_is_kernels;
    uint8_t reserved;
    char line[PANIC_WATCH_LINE_SIZE];
    char reason[PANIC_WATCH_LINE_SIZE];
};
static_assert(sizeof(struct panic_watch_record) == 8 + 2 * PANIC_WATCH_LINE_SIZE, "no padding");

#endif
