/* SPDX-License-Identifier: BSD-2-Clause */
/* See delivery.h. */
#include "timelab/delivery.h"

#include <stddef.h>
#include <string.h>

#include "base/splitmix64.h"
#include "base/time_math.h"

/* That of this kind and target, or else a free place; NULL: none is free. */
static struct delivery_rule *find_rule(struct delivery *delivery, enum delivery_kind kind,
                                       uint32_t target)
{
    struct delivery_rule *place = NULL;

    for (unsigned i = 0; i < DELIVERY_RULES_MAX; i++) {
        struct delivery_rule *rule = &delivery->rules[i];

        if (rule->target == target && rule->kind == kind)
            return rule;
        if (rule->target == 0 && place == NULL)
            place = rule;
    }
    return place;
}

bool delivery_add_rule(struct delivery *delivery, const struct delivery_rule *rule)
{
    struct delivery_rule *place = find_rule(delivery, rule->kind, rule->target);

    if (place != NULL)
        *place = *rule;
    return place != NULL;
}

void delivery_remove_rule(struct delivery *delivery, enum delivery_kind kind, uint32_t target)
{
    struct delivery_rule *rule = find_rule(delivery, kind, target);

    if (rule != NULL)
        *rule = (struct delivery_rule){0};
}

static struct delivery_storm *find_storm(struct delivery *delivery, unsigned gsi)
{
    struct delivery_storm *place = NULL;

    for (unsigned i = 0; i < DELIVERY_STORMS_MAX; i++) {
        struct delivery_storm *storm = &delivery->storms[i];

        if (storm->hz != 0 && storm->gsi == gsi)
            return storm;
        if (storm->hz == 0 && place == NULL)
            place = storm;
    }
    return place;
}

bool delivery_add_storm(struct delivery *delivery, unsigned gsi, uint64_t hz, uint64_t since_ns)
{
    struct delivery_storm *place = find_storm(delivery, gsi);

    if (place != NULL)
        *place = (struct delivery_storm){hz, gsi, since_ns, 1};
    return place != NULL;
}

void delivery_remove_storm(struct delivery *delivery, unsigned gsi)
{
    struct delivery_storm *storm = find_storm(delivery, gsi);

    if (storm != NULL)
        *storm = (struct delivery_storm){0};
}

static bool is_hit(struct delivery_rule *rule)
{
    rule->seen++;
    if (rule->seen % rule->every != 0 || !splitmix64_is_hit(&rule->random, rule->share_ppm))
        return false;
    rule->hit++;
    return true;
}

struct delivery_verdict delivery_decide(struct delivery *delivery, uint32_t targets)
{
    struct delivery_verdict verdict = {0};

    for (unsigned i = 0; i < DELIVERY_RULES_MAX; i++) {
        struct delivery_rule *rule = &delivery->rules[i];

        if ((rule->target & targets) == 0 || !is_hit(rule))
            continue;
        switch (rule->kind) {
        case DELIVERY_DROP:
            verdict.is_lost = true;
            break;
        case DELIVERY_DELAY:
            verdict.late_ns = rule->by_ns;
            break;
        case DELIVERY_DUP:
            verdict.again_ns = rule->by_ns;
            break;
        }
    }
    return verdict;
}

bool delivery_put_late(struct delivery *delivery, const struct delivery_late *late)
{
    unsigned place = delivery->late_count;

    if (delivery->late_count == DELIVERY_LATE_MAX)
        return false;
    while (place > 0 && delivery->late[place - 1].due_ns > late->due_ns)
        place--;
    memmove(&delivery->late[place + 1], &delivery->late[place],
            (delivery->late_count - place) * sizeof *late);
    delivery->late[place] = *late;
    delivery->late_count++;
    return true;
}

static uint64_t storm_next_ns(const struct delivery_storm *storm)
{
    return storm->hz == 0 ? TIME_NEVER_NS
                          : storm->since_ns + mul_div_ceil(storm->next, NS_PER_SEC, storm->hz);
}

/* The storm whose pulse is the next one. */
static unsigned first_storm(const struct delivery *delivery)
{
    unsigned first = 0;

    for (unsigned i = 1; i < DELIVERY_STORMS_MAX; i++)
        if (storm_next_ns(&delivery->storms[i]) < storm_next_ns(&delivery->storms[first]))
            first = i;
    return first;
}

static uint64_t late_next_ns(const struct delivery *delivery)
{
    return delivery->late_count == 0 ? TIME_NEVER_NS : delivery->late[0].due_ns;
}

uint64_t delivery_next_ns(const struct delivery *delivery)
{
    uint64_t late_ns = late_next_ns(delivery);
    uint64_t storm_ns = storm_next_ns(&delivery->storms[first_storm(delivery)]);

    return late_ns <= storm_ns ? late_ns : storm_ns;
}

static void take_late(struct delivery *delivery, struct delivery_late *late)
{
    *late = delivery->late[0];
    delivery->late_count--;
    memmove(&delivery->late[0], &delivery->late[1], delivery->late_count * sizeof *late);
}

/* The next one is the first after now_ns. */
static void take_pulse(struct delivery_storm *storm, uint64_t now_ns, struct delivery_late *late)
{
    *late = (struct delivery_late){.due_ns = storm_next_ns(storm), .gsi = storm->gsi};
    storm->next = mul_div_floor(now_ns - storm->since_ns, storm->hz, NS_PER_SEC) + 1;
}

bool delivery_take(struct delivery *delivery, uint64_t now_ns, struct delivery_late *late)
{
    uint64_t next_ns = delivery_next_ns(delivery);

    if (next_ns == TIME_NEVER_NS || next_ns > now_ns)
        return false;
    if (late_next_ns(delivery) == next_ns)
        take_late(delivery, late);
    else
        take_pulse(&delivery->storms[first_storm(delivery)], now_ns, late);
    return true;
}

bool delivery_is_active(const struct delivery *delivery)
{
    bool is_active = delivery_next_ns(delivery) != TIME_NEVER_NS;

    for (unsigned i = 0; i < DELIVERY_RULES_MAX; i++)
        is_active |= delivery->rules[i].target != 0;
    return is_active;
}
