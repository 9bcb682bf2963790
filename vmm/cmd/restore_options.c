/* SPDX-License-Identifier: BSD-2-Clause */
/* See restore_options.h. */
#include "vmm/cmd/restore_options.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/option_value.h"
#include "vmm/cmd/rtc_options.h"
#include "vmm/cmd/tsc_options.h"
#include "vmm/cmd/vmclock_options.h"
#include "vmm/host/migration_uri.h"

const char restore_options_usage[] =
    "Usage: minivmm restore [OPTIONS] FILE\n"
    "       minivmm restore [OPTIONS] --incoming URI\n"
    "Go on with a guest that was saved to FILE, or that another run sends.\n";

const char restore_options_ending[] = "Exit status: as of a run that boots; see minivmm --help.\n";

/* The words without a value are by enum restore_time. */
static const char *const times[] = {"freeze", "advance", NULL};
const char *const restore_options_time_words[] = {"freeze", "advance", "at=", NULL};

static const char *const rtc_completions[] = {"nvram=FILE", NULL};

bool restore_options_apply_time(struct options *options, const char *value)
{
    uint8_t place = 0;

    options->restore.time_is_said = true;
    if (option_value_skip(&value, "at=")) {
        options->restore.time = RESTORE_AT;
        return rtc_options_parse_date(value, &options->restore.at_sec) &&
               options->restore.at_sec <= RESTORE_AT_MAX_SEC;
    }
    if (!option_value_word(times, value, &place))
        return false;
    options->restore.time = place == 1 ? RESTORE_ADVANCE : RESTORE_FREEZE;
    return true;
}

static bool apply_rtc(struct options *options, const char *value)
{
    char *path = options->host.rtc_nvram_path;

    if (!option_value_skip(&value, "nvram=") || *value == '\0' ||
        strlen(value) >= sizeof options->host.rtc_nvram_path)
        return false;
    strcpy(path, value);
    return true;
}

static bool apply_clones(struct options *options, const char *value)
{
    uint64_t count;

    if (!option_value_number(&value, CLONES_MAX, &count) || *value != '\0')
        return false;
    options->restore.clone_count = (unsigned)count;
    return count > 0;
}

static bool apply_incoming(struct options *options, const char *value)
{
    options->restore.incoming = value;
    return migration_uri_is_right(value, true);
}

enum options_verdict restore_options_take(int count, char **operands, struct options *options,
                                          char *error, size_t error_size)
{
    struct restore_options *restore = &options->restore;

    if (restore->incoming != NULL && count > 0)
        snprintf(error, error_size,
                 "--incoming takes the guest from a migration, and '%s' is given", operands[0]);
    else if (restore->incoming != NULL && restore->clone_count > 0)
        snprintf(error, error_size, "--clones needs a FILE: a migration brings one guest");
    else if (restore->incoming != NULL && options->faults.count > 0)
        snprintf(error, error_size,
                 "--at: the guest time of a guest that comes by --incoming is not known yet; ctl "
                 "fault is for it");
    else if (restore->incoming == NULL && count > 1)
        snprintf(error, error_size, "one FILE is accepted, and '%s' comes after '%s'", operands[1],
                 operands[0]);
    else if (restore->incoming == NULL && (count == 0 || operands[0][0] == '\0'))
        snprintf(error, error_size, "the name of a FILE is missing; see --help");
    else {
        restore->path = restore->incoming == NULL ? operands[0] : NULL;
        if (restore->incoming != NULL && !restore->time_is_said)
            restore->time = RESTORE_ADVANCE;
        return OPTIONS_RUN;
    }
    return OPTIONS_BAD;
}

static const char *const uris[] = {"unix:FILE", "exec:", "fd:", NULL};

static const struct option_row rows[] = {
    {
        .name = "clones",
        .value = "N",
        .help = "N guests from FILE, each in a process; %n in the PATH or\n"
                "FILE of another option is the clone's number",
        .accepted = "a number from 1 to 1000",
        .apply = apply_clones,
    },
    {
        .name = "incoming",
        .value = "URI",
        .help = "take over the guest that ctl migrate sends to unix:PATH,\n"
                "exec:COMMAND or fd:N",
        .accepted = "unix:PATH, exec:COMMAND or fd:N",
        .words = uris,
        .apply = apply_incoming,
    },
    {
        .name = "time",
        .value = "HOW",
        .help = "of guest time since the save: freeze (default), advance,\n"
                "or at=YYYY-MM-DDTHH:MM:SS, a freeze with another date;\n"
                "with --incoming the default is advance",
        .accepted = RESTORE_OPTIONS_TIME_ACCEPTED,
        .words = restore_options_time_words,
        .apply = restore_options_apply_time,
    },
    {
        .name = "rtc",
        .value = "nvram=FILE",
        .help = "keep the RTC's memory and date in FILE at the end",
        .accepted = "nvram=FILE",
        .words = rtc_completions,
        .apply = apply_rtc,
    },
    {
        .name = "tai-offset",
        .value = "WHAT",
        .help = "for a guest with vmclock: TAI - UTC in seconds, host, or\n"
                "the FILE of a leap-seconds.list",
        .accepted = "a number from 0 to 1000, host, or the name of a file",
        .words = vmclock_options_tai_words,
        .apply = vmclock_options_apply_tai,
    },
    {
        .name = "tsc-best-effort",
        .help = "go on where the guest's TSC cannot stay as it was",
        .apply = tsc_options_apply_best_effort,
    },
};

const struct option_table restore_option_table = OPTION_TABLE(rows);
