/* SPDX-License-Identifier: BSD-2-Clause */
/* See check_options.h. */
#include "vmm/cmd/check_options.h"

#include <stdio.h>
#include <string.h>

#include "base/probe_orders.h"
#include "check/model.h"
#include "check/profiles.h"
#include "vmm/cmd/check_conflicts.h"
#include "vmm/cmd/chip_options.h"
#include "vmm/cmd/option_value.h"
#include "vmm/cmd/restore_options.h"
#include "vmm/cmd/run_options.h"
#include "vmm/machine/machine_snapshot.h"

#define NS_PER_SECOND UINT64_C(1000000000)
/* A guest in an emulated CPU needs some ten seconds, a usual one less than two. */
#define DEFAULT_TIMEOUT_SEC 120

/*
 * Beside the probe's own words: loglevel=6 makes the kernel say a few lines as soon as it has a
 * console, so that one that hangs later can be told from one that never started. The probe's table
 * would cost an exit for each byte, and the check says the same.
 */
#define KERNEL_WORDS "loglevel=6 probe.seconds=1 probe.scope=chosen probe.table=none"

const char check_options_usage[] =
    "Usage: minivmm check [OPTIONS] KERNEL\n"
    "       minivmm check [OPTIONS] --from FILE\n"
    "Boot KERNEL without a terminal, and judge what the clock probe reports.\n";

const char check_options_ending[] =
    "and the options of the machine, as minivmm --help lists them.\n"
    "\n"
    "Exit status: 0 every expectation held; 2 user or host error; 4 guest crashed;\n"
    "6 this KVM cannot run the guest's code; 8 an expectation did not hold; 10 the\n"
    "guest ended without a report; 12 half a report; 14 too much of one; 16 a report\n"
    "that lies; 124 guest hung, and where; 130 interrupted.\n";

/* Without those that a shell would take for a redirection or a command of its history. */
static const char *const expect_words[] = {
    "clocksource=",    "available=",
    "clockevent=",     "broadcast=",
    "cpus=",           "monotonic",
    "stable",          "checks",
    "profile=default", "profile=kvm-clock",
    "profile=tsc",     "profile=hpet",
    "profile=acpi_pm", NULL,
};
const char *const check_options_format_words[] = {"table",    "tap",    "junit", "json",
                                                  "markdown", "github", NULL};
static const char *const console_words[] = {"none", "file:FILE", NULL};

static bool apply_expect(struct options *options, const char *value)
{
    if (options->check.expect_count == EXPECTATIONS_MAX)
        return false;
    options->check.expect_texts[options->check.expect_count++] = value;
    return true;
}

bool check_options_apply_format(struct options *options, const char *value)
{
    return format_find(value, &options->check.format);
}

static bool apply_matrix(struct options *options, const char *value)
{
    (void)value;
    options->check.matrix = true;
    return true;
}

bool check_options_apply_merge(struct options *options, const char *value)
{
    (void)value;
    options->check.merge = true;
    return true;
}

bool check_options_apply_shard(struct options *options, const char *value)
{
    return shard_parse(value, &options->check.shard);
}

bool check_options_apply_output(struct options *options, const char *value)
{
    options->check.output_dir = value;
    return *value != '\0';
}

bool check_options_apply_cell(struct options *options, const char *value)
{
    struct shard shard;
    char text[16];

    /* A number is what a shard of so many has in front. */
    if (snprintf(text, sizeof text, "%s/4096", value) >= (int)sizeof text ||
        !shard_parse(text, &shard))
        return false;
    options->check.cell = shard.index + 1;
    return true;
}

static bool apply_save(struct options *options, const char *value)
{
    options->check.save_path = value;
    return *value != '\0' && strlen(value) < sizeof options->host.snapshot_at.path;
}

static bool apply_from(struct options *options, const char *value)
{
    options->restore.path = value;
    return *value != '\0';
}

