/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_picture.h. */
#include "vmm/cmd/trace_picture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "timelab/report.h"
#include "vmm/cmd/report_page.h"
#include "vmm/cmd/report_plot.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

/* Of a shell. */
#define STATUS_NOT_FOUND 127
/* gnuplot does not say that its output found no room; printf does. */
#define GNUPLOT                                                                                    \
    "command -v gnuplot >/dev/null || exit 127; svg=$(gnuplot) && printf '%s\\n' \"$svg\""

static void take_signal(int number)
{
    (void)number;
}

/*
 * gnuplot may end before it has read all, and is then to be said to have failed. It does not
 * inherit a handler, as it would inherit SIG_IGN.
 */
static int write_to_gnuplot(const json_t *report)
{
    const struct sigaction taken = {.sa_handler = take_signal};
    struct sigaction before;
    FILE *gnuplot;
    int status = -1;

    sigaction(SIGPIPE, &taken, &before);
    gnuplot = popen(GNUPLOT, "we");
    if (gnuplot != NULL) {
        report_plot_write(gnuplot, report);
        status = pclose(gnuplot);
    }
    sigaction(SIGPIPE, &before, NULL);
    return status;
}

/* It writes to the stdout that we have. */
static int run_gnuplot(const json_t *report)
{
    int status;

    fflush(stdout);
    status = write_to_gnuplot(report);
    if (status == -1) {
        log_error("gnuplot: %s", strerror(errno));
        return EXIT_STATUS_HOST_ERROR;
    }
    if (status == 0)
        return EXIT_STATUS_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NOT_FOUND)
        log_error("svg is drawn by gnuplot, which is not installed (Debian's package is "
                  "gnuplot-nox)");
    else
        log_error("gnuplot has failed");
    return EXIT_STATUS_HOST_ERROR;
}

json_t *trace_picture_report(struct trace_source *source, const char *title, json_t *expectations)
{
    static struct report report;
    struct report_boots boots = {.count = 0};
    struct trace_event event;
    json_t *json;

    while (trace_decoder_next(&source->decoder, &event))
        report_boots_look(&boots, &event);
    if (!trace_source_begin(source))
        return NULL;
    report_init(&report, &source->head, &boots);
    while (trace_decoder_next(&source->decoder, &event))
        report_take(&report, &event);
    json = report_to_json(&report, title, expectations);
    if (json == NULL)
        log_error("out of memory");
    return json;
}

int trace_picture_write(struct trace_source *source, enum trace_picture picture, const char *title)
{
    json_t *json = trace_picture_report(source, title, NULL);
    int status = EXIT_STATUS_OK;

    if (json == NULL)
        return EXIT_STATUS_HOST_ERROR;
    if (picture == TRACE_PICTURE_SVG)
        status = run_gnuplot(json);
    else if (report_page_write(stdout, json) < 0)
        status = EXIT_STATUS_HOST_ERROR;
    json_decref(json);
    return status;
}
