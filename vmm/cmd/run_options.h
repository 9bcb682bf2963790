/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the bytes of a guest go to and how long it may run; and the texts of minivmm --help. */
#ifndef VMM_CMD_RUN_OPTIONS_H
#define VMM_CMD_RUN_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table run_option_table;

extern const char run_options_usage[];
extern const char run_options_ending[];

/* `minivmm check` has these options with another help. */
#define RUN_OPTIONS_CONSOLE_ACCEPTED "stdio, file:PATH or none"
#define RUN_OPTIONS_REPORT_ACCEPTED  "the name of a file"
#define RUN_OPTIONS_TIMEOUT_ACCEPTED                                                               \
    "a number of seconds above 0 and up to 1000000000, as 90, 0.5 or 1e3"

#define RUN_OPTIONS_DEFAULT_GRACE_NS           UINT64_C(5000000000)
#define RUN_OPTIONS_DEFAULT_OUTPUT_WAIT_NS     UINT64_C(3600000000000)
#define RUN_OPTIONS_DEFAULT_OUTPUT_LIMIT_BYTES (UINT64_C(1) << 30)

/* Whether the value is a number of seconds, decimals allowed; *ns is the time then. */
bool run_options_parse_seconds(const char *value, uint64_t *ns);

bool run_options_apply_console(struct options *options, const char *value);
bool run_options_apply_report(struct options *options, const char *value);
bool run_options_apply_timeout(struct options *options, const char *value);
bool run_options_apply_verbose(struct options *options, const char *value);

#endif
