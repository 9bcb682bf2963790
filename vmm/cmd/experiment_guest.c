/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_guest.h. */
#include "vmm/cmd/experiment_guest.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/options_parse.h"
#include "vmm/cmd/sandbox_options.h"
#include "vmm/host/file.h"

/*
 * Beside the probe's own words: with loglevel=7 the kernel says on the console which clocksource it
 * chooses. A probe that is to report measures as one of a check does; else it only waits, and can
 * be sampled meanwhile.
 */
#define KERNEL_WORDS "loglevel=7 probe.table=none probe.wall=any"
#define REPORT_WORDS " probe.scope=chosen probe.seconds=1"
#define WAIT_WORDS   " probe.scope=none probe.seconds=3600 probe.action=hang"
/* So that a trace has what the guest's own clocks showed. */
#define SAMPLE_WORDS " probe.sample=20"

/* A file that the scenario names, from its folder on. False: the name is too long. */
static bool place_file(char full[PATH_MAX], const char *scenario_path, const char *name)
{
    char folder[PATH_MAX];

    if (strlen(scenario_path) >= PATH_MAX)
        return false;
    if (name[0] == '/' || strchr(scenario_path, '/') == NULL)
        return snprintf(full, PATH_MAX, "%s", name) < PATH_MAX;
    file_folder_of(scenario_path, folder);
    return snprintf(full, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

static bool place_kernel(struct experiment_guest *guest, const struct scenario_guest *from,
                         const char *path, const struct experiment_options *experiment, char *error,
                         size_t error_size)
{
    if (experiment->kernel_path != NULL)
        snprintf(guest->kernel, sizeof guest->kernel, "%s", experiment->kernel_path);
    else if (from->kernel == NULL && !experiment->check_only) {
        snprintf(error, error_size, "guest %s has no kernel: give one by --kernel", from->name);
        return false;
    } else if (!place_file(guest->kernel, path, from->kernel != NULL ? from->kernel : "bzImage")) {
        snprintf(error, error_size, "guest %s: the name of its kernel is too long", from->name);
        return false;
    }
    return true;
}

/* Returns how many there are. */
static int fill_argv(struct experiment_guest *guest, const struct scenario_guest *from)
{
    char **next = guest->argv;

    *next++ = "minivmm";
    /* Whatever comes next is no command. */
    *next++ = "--console=none";
    if (from->initrd != NULL) {
        *next++ = "--initrd";
        *next++ = guest->initrd;
    }
    if (from->time_rate != NULL) {
        *next++ = "--time-rate";
        *next++ = (char *)from->time_rate;
    }
    /* getopt changes their order and no word of them. */
    for (unsigned i = 0; i < from->option_count; i++)
        *next++ = (char *)from->options[i];
    *next++ = "--";
    *next++ = guest->kernel;
    *next = NULL;
    return (int)(next - guest->argv);
}

/* What the options ask for that a scenario may not, as it can come from a stranger. NULL: nothing.
 */
static const char *what_is_refused(const struct options *options, bool has_initrd)
{
    const struct host_options *host = &options->host;

    if (options->faults.count > 0)
        return "--at: the timeline has the faults";
    if (host->control_path != NULL || host->serial2_path != NULL || host->report_path != NULL ||
        host->trace_path != NULL || host->console != CONSOLE_NONE ||
        host->snapshot_at.path[0] != '\0' || host->rtc_nvram_path[0] != '\0' ||
        host->tai_offset.source == TAI_OFFSET_LIST || host->disk_count > 0 || host->core)
        return "its options are those of the machine: no files and no sockets of the host";
    if (host->sandbox != SANDBOX_OPTIONS_DEFAULT)
        return "--sandbox: it is not for the file to say";
    if (host->reboot_again)
        return "--reboot again: a scenario is of one boot";
    if (host->initrd_count > (has_initrd ? 1 : 0))
        return "--initrd: give it by the key initrd";
    return NULL;
}

/* Whether the probe is to measure: something is expected of its report. */
static bool wants_report(const struct scenario *scenario, unsigned guest)
{
    for (unsigned i = 0; i < scenario->expectation_count; i++)
        if (scenario->expectations[i].guest == guest &&
            (scenario->expectations[i].kind == TIMED_BACK_LEAST ||
             scenario->expectations[i].kind == TIMED_BACK_MOST ||
             scenario->expectations[i].kind == TIMED_DRIFT_LEAST))
            return true;
    return scenario->guests[guest].checks.count > 0;
}

static void set_words(struct options *options, const struct scenario *scenario, unsigned guest,
                      bool is_sampled)
{
    bool waits = scenario->has_end && !wants_report(scenario, guest);

    snprintf(options->host.check_words, sizeof options->host.check_words, "%s%s%s", KERNEL_WORDS,
             waits ? WAIT_WORDS : REPORT_WORDS, is_sampled ? SAMPLE_WORDS : "");
}

bool experiment_guest_options(struct experiment_guest *guest, const struct scenario *scenario,
                              unsigned number, const char *path,
                              const struct experiment_options *experiment, struct options *options,
                              char *error, size_t error_size)
{
    const struct scenario_guest *from = &scenario->guests[number];
    char reason[OPTIONS_ERROR_SIZE] = "its options are to be those of a machine";
    const char *wrong = reason;
    int argc;

    if (!place_kernel(guest, from, path, experiment, error, error_size))
        return false;
    if (from->initrd != NULL && !place_file(guest->initrd, path, from->initrd)) {
        snprintf(error, error_size, "guest %s: the name of its initrd is too long", from->name);
        return false;
    }
    argc = fill_argv(guest, from);
    if (options_parse(argc, guest->argv, options, reason, sizeof reason) == OPTIONS_RUN)
        wrong = what_is_refused(options, from->initrd != NULL);
    if (wrong != NULL) {
        snprintf(error, error_size, "guest %s: %s", from->name, wrong);
        return false;
    }
    set_words(options, scenario, number,
              experiment->trace || scenario_needs_samples(scenario, number));
    return true;
}
