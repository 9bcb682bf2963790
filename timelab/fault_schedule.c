/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault_schedule.h. */
#include "timelab/fault_schedule.h"

#include <string.h>

#include "base/duration.h"
#include "base/time_math.h"

#define TIME_BYTES 32

bool scheduled_fault_from_words(const char *words, struct scheduled_fault *entry,
                                struct text *error)
{
    size_t length = strcspn(words, " ");
    char time[TIME_BYTES] = "";
    int64_t at_ns = -1;
    struct fault fault;

    if (length < sizeof time)
        memcpy(time, words, length);
    if (!duration_parse(time, &at_ns) || at_ns < 0) {
        text_add(error, "first comes a guest time with its unit, as 5s or 250ms");
        return false;
    }
    if (words[length + strspn(words + length, " ")] == '\0') {
        text_add(error, "a fault is missing behind the time; minivmm --faults lists them");
        return false;
    }
    if (!fault_from_words(words + length, &fault, error))
        return false;
    *entry = (struct scheduled_fault){(uint64_t)at_ns, fault};
    return true;
}

void scheduled_fault_add_words(const struct scheduled_fault *entry, struct text *text)
{
    duration_add(text, (int64_t)entry->at_ns);
    text_add(text, " ");
    fault_add_words(&entry->fault, text);
}

bool fault_schedule_add(struct fault_schedule *schedule, const struct scheduled_fault *entry)
{
    unsigned place = schedule->count;

    if (schedule->count == FAULT_SCHEDULE_MAX)
        return false;
    while (place > 0 && schedule->entries[place - 1].at_ns > entry->at_ns)
        place--;
    memmove(&schedule->entries[place + 1], &schedule->entries[place],
            (schedule->count - place) * sizeof *entry);
    schedule->entries[place] = *entry;
    schedule->count++;
    return true;
}

uint64_t fault_schedule_next_ns(const struct fault_schedule *schedule)
{
    return schedule->taken < schedule->count ? schedule->entries[schedule->taken].at_ns
                                             : TIME_NEVER_NS;
}

bool fault_schedule_take(struct fault_schedule *schedule, uint64_t now_ns,
                         struct scheduled_fault *entry)
{
    if (schedule->taken == schedule->count || fault_schedule_next_ns(schedule) > now_ns)
        return false;
    *entry = schedule->entries[schedule->taken++];
    return true;
}
