/* SPDX-License-Identifier: BSD-2-Clause */
/* Expectations that cannot hold, whatever the guest does. See expectation.h. */
#include "check/expectation.h"

#include <stdio.h>
#include <string.h>

/* The option that takes this clocksource or clock event device away from the machine, or NULL. */
static const char *option_without(const char *name, const struct check_machine *machine)
{
    if (strcmp(name, "kvm-clock") == 0 && !machine->kvmclock)
        return "--kvmclock off";
    if (strcmp(name, "hpet") == 0 && !machine->hpet)
        return "--no-hpet";
    if (strcmp(name, "acpi_pm") == 0 && !machine->pmtimer)
        return "--no-pmtimer";
    return NULL;
}

/* What in the machine contradicts the expectation, or NULL. */
static const char *contradiction_in(const struct expectation *expectation,
                                    const struct check_machine *machine)
{
    for (unsigned i = 0; i < expectation->names.count; i++) {
        const char *option = option_without(expectation->names.names[i], machine);

        if (option != NULL)
            return option;
    }
    if (expectation->kind == EXPECT_CPUS && expectation->limit > machine->cpu_count)
        return "the number of vCPUs";
    /* That of a profile is no error; the judgement leaves it out. */
    if (expectation->kind != EXPECT_REALTIME || expectation->profile != NULL)
        return NULL;
    if (machine->date_stood_still)
        return "--from without --time advance, which leaves the guest the date of the save";
    return machine->other_date ? "an --rtc or a --time-rate that gives the guest another date"
                               : NULL;
}

/* Whether both ask for one name of the same kind, and not for the same. */
static bool exclude_each_other(const struct expectation *one, const struct expectation *other)
{
    return one->kind == other->kind &&
           (one->kind == EXPECT_CLOCKSOURCE || one->kind == EXPECT_CLOCKEVENT ||
            one->kind == EXPECT_BROADCAST) &&
           strcmp(one->names.names[0], other->names.names[0]) != 0;
}

static const struct expectation *find_excluded(const struct expectation_list *list, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (exclude_each_other(&list->items[i], &list->items[index]))
            return &list->items[i];
    return NULL;
}

bool expectation_list_can_hold(const struct expectation_list *list,
                               const struct check_machine *machine, char *error, size_t error_size)
{
    for (unsigned i = 0; i < list->count; i++) {
        const struct expectation *item = &list->items[i];
        const struct expectation *excluded = find_excluded(list, i);
        const char *what = excluded != NULL ? excluded->text : contradiction_in(item, machine);

        if (what != NULL) {
            snprintf(error, error_size, "--expect '%s'%s%s contradicts %s: %s", item->text,
                     item->profile != NULL ? " of profile " : "",
                     item->profile != NULL ? item->profile : "", what,
                     excluded == NULL && item->kind == EXPECT_CPUS ? "give as many by --cpus"
                                                                   : "leave one of them out");
            return false;
        }
    }
    return true;
}
