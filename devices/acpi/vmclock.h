/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmclock: a page of memory by which a guest reads the host's real time (kvmclock/vmclock_page.h),
 * also after a pause in which its own clocks stood still.
 *
 * The guest only reads. What the page says comes from who reads the host's clocks: at most once a
 * second, if it says something new; and at once, with a new disruption marker, when the guest's TSC
 * means another time than before. The marker is new, too, if the page cannot keep what earlier ones
 * have promised (kvmclock/vmclock_promises.h). Each change is told by the Generic Event Device
 * (ged.h).
 *
 * Source: UAPI.13. The ACPI device is in boot/vmclock.asl. What is constant in a page is decided
 * once: by its counter there is no time if the vCPUs' TSCs differ from the start.
 *
 * A reset of the guest leaves the page as it is.
 */
#ifndef DEVICES_ACPI_VMCLOCK_H
#define DEVICES_ACPI_VMCLOCK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "kvmclock/vmclock_fields.h"
#include "kvmclock/vmclock_page.h"
#include "kvmclock/vmclock_promises.h"

/* What the guest sees, and whose date that is. */
struct vmclock_state {
    struct vmclock_page page;
    /* Flag: the guest's own date, which is not the host's. */
    uint8_t shows_guest_date;
    uint8_t reserved[7];
};
static_assert(sizeof(struct vmclock_state) == 0x78, "the state is the snapshot");

/* A fault: what the page says, whatever is so. In no snapshot. All zeros: nothing. */
struct vmclock_lie {
    bool has_status;
    enum vmclock_status status;
    bool has_error;
    uint64_t error_ns;
    bool has_leap;
    enum vmclock_leap leap;
};

struct vmclock_wiring {
    /* VMCLOCK_REGION_BYTES of zeros; the guest reads them. */
    struct vmclock_page *page;
    struct irq_line *ged;
    enum vmclock_time_type time_type;
    /* All vCPUs have one TSC. */
    bool tsc_is_one;
    bool shows_guest_date;
    uint64_t first_marker;
};

struct vmclock {
    struct device dev;
    struct vmclock_state state;
    struct vmclock_wiring wiring;
    /* Of the pages since the latest marker. */
    struct vmclock_promises promises;
    bool has_published;
    struct vmclock_lie lie;
};

/* What there is to say beside the inputs; bits. */
enum vmclock_occasion {
    VMCLOCK_UNCHANGED = 0,
    /* The guest's TSC means another time than before: a new marker, and a publication at once. */
    VMCLOCK_DISRUPTED = 1,
    /* The vCPUs' TSCs differ now: no page is right for all of them. */
    VMCLOCK_TSCS_DIFFER = 2,
    /* The time is wrong on purpose, or the lie is another one: a publication at once. */
    VMCLOCK_FAULT = 4,
    /* And the marker stays, whatever was promised. */
    VMCLOCK_FAULT_IS_QUIET = 8,
};

/* What was done. */
enum vmclock_result { VMCLOCK_STAYS, VMCLOCK_PUBLISHED, VMCLOCK_PUBLISHED_DISRUPTED };

/* The page says nothing of the time before the first publication. */
void vmclock_init(struct vmclock *clock, const struct vmclock_wiring *wiring, uint64_t now_ns);

/* Whether the page tells a time: all vCPUs had one TSC from the start. */
bool vmclock_has_time(const struct vmclock *clock);

/*
 * Publishes what follows from inputs, of which time_type is filled in here, if it is something new,
 * and tells the guest. occasion has bits of enum vmclock_occasion.
 */
enum vmclock_result vmclock_publish(struct vmclock *clock, const struct vmclock_inputs *inputs,
                                    unsigned occasion);

/* Before the next publication: the guest is another one of the same snapshot. */
void vmclock_begin_generation(struct vmclock *clock);

#endif
