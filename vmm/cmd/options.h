/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command line says: of `minivmm [OPTIONS] KERNEL`, `minivmm check [OPTIONS] KERNEL`,
 * `minivmm doctor [OPTIONS]`, `minivmm ctl [OPTIONS] PATH COMMAND`,
 * `minivmm experiment [OPTIONS] FILE...` or `minivmm restore [OPTIONS] FILE`. options_parse.h fills
 * it in.
 *
 * The options are rows (option_rows.h) in the files *_options.c, each with its parser, its printer
 * and its help; option_commands.c says which command has which. To add one: its field here or in
 * machine_config.h, its limit in machine_config.c, a row, and the place that uses it.
 */
#ifndef VMM_CMD_OPTIONS_H
#define VMM_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/cells.h"
#include "check/expectation.h"
#include "check/format.h"
#include "timelab/fault_schedule.h"
#include "timelab/trace_record.h"
#include "vmm/host/host_options.h"
#include "vmm/machine/machine_config.h"
#include "vmm/machine/machine_restore.h"

/* Of argv, with the program's name and the NULL behind them. */
#define OPTIONS_MAX_ARGUMENTS 256
#define OPTIONS_ERROR_SIZE    1024

struct experiment_session;
struct restore_source;

enum options_command {
    COMMAND_RUN,
    COMMAND_CHECK,      /* the first argument is "check"; see check.h */
    COMMAND_DOCTOR,     /* the first argument is "doctor"; see doctor.h */
    COMMAND_RUN_TEST,   /* the first argument is "run-test"; see run_test.h */
    COMMAND_SNAPSHOT,   /* the first argument is "snapshot"; see snapshot_tool.h */
    COMMAND_CTL,        /* the first argument is "ctl"; see ctl.h */
    COMMAND_RESTORE,    /* the first argument is "restore"; see restore.h */
    COMMAND_EXPERIMENT, /* the first argument is "experiment"; see experiment.h */
    COMMAND_TRACE,      /* the first argument is "trace"; see trace_tool.h */
    COMMANDS,
};

/* What the user says of the reference device (chip_options.h). */
enum reference_choice { REFERENCE_UNSAID, REFERENCE_WANTED, REFERENCE_UNWANTED };

/* What `minivmm check` has beside the machine. */
struct check_options {
    /* The values of --expect, as given; they belong to argv. */
    const char *expect_texts[EXPECTATIONS_MAX];
    unsigned expect_count;
    /* What is in the file that expect_texts[i] names by @FILE; NULL: it names none. */
    char *expect_files[EXPECTATIONS_MAX];
    enum format format;
    /* --matrix, unless --cell makes it one check; --merge. */
    bool matrix;
    bool merge;
    struct shard shard;
    /* --save: for later checks to begin from; NULL: not. Belongs to argv. */
    const char *save_path;
    /* --output: where --matrix keeps reports and consoles; NULL: nowhere. Belongs to argv. */
    const char *output_dir;
    /* --cell, from 1; 0: not given. */
    unsigned cell;
    /* Kernels with --matrix, files with --merge; they belong to argv. */
    char **operands;
    unsigned operand_count;
    /* What the texts mean; without any, profile=default. */
    struct expectation_list expectations;
};

#define RUN_TEST_LIST_MAX 64

/* What `minivmm run-test` has beside the machine; all belongs to argv. */
struct run_test_options {
    /* PROGRAM and its arguments, and NULL. */
    char **program;
    /* --copy and --env, as given. */
    const char *copies[RUN_TEST_LIST_MAX];
    unsigned copy_count;
    const char *variables[RUN_TEST_LIST_MAX];
    unsigned variable_count;
    /* --output; NULL: /out is not brought back. */
    const char *output_path;
};

/* What `minivmm snapshot` is to do. */
enum snapshot_action { SNAPSHOT_INFO, SNAPSHOT_VERIFY, SNAPSHOT_DIFF };

struct snapshot_options {
    enum snapshot_action action;
    /* The second one for a diff; they belong to argv. */
    const char *paths[2];
};

struct trace_format;

enum trace_picture { TRACE_PICTURE_NONE, TRACE_PICTURE_HTML, TRACE_PICTURE_SVG };

/* What `minivmm trace` is to do. */
struct trace_options {
    /* Belongs to argv. */
    const char *path;
    /* NULL: a picture, or else a summary. */
    const struct trace_format *format;
    enum trace_picture picture;
    /* Of a picture; NULL: the file's name. Belongs to argv. */
    const char *title;
    /* TRACE_CLOCK_NONE: any. */
    enum trace_clock clock;
};

/* What `minivmm ctl` is to do; the texts belong to argv. */
struct ctl_options {
    const char *path;
    /* NULL: none, and only events are asked for. */
    const char *command;
    /* NAME=VALUE. */
    char **arguments;
    unsigned argument_count;
    bool events;
};

/* What `minivmm experiment` is to do. */
struct experiment_options {
    /* Files of scenarios; they belong to argv. */
    char **paths;
    unsigned path_count;
    /* --check */
    bool check_only;
    /* --kernel; NULL: those that the files name. Belongs to argv. */
    const char *kernel_path;
    unsigned repeat;
    /* --seed; without it that of each file. */
    bool has_seed;
    uint64_t seed;
    /* --trace: of each run, where --output keeps the rest. */
    bool trace;
};

/* What `minivmm restore` has beside the files of a run. */
struct restore_options {
    /* Belongs to argv; NULL: no file. */
    const char *path;
    enum restore_time time;
    /* With RESTORE_AT: seconds since 1970 UTC. */
    uint64_t at_sec;
    bool time_is_said;
    /* --incoming, and then there is no path; belongs to argv. */
    const char *incoming;
    /* --clones; 0: one machine, in this process. */
    unsigned clone_count;
    /* The snapshot at path, opened by whoever closes it; NULL: it is still to be opened. */
    const struct restore_source *source;
};

struct options {
    struct machine_config config;
    struct host_options host;
    /* By --tsc: one more than the highest vCPU that is named. */
    unsigned tsc_cpus_named;
    /* How often --time-rate is given. */
    unsigned time_rate_count;
    enum reference_choice reference;
    /* --at */
    struct fault_schedule faults;
    /* Of an experiment's guest, in place of the former; NULL: it is none. */
    struct experiment_session *session;
    enum options_command command;
    /* With COMMAND_CHECK, and in part with COMMAND_EXPERIMENT. */
    struct check_options check;
    /* With COMMAND_DOCTOR and COMMAND_SNAPSHOT only: JSON instead of a table. */
    bool json;
    /* With COMMAND_RUN_TEST only. */
    struct run_test_options test;
    /* With COMMAND_SNAPSHOT only. */
    struct snapshot_options snapshot;
    /* With COMMAND_TRACE only. */
    struct trace_options trace;
    /* With COMMAND_CTL only. */
    struct ctl_options ctl;
    /* With COMMAND_EXPERIMENT only. */
    struct experiment_options experiment;
    /* With COMMAND_RESTORE, and with --from of COMMAND_CHECK, which is its path. */
    struct restore_options restore;
};

enum options_verdict {
    OPTIONS_RUN,     /* options are complete */
    OPTIONS_HELP,    /* print options_help of options.command on stdout, status 0 */
    OPTIONS_VERSION, /* print "minivmm " and minivmm_version on stdout, status 0 */
    OPTIONS_FAULTS,  /* print fault_options_add_list on stdout, status 0 */
    OPTIONS_BAD,     /* log_error the text in error, status EXIT_STATUS_HOST_ERROR */
};

#endif
