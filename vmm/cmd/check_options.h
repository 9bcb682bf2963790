/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options that `minivmm check` has beside those of the machine.
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_CHECK_OPTIONS_H
#define VMM_CMD_CHECK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/cells.h"
#include "check/expectation.h"
#include "check/format.h"

struct options;

/* Without --timeout. A guest in an emulated CPU needs some ten seconds, a usual one less than two.
 */
#define CHECK_DEFAULT_TIMEOUT_SEC 120

struct check_options {
    /* The values of --expect, as given; they belong to argv. */
    const char *expect_texts[EXPECTATIONS_MAX];
    unsigned expect_count;
    enum format format;
    /* --matrix, unless --cell makes it one check; --merge. */
    bool matrix;
    bool merge;
    struct shard shard;
    /* --cell, from 1; 0: not given. */
    unsigned cell;
    /* Kernels with --matrix, files with --merge; they belong to argv. */
    char **operands;
    unsigned operand_count;
    /* What the texts mean; without any, profile=default. */
    struct expectation_list expectations;
};

#define CHECK_EXPECT_ACCEPTED                                                                      \
    "clocksource=NAME, available=NAME,..., clockevent=NAME, broadcast=NAME, cpus=N, drift<=N, "    \
    "monotonic, realtime<=T, dmesg!=TEXT, stable, checks, boot<=T or profile=NAME, 32 times at "   \
    "most"
#define CHECK_FORMAT_ACCEPTED "table, tap, junit or json"
#define CHECK_SHARD_ACCEPTED  "I/N with 1 <= I <= N <= 4096"
#define CHECK_CELL_ACCEPTED   "the number of a cell of --matrix, from 1"

/* For the table in options.c. False if the value is not accepted. */
bool check_options_apply_expect(struct options *options, const char *value);
bool check_options_apply_format(struct options *options, const char *value);
bool check_options_apply_matrix(struct options *options, const char *value);
bool check_options_apply_merge(struct options *options, const char *value);
bool check_options_apply_shard(struct options *options, const char *value);
bool check_options_apply_cell(struct options *options, const char *value);

/*
 * After all options are known: reads the expectations and refuses those that contradict the
 * machine. False: error holds one line.
 */
bool check_options_finish(struct options *options, char *error, size_t error_size);

/* What of the machine decides whether an expectation can hold. */
struct check_machine check_options_machine(const struct options *options);

/* What `minivmm check --help` prints. */
extern const char check_options_help_text[];

#endif
