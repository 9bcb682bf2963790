/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmclock_options.h. */
#include "vmm/cmd/vmclock_options.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/cmd/option_value.h"

#define MAX_TAI_OFFSET_SEC 1000

static const char *const vmclock_words[] = {
    [VMCLOCK_OFF] = "off", [VMCLOCK_TAI] = "tai", [VMCLOCK_UTC] = "utc", NULL};

const char *const vmclock_options_tai_words[] = {"host", "FILE", NULL};

static bool apply_vmclock(struct options *options, const char *value)
{
    options->host.vmclock_asked = true;
    return option_value_word(vmclock_words, value, &options->config.vmclock);
}

static void print_vmclock(const struct options *options, struct text *text)
{
    if (options->config.vmclock != machine_config_default.vmclock)
        text_add(text, "--vmclock %s", vmclock_words[options->config.vmclock]);
}

bool vmclock_options_apply_tai(struct options *options, const char *value)
{
    struct tai_offset_choice *choice = &options->host.tai_offset;
    const char *end = value;
    uint64_t sec;

    *choice = (struct tai_offset_choice){.source = TAI_OFFSET_LIST, .path = value};
    if (strcmp(value, "host") == 0) {
        choice->source = TAI_OFFSET_KERNEL;
    } else if (strspn(value, "0123456789") == strlen(value)) {
        if (!option_value_number(&end, MAX_TAI_OFFSET_SEC, &sec))
            return false;
        choice->source = TAI_OFFSET_NUMBER;
        choice->sec = (int16_t)sec;
    }
    return *value != '\0';
}

static const struct option_row rows[] = {
    {
        .name = "vmclock",
        .value = "CLOCK",
        .help = "the host's real time: tai (default), utc or off",
        .accepted = "tai, utc or off",
        .words = vmclock_words,
        .apply = apply_vmclock,
        .print = print_vmclock,
    },
    {
        .name = "tai-offset",
        .value = "WHAT",
        .help = "TAI - UTC: seconds, host, or a leap-seconds.list FILE",
        .accepted = "a number from 0 to 1000, host, or the name of a file",
        .words = vmclock_options_tai_words,
        .apply = vmclock_options_apply_tai,
    },
};

const struct option_table vmclock_option_table = OPTION_TABLE(rows);
