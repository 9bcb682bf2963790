/* SPDX-License-Identifier: BSD-2-Clause */
/* See doctor.h. */
#include "vmm/cmd/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/cmd/doctor_facts.h"
#include "vmm/cmd/options.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

int doctor_run(const struct options *options, const struct clock_bracket *start)
{
    static char bytes[DOCTOR_DOCUMENT_BYTES];
    static struct doctor_report report;
    static struct doctor_host host;
    struct text text;

    if (doctor_facts_collect(&host, start) < 0)
        return EXIT_STATUS_HOST_ERROR;
    doctor_judge(&host.facts, &report);
    text_init(&text, bytes, sizeof bytes);
    if (options->json)
        doctor_write_json(&host.facts, &report, &text);
    else
        doctor_write_table(&report, &text);
    if (fputs(bytes, stdout) == EOF || fflush(stdout) != 0) {
        log_error("stdout: %s", strerror(errno));
        return EXIT_STATUS_HOST_ERROR;
    }
    return doctor_can_boot(&report) ? EXIT_STATUS_OK : EXIT_STATUS_DOCTOR_NO;
}
