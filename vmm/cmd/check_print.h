/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results of checks on stdout.
 */
#ifndef VMM_CMD_CHECK_PRINT_H
#define VMM_CMD_CHECK_PRINT_H

#include <jansson.h>

#include "check/format.h"

/* 0, or EXIT_STATUS_HOST_ERROR after an error line: what the user asked for was not written. */
int check_print(const json_t *results, enum format format);

/* EXIT_STATUS_OK if all results are ok, else EXIT_STATUS_CHECK_FAILED. */
int check_print_status(const json_t *results);

/*
 * `minivmm check --merge FILE...`: the results of the files, in their order, as one. Returns the
 * exit status; if a check of a matrix is missing, or there twice, EXIT_STATUS_HOST_ERROR after an
 * error line.
 */
int check_merge(char **paths, unsigned count, enum format format);

#endif
