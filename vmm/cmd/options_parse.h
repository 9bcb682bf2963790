/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser of the command line. */
#ifndef VMM_CMD_OPTIONS_PARSE_H
#define VMM_CMD_OPTIONS_PARSE_H

#include <stddef.h>

#include "vmm/cmd/options.h"

/*
 * Parses the arguments of main. It only looks at them: it opens no file, prints nothing and does
 * not end the program. An option given twice counts as given the last time. Options may stand after
 * KERNEL; "--" ends them. With OPTIONS_RUN, machine_config_validate accepts options->config.
 *
 * With OPTIONS_BAD, error holds one line without a newline that names the option, the value and
 * what is accepted; it is cut off at error_size. One thread at a time, because of getopt.
 */
enum options_verdict options_parse(int argc, char **argv, struct options *options, char *error,
                                   size_t error_size);

#endif
