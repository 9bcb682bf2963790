/* SPDX-License-Identifier: BSD-2-Clause */
/* See event_loop.h. */
#include "vmm/host/event_loop.h"

#include <assert.h>
#include <errno.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"

void event_loop_init(struct event_loop *loop)
{
    *loop = (struct event_loop){0};
    for (unsigned i = 0; i < EVENT_LOOP_MAX_SOURCES; i++)
        loop->polled[i].fd = -1;
}

int event_source_add(struct event_loop *loop, struct event_source *source, int fd, short events,
                     void (*ready)(void *ctx, short revents), void *ctx)
{
    unsigned slot = 0;

    while (slot < EVENT_LOOP_MAX_SOURCES && loop->sources[slot] != NULL)
        slot++;
    if (slot == EVENT_LOOP_MAX_SOURCES)
        return -ENOSPC;
    *source = (struct event_source){loop, slot, fd, ready, ctx};
    loop->sources[slot] = source;
    if (loop->slots_used == slot)
        loop->slots_used++;
    event_source_wait_for(source, events);
    return 0;
}

/* What poll has found is left of it only if it is still waited for. */
void event_source_wait_for(struct event_source *source, short events)
{
    struct pollfd *polled;

    if (source->loop == NULL)
        return;
    polled = &source->loop->polled[source->slot];
    polled->fd = events != 0 ? source->fd : -1;
    polled->events = events;
    if (events == 0)
        polled->revents = 0;
    else
        polled->revents &= (short)(events | POLLERR | POLLHUP | POLLNVAL);
}

void event_source_remove(struct event_source *source)
{
    event_source_wait_for(source, 0);
    if (source->loop == NULL)
        return;
    source->loop->sources[source->slot] = NULL;
    source->loop = NULL;
}

int event_deadline_add(struct event_loop *loop, struct event_deadline *deadline,
                       void (*expired)(void *ctx), void *ctx)
{
    unsigned slot = 0;

    while (slot < EVENT_LOOP_MAX_DEADLINES && loop->deadlines[slot] != NULL)
        slot++;
    if (slot == EVENT_LOOP_MAX_DEADLINES)
        return -ENOSPC;
    *deadline = (struct event_deadline){loop, slot, TIME_NEVER_NS, expired, ctx};
    loop->deadlines[slot] = deadline;
    return 0;
}

void event_deadline_set(struct event_deadline *deadline, uint64_t at_ns)
{
    deadline->at_ns = at_ns;
}

void event_deadline_remove(struct event_deadline *deadline)
{
    if (deadline->loop == NULL)
        return;
    deadline->loop->deadlines[deadline->slot] = NULL;
    deadline->loop = NULL;
}

uint64_t event_loop_left_ns(const struct event_loop *loop, uint64_t now_ns)
{
    uint64_t next_ns = TIME_NEVER_NS;

    for (unsigned i = 0; i < EVENT_LOOP_MAX_DEADLINES; i++)
        if (loop->deadlines[i] != NULL && loop->deadlines[i]->at_ns < next_ns)
            next_ns = loop->deadlines[i]->at_ns;
    if (next_ns == TIME_NEVER_NS)
        return TIME_NEVER_NS;
    return next_ns > now_ns ? next_ns - now_ns : 0;
}

static void call_sources(struct event_loop *loop)
{
    for (unsigned i = 0; i < loop->slots_used && !loop->stopped; i++) {
        struct event_source *source = loop->sources[i];
        struct pollfd *polled = &loop->polled[i];
        short revents = polled->revents;

        if (revents == 0)
            continue;
        assert((revents & POLLNVAL) == 0);
        polled->revents = 0;
        if ((revents & polled->events) == 0)
            polled->fd = -1;
        source->ready(source->ctx, revents);
    }
}

static void call_deadlines(struct event_loop *loop)
{
    uint64_t now_ns = host_monotonic_ns();

    for (unsigned i = 0; i < EVENT_LOOP_MAX_DEADLINES && !loop->stopped; i++) {
        struct event_deadline *deadline = loop->deadlines[i];

        if (deadline == NULL || deadline->at_ns == TIME_NEVER_NS || deadline->at_ns > now_ns)
            continue;
        deadline->at_ns = TIME_NEVER_NS;
        deadline->expired(deadline->ctx);
    }
}

int event_loop_turn(struct event_loop *loop, uint64_t limit_ns)
{
    uint64_t left_ns = event_loop_left_ns(loop, host_monotonic_ns());
    uint64_t wait_ns = left_ns < limit_ns ? left_ns : limit_ns;
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / NS_PER_SEC),
                            .tv_nsec = (long)(wait_ns % NS_PER_SEC)};
    int ready =
        ppoll(loop->polled, loop->slots_used, wait_ns != TIME_NEVER_NS ? &wait : NULL, NULL);

    if (ready < 0 && errno != EINTR)
        return -errno;
    if (ready > 0)
        call_sources(loop);
    call_deadlines(loop);
    return 0;
}

int event_loop_run(struct event_loop *loop)
{
    int result = 0;

    while (result == 0 && !loop->stopped)
        result = event_loop_turn(loop, TIME_NEVER_NS);
    return result;
}

void event_loop_stop(struct event_loop *loop)
{
    loop->stopped = true;
}

void event_loop_restart(struct event_loop *loop)
{
    loop->stopped = false;
}
