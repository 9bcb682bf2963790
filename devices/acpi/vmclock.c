/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmclock.h. */
#include "devices/acpi/vmclock.h"

#include <stddef.h>
#include <string.h>

#include "devices/acpi/ged.h"

#define FLAGS                                                                                      \
    (VMCLOCK_FLAG_TAI_OFFSET_VALID | VMCLOCK_FLAG_PERIOD_ESTERROR_VALID |                          \
     VMCLOCK_FLAG_PERIOD_MAXERROR_VALID | VMCLOCK_FLAG_TIME_ESTERROR_VALID |                       \
     VMCLOCK_FLAG_TIME_MAXERROR_VALID | CONSTANT_FLAGS)
#define CONSTANT_FLAGS (VMCLOCK_FLAG_VM_GEN_COUNTER_PRESENT | VMCLOCK_FLAG_NOTIFICATION_PRESENT)

static struct vmclock *clock_of(struct device *dev)
{
    return (struct vmclock *)dev;
}

bool vmclock_has_time(const struct vmclock *clock)
{
    return clock->state.page.counter_id == VMCLOCK_COUNTER_X86_TSC;
}

static struct vmclock_page with_lie(const struct vmclock_lie *lie, const struct vmclock_page *page)
{
    struct vmclock_page told = *page;

    if (lie->has_status)
        told.clock_status = (uint8_t)lie->status;
    if (lie->has_leap)
        told.leap_indicator = (uint8_t)lie->leap;
    if (lie->has_error) {
        told.time_maxerror_nanosec = told.time_esterror_nanosec = lie->error_ns;
        told.flags |= VMCLOCK_FLAG_TIME_ESTERROR_VALID | VMCLOCK_FLAG_TIME_MAXERROR_VALID;
    }
    return told;
}

/* What next says becomes the page, and the guest is told. What was promised is what is true. */
static void show(struct vmclock *clock, const struct vmclock_page *next)
{
    const struct vmclock_page told = with_lie(&clock->lie, next);

    vmclock_page_write(&clock->state.page, next);
    vmclock_page_write(clock->wiring.page, &told);
    clock->has_published = true;
    ged_notify(clock->wiring.ged);
}

/* Whether next may have the marker that there is; false: it needs a new one. */
static bool keeps_marker(struct vmclock *clock, const struct vmclock_page *next, unsigned occasion,
                         uint64_t error_ns)
{
    bool is_disrupted = (occasion & VMCLOCK_DISRUPTED) != 0;

    if (clock->has_published && !is_disrupted &&
        vmclock_promises_follow(&clock->promises, &clock->state.page, next, error_ns))
        return true;
    vmclock_promises_begin(&clock->promises, next, error_ns);
    return (!clock->has_published && !is_disrupted) || (occasion & VMCLOCK_FAULT_IS_QUIET) != 0;
}

/* Without a time there is only the marker. */
static enum vmclock_result show_marker(struct vmclock *clock, unsigned occasion)
{
    struct vmclock_page next = clock->state.page;

    if ((occasion & VMCLOCK_DISRUPTED) == 0)
        return VMCLOCK_STAYS;
    next.disruption_marker++;
    show(clock, &next);
    return VMCLOCK_PUBLISHED_DISRUPTED;
}

enum vmclock_result vmclock_publish(struct vmclock *clock, const struct vmclock_inputs *inputs,
                                    unsigned occasion)
{
    struct vmclock_page next = clock->state.page;
    struct vmclock_inputs of_page = *inputs;
    uint64_t error_ns = vmclock_fields_reading_error_ns(inputs);
    bool keeps;

    if (!vmclock_has_time(clock))
        return show_marker(clock, occasion);
    of_page.time_type = clock->state.page.time_type;
    vmclock_fields_fill(&next, &of_page);
    if ((occasion & VMCLOCK_TSCS_DIFFER) != 0)
        next.clock_status = VMCLOCK_STATUS_UNRELIABLE;
    if ((occasion & (VMCLOCK_DISRUPTED | VMCLOCK_FAULT)) == 0 && clock->has_published &&
        !vmclock_promises_is_news(&clock->state.page, &next, error_ns))
        return VMCLOCK_STAYS;
    keeps = keeps_marker(clock, &next, occasion, error_ns);
    next.disruption_marker += !keeps;
    show(clock, &next);
    return keeps ? VMCLOCK_PUBLISHED : VMCLOCK_PUBLISHED_DISRUPTED;
}

void vmclock_begin_generation(struct vmclock *clock)
{
    clock->state.page.vm_generation_counter++;
}

/* The page stays: only what a machine begins with is set, and that once. */
static void vmclock_reset(struct device *dev, uint64_t now_ns)
{
    (void)dev;
    (void)now_ns;
}

static bool page_is_valid(const struct vmclock_page *page)
{
    bool has_counter =
        page->counter_id == VMCLOCK_COUNTER_X86_TSC || page->counter_id == VMCLOCK_COUNTER_INVALID;

    return page->magic == VMCLOCK_MAGIC && page->size == VMCLOCK_REGION_BYTES &&
           page->version == VMCLOCK_VERSION && has_counter && page->time_type <= VMCLOCK_TIME_TAI &&
           page->seq_count % 2 == 0 && (page->flags & ~FLAGS) == 0 &&
           (page->flags & CONSTANT_FLAGS) == CONSTANT_FLAGS && page->pad[0] == 0 &&
           page->pad[1] == 0 && page->clock_status <= VMCLOCK_STATUS_UNRELIABLE &&
           page->leap_second_smearing_hint == 0 && page->leap_indicator <= VMCLOCK_LEAP_POST_NEG &&
           page->counter_period_shift <= 64;
}

static bool vmclock_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    static const uint8_t zeroes[sizeof((struct vmclock_state *)NULL)->reserved];
    const struct vmclock_state *state = saved;

    (void)dev;
    (void)now_ns;
    return page_is_valid(&state->page) && state->shows_guest_date <= 1 &&
           memcmp(state->reserved, zeroes, sizeof zeroes) == 0;
}

static void vmclock_rearm(struct device *dev, uint64_t now_ns)
{
    struct vmclock *clock = clock_of(dev);

    (void)now_ns;
    vmclock_page_init(clock->wiring.page, &clock->state.page);
    clock->has_published = false;
}

static const struct device_ops vmclock_ops = {
    .name = "vmclock",
    .reset = vmclock_reset,
    .state_version = 1,
    .state_offset = offsetof(struct vmclock, state),
    .state_size_bytes = sizeof(struct vmclock_state),
    .state_is_valid = vmclock_state_is_valid,
    .rearm = vmclock_rearm,
};

void vmclock_init(struct vmclock *clock, const struct vmclock_wiring *wiring, uint64_t now_ns)
{
    *clock = (struct vmclock){
        .dev = {&vmclock_ops},
        .wiring = *wiring,
        .state.page =
            {
                .magic = VMCLOCK_MAGIC,
                .size = VMCLOCK_REGION_BYTES,
                .version = VMCLOCK_VERSION,
                .counter_id =
                    wiring->tsc_is_one ? VMCLOCK_COUNTER_X86_TSC : VMCLOCK_COUNTER_INVALID,
                .time_type = (uint8_t)wiring->time_type,
                .disruption_marker = wiring->first_marker,
                .flags = CONSTANT_FLAGS,
            },
        .state.shows_guest_date = wiring->shows_guest_date,
    };
    vmclock_rearm(&clock->dev, now_ns);
}