static const struct option_row rows[] = {
    {
        .name = "expect",
        .value = "TEXT",
        .help = "may be given again; without any it is profile=default;\n"
                "@FILE has one in a line\n"
                "  clocksource=NAME   available=NAME,NAME   clockevent=NAME\n"
                "  broadcast=NAME   cpus=N   monotonic   stable   checks\n"
                "  drift<=50ppb (or ppm)   realtime<=10ms   boot<=30s\n"
                "  dmesg!=TEXT\n"
                "  profile=default|kvm-clock|tsc|hpet|acpi_pm",
        .accepted = "clocksource=NAME, available=NAME,..., clockevent=NAME, broadcast=NAME, "
                    "cpus=N, drift<=N, monotonic, realtime<=T, dmesg!=TEXT, stable, checks, "
                    "boot<=T, profile=NAME or @FILE, 32 times at most",
        .words = expect_words,
        .apply = apply_expect,
    },
    {
        .name = "format",
        .value = "FORMAT",
        .help = "table (default), tap, junit, json, markdown or github\n"
                "on stdout; github also fills $GITHUB_STEP_SUMMARY",
        .accepted = CHECK_OPTIONS_FORMAT_ACCEPTED,
        .words = check_options_format_words,
        .apply = check_options_apply_format,
    },
    {
        .name = "console",
        .value = "WHERE",
        .help = "file:PATH keeps the guest's output; none is the default",
        .accepted = RUN_OPTIONS_CONSOLE_ACCEPTED,
        .words = console_words,
        .apply = run_options_apply_console,
    },
    {
        .name = "report",
        .value = "FILE",
        .help = "keeps what the probe sends",
        .accepted = RUN_OPTIONS_REPORT_ACCEPTED,
        .words = option_value_file_words,
        .apply = run_options_apply_report,
    },
    {
        .name = "timeout",
        .letter = 't',
        .value = "SECONDS",
        .help = "for the guest (default 120)",
        .accepted = RUN_OPTIONS_TIMEOUT_ACCEPTED,
        .apply = run_options_apply_timeout,
    },
    {
        .name = "save",
        .value = "FILE",
        .help = "save the guest when its probe is about to measure, and end",
        .accepted = "the name of a file",
        .words = option_value_file_words,
        .apply = apply_save,
    },
    {
        .name = "from",
        .value = "FILE",
        .help = "restore what --save has saved, in place of a boot",
        .accepted = "the name of a file",
        .words = option_value_file_words,
        .apply = apply_from,
    },
    {
        .name = "time",
        .value = "HOW",
        .help = "with --from, as restore has it: freeze (default), advance\n"
                "or at=DATE",
        .accepted = RESTORE_OPTIONS_TIME_ACCEPTED,
        .words = restore_options_time_words,
        .apply = restore_options_apply_time,
    },
    {
        .name = "matrix",
        .help = "KERNEL... on every machine with kvm-clock, invariant TSC,\n"
                "HPET and PM timer or without, and 1, 2 or 4 vCPUs; what\n"
                "is expected is clocksource=model if nothing else is",
        .apply = apply_matrix,
    },
    {
        .name = "shard",
        .value = "I/N",
        .help = "part I of N of the matrix",
        .accepted = CHECK_OPTIONS_SHARD_ACCEPTED,
        .apply = check_options_apply_shard,
    },
    {
        .name = "output",
        .value = "DIR",
        .help = "where --matrix keeps each machine's report and console",
        .accepted = CHECK_OPTIONS_OUTPUT_ACCEPTED,
        .words = option_value_file_words,
        .apply = check_options_apply_output,
    },
    {
        .name = "cell",
        .value = "N",
        .help = "one machine of the matrix, as JSON",
        .accepted = "the number of a cell of --matrix, from 1",
        .apply = check_options_apply_cell,
    },
    {
        .name = "merge",
        .help = "FILE... that --format json has written, as one result",
        .apply = check_options_apply_merge,
    },
};

const struct option_table check_option_table = OPTION_TABLE(rows);

void check_options_set_defaults(struct options *options)
{
    options->host.console = CONSOLE_NONE;
    options->host.timeout_ns = DEFAULT_TIMEOUT_SEC * NS_PER_SECOND;
}

struct check_machine check_options_machine(const struct options *options)
{
    const struct chip_choice chips = chip_options_chosen(&options->config);

    return (struct check_machine){
        .kvmclock = options->config.kvmclock != KVMCLOCK_OFF,
        .invtsc = options->config.invtsc,
        .hpet = chips.hpet,
        .pmtimer = chips.pmtimer,
        .cpu_count = options->config.cpu_count,
        .other_date = options->config.rtc_base == RTC_BASE_FIXED ||
                      options->config.rtc_base == RTC_BASE_LOCALTIME ||
                      options->host.rtc_nvram_path[0] != '\0' ||
                      !dilation_is_one(options->config.time_rate),
        .date_stood_still =
            options->restore.path != NULL && options->restore.time != RESTORE_ADVANCE,
    };
}

/* The rate is to be known to half of the limit, or a clock at its edge could not be judged. */
static unsigned long long within_ppb(const struct options *options)
{
    uint64_t limit_ppb = expectation_list_drift_ppb(&options->check.expectations);

    return limit_ppb < 2000000000 ? limit_ppb / 2 : 1000000000;
}

/* So that the trace has what the guest's own clocks showed. */
static const char *sample_word(const struct options *options)
{
    return options->host.trace_path != NULL ? " probe.sample=20" : "";
}

