/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_page.h. */
#include "vmm/cmd/experiment_page.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/result.h"
#include "vmm/cmd/report_page.h"
#include "vmm/cmd/trace_picture.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

json_t *experiment_page_expectations(const json_t *result)
{
    const json_t *verdicts = json_object_get(result, "verdicts");
    json_t *rows = json_array();

    for (size_t i = 0; i < json_array_size(verdicts); i++) {
        const json_t *verdict = json_array_get(verdicts, i);

        json_array_append_new(
            rows, json_pack("{s:s,s:s,s:s}", "verdict", result_text(verdict, "result"), "text",
                            result_text(verdict, "expected"), "got", result_text(verdict, "seen")));
    }
    /* A run that came to no verdict says why. */
    if (*result_text(result, "detail") != '\0')
        json_array_append_new(rows,
                              json_pack("{s:s,s:s,s:s}", "verdict", result_text(result, "outcome"),
                                        "text", "the run", "got", result_text(result, "detail")));
    return rows;
}

/* False after an error line. */
static bool put_page(const char *path, const json_t *report)
{
    char *bytes = NULL;
    size_t size_bytes = 0;
    FILE *file = open_memstream(&bytes, &size_bytes);
    int written = -ENOMEM;

    if (file != NULL) {
        report_page_write(file, report);
        if (fclose(file) == 0)
            written = file_put(path, bytes, size_bytes);
    }
    free(bytes);
    if (written == 0)
        return true;
    log_error("%s: %s", path, strerror(-written));
    return false;
}

/* Of a trace that is not whole, what can be read of it. */
static int write_page(struct trace_source *source, const char *path, const json_t *result)
{
    json_t *expectations = experiment_page_expectations(result);
    json_t *report = trace_picture_report(source, result_text(result, "kernel"), expectations);
    bool done = report != NULL && put_page(path, report);

    json_decref(report);
    json_decref(expectations);
    return done ? trace_source_status(source) : EXIT_STATUS_HOST_ERROR;
}

int experiment_page_write(const char *dir, const json_t *result)
{
    static struct trace_source source;
    unsigned number =
        (unsigned)json_integer_value(json_object_get(json_object_get(result, "cell"), "number"));
    char trace_path[PATH_MAX], path[PATH_MAX];
    int status = EXIT_STATUS_HOST_ERROR;

    snprintf(trace_path, sizeof trace_path, "%s/%04u.mvtr", dir, number);
    snprintf(path, sizeof path, "%s/%04u.html", dir, number);
    if (strcmp(result_text(result, "outcome"), outcome_word(OUTCOME_HOST_ERROR)) == 0 ||
        access(trace_path, F_OK) != 0)
        return EXIT_STATUS_OK;
    if (!trace_source_open(&source, trace_path))
        return status;
    if (trace_source_begin(&source))
        status = write_page(&source, path, result);
    trace_source_close(&source);
    return status;
}
