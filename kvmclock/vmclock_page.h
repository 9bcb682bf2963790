/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of vmclock, and its arithmetic: the host's real time as a function of the guest's TSC.
 *
 * Source: UAPI.13 (specs/vmclock.md of the UAPI group). Where Linux's include/uapi/linux/
 * vmclock-abi.h has another layout, it is Linux's here, as that is what guests go by: flag 7 is
 * TIME_MONOTONIC, the two after it are one bit higher, and the generation counter is at 68h, where
 * a field of 64 bits is aligned.
 *
 * A guest computes, with the TSC read between two reads of seq_count that are even and equal:
 *
 *     time = time_sec + time_frac_sec / 2^64
 *            + ((tsc - counter_value) * counter_period_frac_sec) >> (64 + counter_period_shift)
 *
 * the product 128 bits wide. The difference is unsigned: a guest that reads a TSC below
 * counter_value computes a time that is centuries ahead. So counter_value is never one that is
 * still to come.
 *
 * Here a time is a number of 2^-64 s since the epoch, 128 bits wide: the seconds are its high half.
 *
 * Worked example: a TSC of 1 GHz has shift 29 and period 0x89705F4136B4A597. After 10^9 cycles that
 * is 999 999 999.999 999 999 ns: what is rounded is below 10^-18 of it.
 *
 * Pure.
 */
#ifndef KVMCLOCK_VMCLOCK_PAGE_H
#define KVMCLOCK_VMCLOCK_PAGE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define VMCLOCK_MAGIC   UINT32_C(0x4b4c4356) /* "VCLK" */
#define VMCLOCK_VERSION 1
/* The size of the region in which the struct is: a page, or Linux makes no /dev/vmclock0. */
#define VMCLOCK_REGION_BYTES 4096

#define VMCLOCK_COUNTER_X86_TSC 1
#define VMCLOCK_COUNTER_INVALID 0xff

enum vmclock_time_type { VMCLOCK_TIME_UTC = 0, VMCLOCK_TIME_TAI = 1 };

#define VMCLOCK_FLAG_TAI_OFFSET_VALID       (UINT64_C(1) << 0)
#define VMCLOCK_FLAG_PERIOD_ESTERROR_VALID  (UINT64_C(1) << 3)
#define VMCLOCK_FLAG_PERIOD_MAXERROR_VALID  (UINT64_C(1) << 4)
#define VMCLOCK_FLAG_TIME_ESTERROR_VALID    (UINT64_C(1) << 5)
#define VMCLOCK_FLAG_TIME_MAXERROR_VALID    (UINT64_C(1) << 6)
#define VMCLOCK_FLAG_VM_GEN_COUNTER_PRESENT (UINT64_C(1) << 8)
#define VMCLOCK_FLAG_NOTIFICATION_PRESENT   (UINT64_C(1) << 9)

enum vmclock_status {
    VMCLOCK_STATUS_UNKNOWN = 0,
    VMCLOCK_STATUS_INITIALIZING = 1,
    VMCLOCK_STATUS_SYNCHRONIZED = 2,
    VMCLOCK_STATUS_FREERUNNING = 3,
    VMCLOCK_STATUS_UNRELIABLE = 4,
};

enum vmclock_leap {
    VMCLOCK_LEAP_NONE = 0,
    VMCLOCK_LEAP_PRE_POS = 1,
    VMCLOCK_LEAP_PRE_NEG = 2,
    VMCLOCK_LEAP_POS = 3,
    VMCLOCK_LEAP_POST_POS = 4,
    VMCLOCK_LEAP_POST_NEG = 5,
};

struct vmclock_page {
    /* These five are constant. */
    uint32_t magic;
    uint32_t size;
    uint16_t version;
    uint8_t counter_id;
    uint8_t time_type;

    uint32_t seq_count;
    uint64_t disruption_marker;
    uint64_t flags;
    uint8_t pad[2];
    uint8_t clock_status;
    uint8_t leap_second_smearing_hint;
    int16_t tai_offset_sec;
    uint8_t leap_indicator;
    uint8_t counter_period_shift;
    uint64_t counter_value;
    uint64_t counter_period_frac_sec;
    uint64_t counter_period_esterror_rate_frac_sec;
    uint64_t counter_period_maxerror_rate_frac_sec;
    uint64_t time_sec;
    uint64_t time_frac_sec;
    uint64_t time_esterror_nanosec;
    uint64_t time_maxerror_nanosec;
    uint64_t vm_generation_counter;
};
static_assert(sizeof(struct vmclock_page) == 0x70 &&
                  offsetof(struct vmclock_page, seq_count) == 0x0c &&
                  offsetof(struct vmclock_page, clock_status) == 0x22 &&
                  offsetof(struct vmclock_page, counter_value) == 0x28 &&
                  offsetof(struct vmclock_page, vm_generation_counter) == 0x68,
              "guest ABI");

/* 2^-64 s since the epoch. */
typedef unsigned __int128 vmclock_time;

#define VMCLOCK_SECOND ((vmclock_time)1 << 64)

/*
 * Publication: seq_count becomes odd, then all behind it is what fields says, then it becomes even.
 * A reader that was in between reads again. What fields says of seq_count is not looked at. The
 * page has been written before, by vmclock_page_init.
 */
void vmclock_page_write(struct vmclock_page *page, const struct vmclock_page *fields);

/* Before any guest sees the page: all of it, with an even seq_count. */
void vmclock_page_init(struct vmclock_page *page, const struct vmclock_page *fields);

/* The page's time at that TSC value, which may also be before counter_value. */
vmclock_time vmclock_page_time(const struct vmclock_page *page, uint64_t tsc);

/* By how much the page may be wrong at that TSC value, at or after counter_value, by its own word.
 */
vmclock_time vmclock_page_max_error(const struct vmclock_page *page, uint64_t tsc);

vmclock_time vmclock_time_from_ns(uint64_t ns);

/* Rounded down; saturated at UINT64_MAX. */
uint64_t vmclock_time_ns(vmclock_time time);

#endif
