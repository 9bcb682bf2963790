/* SPDX-License-Identifier: BSD-2-Clause */
/* See watch.h. */
#include "check/watch.h"

#include <string.h>

void watch_init(struct watch *watch, char *report)
{
    *watch = (struct watch){.report = report};
}

void watch_console_byte(struct watch *watch, uint8_t byte)
{
    watch->console[watch->console_bytes++ % WATCH_CONSOLE_BYTES] = (char)byte;
}

void watch_report_byte(struct watch *watch, uint64_t now_ns, uint8_t byte)
{
    if (watch->report_bytes == 0)
        watch->begun_ns = now_ns > 0 ? now_ns : 1;
    if (watch->report != NULL && watch->report_bytes < WATCH_REPORT_BYTES)
        watch->report[watch->report_bytes++] = (char)byte;
}

enum watch_stage watch_stage(const struct watch *watch, enum report_status status)
{
    switch (status) {
    case REPORT_HALF:
        return WATCH_REPORT;
    case REPORT_NOTHING:
        break;
    default:
        return WATCH_DONE;
    }
    if (watch->report_bytes > 0)
        return WATCH_PROBE;
    return watch->console_bytes > 0 ? WATCH_KERNEL : WATCH_SILENT;
}

const char *watch_stage_word(enum watch_stage stage)
{
    static const char *const words[] = {
        [WATCH_SILENT] = "silent", [WATCH_KERNEL] = "kernel", [WATCH_PROBE] = "probe",
        [WATCH_REPORT] = "report", [WATCH_DONE] = "done",
    };

    return words[stage];
}

const char *watch_stage_text(enum watch_stage stage)
{
    static const char *const texts[] = {
        [WATCH_SILENT] = "no output at all: the kernel has not started, or has another console",
        [WATCH_KERNEL] = "output on the console, but no probe began on COM2",
        [WATCH_PROBE] = "the probe began, but sent no report",
        [WATCH_REPORT] = "the probe sent half a report",
        [WATCH_DONE] = "the report was sent, but the guest did not power off",
    };

    return texts[stage];
}

/* The byte at a position of the whole output, as the tail shows it; NUL if it is left out. */
static char shown(const struct watch *watch, uint64_t position)
{
    char byte = watch->console[position % WATCH_CONSOLE_BYTES];

    if (byte == '\r')
        return '\0';
    return (byte >= ' ' && byte <= '~') || byte == '\n' ? byte : '?';
}

void watch_console_tail(const struct watch *watch, unsigned max_lines, char *text,
                        size_t size_bytes)
{
    uint64_t end = watch->console_bytes;
    uint64_t oldest = end > WATCH_CONSOLE_BYTES ? end - WATCH_CONSOLE_BYTES : 0;
    uint64_t start;
    size_t length = 0;

    if (end > oldest && shown(watch, end - 1) == '\n')
        end--;
    start = end;
    for (unsigned lines = 0; start > oldest; start--)
        if (shown(watch, start - 1) == '\n' && ++lines == max_lines)
            break;
    for (; start < end && length + 1 < size_bytes; start++) {
        char byte = shown(watch, start);

        if (byte != '\0')
            text[length++] = byte;
    }
    text[length] = '\0';
}
