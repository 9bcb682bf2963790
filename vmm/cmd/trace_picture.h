/* SPDX-License-Identifier: BSD-2-Clause */
/* `minivmm trace FILE --to html` and `--to svg`: pictures of a trace (timelab/report.h), on stdout.
 */
#ifndef VMM_CMD_TRACE_PICTURE_H
#define VMM_CMD_TRACE_PICTURE_H

#include "timelab/trace_codec.h"
#include "timelab/trace_head.h"
#include "vmm/cmd/options.h"

/*
 * Of the events that the decoder has still to give. An exit status, after an error line if it is
 * not EXIT_STATUS_OK; what stdout has not taken is for the caller to find out.
 */
int trace_picture_write(struct trace_decoder *decoder, const struct trace_head *head,
                        enum trace_picture picture, const char *title);

#endif