static void set_check_words(struct options *options)
{
    snprintf(options->host.check_words, sizeof options->host.check_words,
             KERNEL_WORDS " probe.within=%llu%s%s", within_ppb(options), sample_word(options),
             options->check.save_path != NULL ? " " PROBE_ORDERS_WORD : "");
}

/* What can be other than when the guest was saved. False if --append is too long. */
static bool set_probe_orders(struct options *options)
{
    const struct check_machine machine = check_options_machine(options);
    struct host_options *host = &options->host;
    int length =
        snprintf(host->probe_orders, sizeof host->probe_orders, "probe.within=%llu%s%s%s%s\n",
                 within_ppb(options), sample_word(options),
                 machine.other_date || machine.date_stood_still ? " probe.wall=any" : "",
                 host->append != NULL ? " " : "", host->append != NULL ? host->append : "");

    return length <= PROBE_ORDERS_MAX_BYTES;
}

/* One cell of the matrix is a check like any other, whose result is JSON. */
static void become_cell(struct options *options)
{
    const struct cell cell = cell_at(options->check.cell - 1);

    options->host.kernel_path = options->check.operands[cell.kernel];
    options->config.cpu_count = cell.machine.cpu_count;
    if (!cell.machine.kvmclock)
        options->config.kvmclock = KVMCLOCK_OFF;
    else if (options->config.kvmclock == KVMCLOCK_OFF)
        options->config.kvmclock = KVMCLOCK_USER;
    options->config.invtsc = cell.machine.invtsc;
    chip_options_choose(&options->config,
                        (struct chip_choice){cell.machine.hpet, cell.machine.pmtimer});
    machine_config_forget_absent(&options->config);
    options->check.format = FORMAT_JSON;
    options->check.matrix = false;
}

bool check_options_finish(struct options *options, char *error, size_t error_size)
{
    struct check_options *check = &options->check;
    const char *wrong = check_conflicts_find(options);
    const char *usual = check->matrix ? "clocksource=" MODEL_NAME : "profile=" PROFILE_DEFAULT;

    if (wrong != NULL) {
        snprintf(error, error_size, "%s", wrong);
        return false;
    }
    if (options->host.console == CONSOLE_STDIO) {
        snprintf(error, error_size,
                 "--console 'stdio': check writes its result there; accepted is file:PATH or none");
        return false;
    }
    if (check->expect_count == 0)
        check->expect_texts[check->expect_count++] = usual;
    if (check->save_path != NULL) {
        strcpy(options->host.snapshot_at.path, check->save_path);
        options->host.snapshot_at.at_enquiry = true;
        options->host.snapshot_at.then = SNAPSHOT_THEN_QUIT;
    }
    /* Each cell has a machine of its own to contradict. */
    if (check->matrix && check->cell == 0 && check->shard.count == 0)
        check->shard.count = 1;
    return check_options_expect_later(options) || check_options_expect(options, error, error_size);
}

bool check_options_expect_later(const struct options *options)
{
    if (options->restore.path != NULL)
        return true;
    for (unsigned i = 0; i < options->check.expect_count; i++)
        if (options->check.expect_texts[i][0] == CHECK_OPTIONS_FILE)
            return true;
    return false;
}

/* Expectation i of the command line, or those of the file that it names. */
static bool expect_one(struct check_options *check, unsigned i, char *error, size_t error_size)
{
    const char *text = check->expect_texts[i];
    char reason[EXPECTATION_ERROR_BYTES] = "there is no expectation in it";
    unsigned before = check->expectations.count;

    if (check->expect_files[i] == NULL)
        return expectation_add(&check->expectations, text, error, error_size);
    if (expectation_add_lines(&check->expectations, check->expect_files[i], reason,
                              sizeof reason) &&
        check->expectations.count > before)
        return true;
    snprintf(error, error_size, "--expect '%s': %s", text, reason);
    return false;
}

bool check_options_expect(struct options *options, char *error, size_t error_size)
{
    struct check_options *check = &options->check;
    struct check_machine machine;

    for (unsigned i = 0; i < check->expect_count; i++)
        if (!expect_one(check, i, error, error_size))
            return false;
    set_check_words(options);
    if (check->matrix && check->cell == 0)
        return true;
    if (check->cell != 0)
        become_cell(options);
    if (options->restore.path != NULL && !set_probe_orders(options)) {
        snprintf(error, error_size, "--append: with --from the probe takes %d bytes at most",
                 PROBE_ORDERS_MAX_BYTES);
        return false;
    }
    machine = check_options_machine(options);
    return expectation_list_can_hold(&check->expectations, &machine, error, error_size);
}
