/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of interrupts: see machine_fault_doers.h. */
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_delivery.h"
#include "vmm/machine/machine_fault_doers.h"

/* The order of their arguments. */
enum { GSI, DEVICE, SHARE, EVERY, SEED, LASTS, BY };
enum { STORM_GSI, STORM_HZ };

static uint32_t target_of(const struct fault *fault)
{
    return fault->values[GSI] >= 0 ? UINT32_C(1) << fault->values[GSI]
                                   : DELIVERY_DEVICE_TARGET(fault->values[DEVICE]);
}

static enum delivery_kind kind_of(const struct fault *fault)
{
    return fault->kind == FAULT_IRQ_DROP    ? DELIVERY_DROP
           : fault->kind == FAULT_IRQ_DELAY ? DELIVERY_DELAY
                                            : DELIVERY_DUP;
}

static struct delivery_rule rule_of(const struct fault *fault)
{
    return (struct delivery_rule){
        .kind = kind_of(fault),
        .target = target_of(fault),
        .every = (uint64_t)fault->values[EVERY],
        .share_ppm = (uint32_t)fault->values[SHARE],
        .by_ns = (uint64_t)fault->values[BY],
        .random = (uint64_t)fault->values[SEED],
    };
}

static bool refuse_more(const struct fault *fault, unsigned max, struct text *why)
{
    text_add(why, "%s: %u are going on, and more cannot", fault_rows[fault->kind].name, max);
    return false;
}

static bool set_rule(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct delivery *rules = &machine->delivery.rules;
    const struct delivery_rule rule = rule_of(fault);

    if (fault->is_end || rule.share_ppm == 0)
        delivery_remove_rule(rules, rule.kind, rule.target);
    else if (!delivery_add_rule(rules, &rule))
        return refuse_more(fault, DELIVERY_RULES_MAX, why);
    machine_delivery_follow(machine);
    return true;
}

static bool set_storm(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct delivery *rules = &machine->delivery.rules;
    unsigned gsi = (unsigned)fault->values[STORM_GSI];
    uint64_t hz = (uint64_t)fault->values[STORM_HZ];

    if (fault->is_end)
        delivery_remove_storm(rules, gsi);
    else if (!delivery_add_storm(rules, gsi, hz, machine_now(machine)))
        return refuse_more(fault, DELIVERY_STORMS_MAX, why);
    machine_delivery_follow(machine);
    return true;
}

static const struct fault_doer rows[] = {
    {FAULT_IRQ_DROP, NULL, set_rule},
    {FAULT_IRQ_DELAY, NULL, set_rule},
    {FAULT_IRQ_DUP, NULL, set_rule},
    {FAULT_IRQ_STORM, NULL, set_storm},
};

const struct fault_doers machine_fault_delivery = FAULT_DOERS(rows);

const char *machine_fault_delivery_obstacle(const struct machine *machine)
{
    return delivery_is_active(&machine->delivery.rules)
               ? "an interrupt is lost, late, doubled or in a storm (irq.*), which no snapshot and "
                 "no migration takes along"
               : NULL;
}
