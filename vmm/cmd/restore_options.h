/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of `minivmm restore`. Those of its files are run_options.h's. */
#ifndef VMM_CMD_RESTORE_OPTIONS_H
#define VMM_CMD_RESTORE_OPTIONS_H

#include "vmm/cmd/option_rows.h"

/* --clones */
#define CLONES_MAX 1000

extern const struct option_table restore_option_table;

/* Its operands: FILE, or none with --incoming. OPTIONS_BAD leaves one line in error. */
enum options_verdict restore_options_take(int count, char **operands, struct options *options,
                                          char *error, size_t error_size);

/* --time, which a check that restores a guest has as well. */
#define RESTORE_OPTIONS_TIME_ACCEPTED "freeze, advance or at=YYYY-MM-DDTHH:MM:SS from 1970 to 2199"
extern const char *const restore_options_time_words[];
bool restore_options_apply_time(struct options *options, const char *value);

extern const char restore_options_usage[];
extern const char restore_options_ending[];

#endif
