/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boots of a trace, as with --reboot again. Guest time begins anew in each, so a picture has
 * them one behind the other: a boot begins where guest time of the one before has ended.
 *
 * A boot begins with a record `wall` that is no vCPU's. Records of different threads are not quite
 * in order in a file, so it is a record's TSC that says which boot it is of, and all boots have to
 * be known before the first record is drawn: the file is read twice.
 *
 * Pure, in bounded memory. Beyond REPORT_BOOTS_MAX of them all is of the last one.
 */
#ifndef TIMELAB_REPORT_BOOTS_H
#define TIMELAB_REPORT_BOOTS_H

#include <stdint.h>

#include "timelab/trace_codec.h"

#define REPORT_BOOTS_MAX 64

/* Zeroed is the starting state. */
struct report_boots {
    /* The host's TSC at the beginning of each, in their order. */
    uint64_t tscs[REPORT_BOOTS_MAX];
    /* The latest guest time of each. */
    uint64_t ends_ns[REPORT_BOOTS_MAX];
    unsigned count;
};

/* The first reading: the next event of the file. */
void report_boots_look(struct report_boots *boots, const struct trace_event *event);

/* On the axis of the picture: what guest time 0 of the boot that the record is of is. */
uint64_t report_boots_start_ns(const struct report_boots *boots, const struct trace_record *record);

#endif
