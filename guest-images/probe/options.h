/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of the probe: words `probe.KEY=VALUE` anywhere on the kernel command line.
 *
 *   probe.seconds=N     guest seconds to measure for, 0 to 3600; 0 measures nothing (default 2)
 *   probe.action=WORD   what to do after the report: poweroff (default), reboot, panic, exit, hang
 *   probe.value=N       the byte for the debug-exit port with action exit, 0 to 255 (default 0)
 *   probe.wall=WORD     host (default): the wall clocks are to agree with the host's; any: not
 *   probe.scope=WORD    all (default): every clocksource in turn, and the RTC's edge of a second;
 *                       chosen: the kernel's choice alone, in half of the time; none: nothing, and
 *                       that time goes by asleep
 *   probe.within=PPB    go on with the kernel's choice until its rate is known within so many parts
 *                       per billion, 1 to 1000000000, or for 10 s more; 0: not (default)
 *   probe.sleep=N       sleep for N seconds, 0 to 3600 (default 0), before the end of the interval
 *                       over which the rate of the kernel's choice is known
 *   probe.table=WORD    console (default): the report for people goes to the console; none: nowhere
 *   probe.reads=N       read the kernel's choice at least so often on all CPUs together, 0 to
 *                       1000000000 (default 0), to see whether it goes back
 *   probe.reference=WORD  host (default): the reference device tells the host's clocks; none: no
 *                       port of it is used
 *   probe.orders=WORD   wait: before it measures, ask for more words on the second channel, see
 *                       base/probe_orders.h; none (default): do not
 *   probe.rate=N/M      guest time runs at N/M times the host's: so much of the host's is what the
 *                       guest's clocks are compared with; 1 to 1000000 each (default 1/1)
 *   probe.sample=HZ     so many times a second the kernel's clocks are sampled, 0 to 1000 (default
 * 0: never), see base/sample_stream.h
 */
#ifndef GUEST_IMAGES_PROBE_OPTIONS_H
#define GUEST_IMAGES_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum probe_action {
    ACTION_POWEROFF,
    ACTION_REBOOT,
    ACTION_PANIC,
    ACTION_DEBUG_EXIT,
    ACTION_HANG,
};

struct probe_options {
    uint64_t seconds;
    enum probe_action action;
    uint8_t exit_value;
    bool wall_is_host;
    bool chosen_only;
    /* The time goes by, and nothing is measured in it. */
    bool measures_nothing;
    bool table_wanted;
    bool orders_wanted;
    bool reference_wanted;
    uint64_t within_ppb;
    uint64_t sleep_seconds;
    uint64_t reads;
    uint64_t sample_hz;
    /* The host's time is taken times rate_num / rate_den. */
    uint64_t rate_num;
    uint64_t rate_den;
};

/*
 * Reads the options out of a command line. A word that starts with "probe." and is not understood
 * keeps the default and adds one line to problems.
 */
struct probe_options probe_options_parse(const char *command_line, struct text *problems);

#endif
