/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines for tests of options. */
#ifndef TESTS_UNIT_PARSE_RIG_H
#define TESTS_UNIT_PARSE_RIG_H

#include "vmm/cmd/options.h"
#include "vmm/cmd/options_parse.h"

#define PARSE_RIG_MAX_ARGS 80

struct parsed {
    struct options options;
    enum options_verdict verdict;
    char error[OPTIONS_ERROR_SIZE];
};

/*
 * Parses a command line whose words are separated by '|'. What the options point to is there until
 * the next call.
 */
struct parsed parse(const char *words);

/* The same of one that is accepted, with a machine that can be made. */
struct options parse_good(const char *words);

#endif
