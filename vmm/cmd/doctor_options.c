/* SPDX-License-Identifier: BSD-2-Clause */
/* See doctor_options.h. */
#include "vmm/cmd/doctor_options.h"

#include <string.h>

const char doctor_options_help_text[] =
    "Usage: minivmm doctor [OPTIONS]\n"
    "Say what this host can give a guest, and what to do about what it cannot.\n"
    "\n"
    "      --format FORMAT    table (default) or json, on stdout\n"
    "  -v, --verbose    -h, --help    -V, --version\n"
    "\n"
    "Exit status: 0 Linux can be booted here; 18 it cannot, and a line says why;\n"
    "2 user or host error.\n";

bool doctor_options_apply_format(struct options *options, const char *value)
{
    options->doctor_json = strcmp(value, "json") == 0;
    return options->doctor_json || strcmp(value, "table") == 0;
}
