/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest sends on COM2: any bytes are a report, or one of the errors with its line. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "check/report.h"

static void check_report(const struct report *report)
{
    if (!name_list_has(&report->clocksources, report->clocksource))
        fuzz_fail("the chosen clocksource is not among those available");
    if (report->source_count > REPORT_MAX_SOURCES || report->event_count > REPORT_MAX_EVENTS ||
        report->log_clock.count > REPORT_MAX_LOG_LINES)
        fuzz_fail("there is more in the report than it has room for");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static struct report report;
    char error[256] = "";

    fuzz_count();
    if (report_read((const char *)bytes, size_bytes, &report, error, sizeof error) == REPORT_READ)
        check_report(&report);
    else if (error[0] == '\0' || strchr(error, '\n') != NULL)
        fuzz_fail("an error without a line of its own");
    return 0;
}
