/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of a run of an experiment, for `experiment --trace --output DIR`: what was expected and
 * what came, with the pictures of the run's trace (report_page.h).
 */
#ifndef VMM_CMD_EXPERIMENT_PAGE_H
#define VMM_CMD_EXPERIMENT_PAGE_H

#include <jansson.h>

/*
 * Writes DIR/NNNN.html for the result of run NNNN, whose trace is DIR/NNNN.mvtr. Nothing if the run
 * has no trace, as one that was refused. EXIT_STATUS_OK, or another one after an error line.
 */
int experiment_page_write(const char *dir, const json_t *result);

/* The verdicts of a result as report_to_json takes them; the caller owns it. NULL: no memory. */
json_t *experiment_page_expectations(const json_t *result);

#endif
