/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_event.h. */
#include "vmm/machine/machine_event.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

int machine_events_open(struct machine_events *events)
{
    *events = (struct machine_events){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (events->fd >= 0)
        return 0;
    log_error("eventfd: %s", strerror(errno));
    return -errno;
}

void machine_events_close(struct machine_events *events)
{
    close(events->fd);
}

static void post(struct machine *machine, struct machine_event_record record)
{
    struct machine_events *events = machine->events;
    struct host_instant host;

    if (events == NULL)
        return;
    if (events->count >= (record.by_guest ? MACHINE_EVENTS_BY_GUEST : MACHINE_EVENTS_MAX)) {
        events->dropped++;
        return;
    }
    host_clock_sample(&host);
    record.realtime_ns = host.realtime_ns;
    events->records[(events->first + events->count) % MACHINE_EVENTS_MAX] = record;
    events->count++;
    eventfd_write(events->fd, 1);
}

void machine_event_post(struct machine *machine, enum machine_event event, bool by_guest,
                        int64_t value)
{
    post(machine, (struct machine_event_record){event, by_guest, .value = value});
}

void machine_event_post_fault(struct machine *machine, const struct fault *fault, uint64_t guest_ns)
{
    post(machine, (struct machine_event_record){MACHINE_FAULT, false, .value = (int64_t)guest_ns,
                                                .fault = *fault});
}

bool machine_event_take(struct machine_events *events, struct machine_event_record *record)
{
    eventfd_t ignored;

    if (events->count == 0) {
        eventfd_read(events->fd, &ignored);
        return false;
    }
    *record = events->records[events->first];
    events->first = (events->first + 1) % MACHINE_EVENTS_MAX;
    events->count--;
    return true;
}
