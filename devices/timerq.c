/* SPDX-License-Identifier: BSD-2-Clause */
/* See timerq.h. A sorted list: the machine has about ten timers, so no heap is worth its code. */
#include "devices/timerq.h"

#include <stddef.h>

void timer_init(struct timer *timer, unsigned rank, void (*fire)(void *ctx, uint64_t deadline_ns),
                void *ctx)
{
    *timer = (struct timer){.fire = fire, .ctx = ctx, .rank = rank};
}

void timerq_cancel(struct timerq *queue, struct timer *timer)
{
    struct timer **link = &queue->first;

    if (!timer->armed)
        return;
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    timer->armed = false;
}

static bool is_before(const struct timer *timer, uint64_t deadline_ns, unsigned rank)
{
    return timer->deadline_ns < deadline_ns ||
           (timer->deadline_ns == deadline_ns && timer->rank < rank);
}

void timerq_arm(struct timerq *queue, struct timer *timer, uint64_t deadline_ns)
{
    struct timer **link = &queue->first;

    timerq_cancel(queue, timer);
    if (deadline_ns == TIME_NEVER_NS)
        return;
    while (*link != NULL && is_before(*link, deadline_ns, timer->rank))
        link = &(*link)->next;
    timer->deadline_ns = deadline_ns;
    timer->next = *link;
    timer->armed = true;
    *link = timer;
}

void timerq_move(struct timerq *from, struct timerq *to, unsigned device_rank)
{
    struct timer **link = &from->first;

    while (*link != NULL) {
        struct timer *timer = *link;

        if (timer->rank / TIMERQ_TIMERS_PER_DEVICE != device_rank) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        timer->armed = false;
        timerq_arm(to, timer, timer->deadline_ns);
    }
}

uint64_t timerq_next_deadline_ns(const struct timerq *queue)
{
    return queue->first != NULL ? queue->first->deadline_ns : TIME_NEVER_NS;
}

void timerq_run(struct timerq *queue, uint64_t now_ns)
{
    queue->run_now_ns = now_ns;
    while (queue->first != NULL && queue->first->deadline_ns <= now_ns) {
        struct timer *timer = queue->first;

        timerq_cancel(queue, timer);
        queue->firing_ns = timer->deadline_ns;
        timer->fire(timer->ctx, timer->deadline_ns);
    }
    queue->firing_ns = 0;
}
