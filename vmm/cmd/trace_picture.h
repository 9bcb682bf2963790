/* SPDX-License-Identifier: BSD-2-Clause */
/* `minivmm trace FILE --to html` and `--to svg`: pictures of a trace (timelab/report.h), on stdout.
 */
#ifndef VMM_CMD_TRACE_PICTURE_H
#define VMM_CMD_TRACE_PICTURE_H

#include <jansson.h>

#include "vmm/cmd/options.h"
#include "vmm/cmd/trace_source.h"

/*
 * Of a source that has begun; afterwards no event of it is left. An exit status, after an error
 * line if it is not EXIT_STATUS_OK; what stdout has not taken, and what is missing of the file, is
 * for the caller to find out.
 */
int trace_picture_write(struct trace_source *source, enum trace_picture picture, const char *title);

/* What both are drawn from, as report_to_json makes it. NULL after an error line. */
json_t *trace_picture_report(struct trace_source *source, const char *title, json_t *expectations);

#endif
