/*
 * Options of the probe: words `probe.KEY=VALUE` anywhere on the kernel command line.
 *
 *   probe.seconds=N     guest seconds to measure for, 0 to 3600; 0 measures nothing (default 2)
 *   probe.action=WORD   what to do after the report: poweroff (default), reboot, panic, exit, hang
 *   probe.value=N       the byte for the debug-exit port with action exit, 0 to 255 (default 0)
 *   probe.wall=WORD     host (default): the wall clocks are to agree with the host's; any: not
 */
#ifndef GUEST_IMAGES_PROBE_OPTIONS_H
#define GUEST_IMAGES_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "guest-images/probe/text.h"

enum probe_action {
    ACTION_POWEROFF,
    ACTION_REBOOT,
    ACTION_PANIC,
    ACTION_DEBUG_EXIT,
    ACTION_HANG,
};

struct options {
    uint64_t seconds;
    enum probe_action action;
    uint8_t exit_value;
    bool wall_is_host;
};

/*
 * Reads the options out of a command line. A word that starts with "probe." and is not understood
 * keeps the default and adds one line to problems.
 */
struct options options_parse(const char *command_line, struct text *problems);

#endif
