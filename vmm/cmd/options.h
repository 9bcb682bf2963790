/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line of the program: `minivmm [OPTIONS] KERNEL`, `minivmm check [OPTIONS] KERNEL` or
 * `minivmm doctor [OPTIONS]`.
 *
 * Parsing only looks at the arguments: it opens no file, prints nothing and does not end the
 * program. An option given twice counts as given the last time. Options may stand after KERNEL;
 * "--" ends them.
 *
 * In a circle with the parts of its table: they fill in struct options.
 */
#ifndef VMM_CMD_OPTIONS_H
#define VMM_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/cmd/check_options.h"
#include "vmm/host/host_options.h"
#include "vmm/machine/machine_config.h"

/*
 * The kernel command line unless --cmdline replaces it. Why each word is there:
 *   console=ttyS0  the kernel's messages and the init's output go to COM1
 *   pci=off        there is no PCI bus to search for
 *   loglevel=3     the console shows the guest's own words, and of the kernel's only what is worse
 *                  than an error; 6.12 calls it an error that there is no PCI bus
 *   panic=-1       a panic resets the machine at once instead of hanging it: the run ends, and the
 *                  panic watch says why (see panic_watch.h)
 * The text of --append follows, after a space. The built-in clock probe needs nothing more.
 */
#define OPTIONS_DEFAULT_CMDLINE "console=ttyS0 pci=off loglevel=3 panic=-1"

/* Of argv, with the program's name and the NULL behind them. */
#define OPTIONS_MAX_ARGUMENTS 256
#define OPTIONS_ERROR_SIZE    1024

enum options_command {
    COMMAND_RUN,
    COMMAND_CHECK,  /* the first argument is "check"; see check.h */
    COMMAND_DOCTOR, /* the first argument is "doctor"; see doctor.h */
};

struct options {
    struct machine_config config;
    struct host_options host;
    /* By --tsc: one more than the highest vCPU that is named. */
    unsigned tsc_cpus_named;
    enum options_command command;
    /* With COMMAND_CHECK only. */
    struct check_options check;
    /* With COMMAND_DOCTOR only: JSON instead of a table. */
    bool doctor_json;
};

enum options_verdict {
    OPTIONS_RUN,     /* options are complete */
    OPTIONS_HELP,    /* print the help of options.command on stdout, status 0 */
    OPTIONS_VERSION, /* print "minivmm " and the version on stdout, status 0 */
    OPTIONS_BAD,     /* log_error the text in error, status EXIT_STATUS_HOST_ERROR */
};

/*
 * Parses the arguments of main. With OPTIONS_BAD, error holds one line without a newline that names
 * the option, the value and what is accepted; it is cut off at error_size.
 */
enum options_verdict options_parse(int argc, char **argv, struct options *options, char *error,
                                   size_t error_size);

/* For the parts of options: a decimal number up to max at *text, which is moved behind it. */
bool options_parse_number(const char **text, uint64_t max, uint64_t *number);

/* Whether the options given so far make a machine, if there are no more of them. */
bool options_make_machine(const struct options *options);

/* What --help prints. */
extern const char options_help_text[];

#endif
