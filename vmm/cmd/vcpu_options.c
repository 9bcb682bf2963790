/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_options.h. */
#include "vmm/cmd/vcpu_options.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/cmd/option_value.h"

static const char *const steal_words[] = {"kvm", NULL};
/* From ON_RESUME_FREEZE on. */
static const char *const on_resume_words[] = {"freeze", "advance", NULL};

static bool apply_steal(struct options *options, const char *value)
{
    uint64_t percent = 0;

    options->config.steal = strcmp(value, "kvm") == 0 ? STEAL_KVM : STEAL_PERCENT;
    options->config.steal_idle = false;
    if (options->config.steal == STEAL_PERCENT) {
        if (!option_value_number(&value, UINT32_MAX, &percent) || !option_value_skip(&value, "%"))
            return false;
        options->config.steal_idle = option_value_skip(&value, ",idle");
        if (*value != '\0')
            return false;
    }
    options->config.steal_percent = (uint32_t)percent;
    return true;
}

static void print_steal(const struct options *options, struct text *text)
{
    if (options->config.steal == STEAL_KVM)
        text_add(text, "--steal kvm");
    else if (options->config.steal == STEAL_PERCENT)
        text_add(text, "--steal %" PRIu32 "%%%s", options->config.steal_percent,
                 options->config.steal_idle ? ",idle" : "");
}

static bool apply_on_resume(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(on_resume_words, value, &place))
        return false;
    options->config.on_resume = (uint8_t)(ON_RESUME_FREEZE + place);
    return true;
}

static void print_on_resume(const struct options *options, struct text *text)
{
    if (options->config.on_resume != ON_RESUME_UNSAID)
        text_add(text, "--on-resume %s",
                 on_resume_words[options->config.on_resume - ON_RESUME_FREEZE]);
}

static bool apply_invtsc(struct options *options, const char *value)
{
    (void)value;
    options->config.invtsc = true;
    return true;
}

static void print_invtsc(const struct options *options, struct text *text)
{
    if (options->config.invtsc)
        text_add(text, "--invtsc");
}

static bool apply_halt_in_guest(struct options *options, const char *value)
{
    (void)value;
    options->config.halt_in_guest = true;
    return true;
}

static void print_halt_in_guest(const struct options *options, struct text *text)
{
    if (options->config.halt_in_guest)
        text_add(text, "--halt-in-guest");
}

static const struct option_row rows[] = {
    {
        .name = "steal",
        .value = "WHAT",
        .help = "steal time: N% of busy, N%,idle of all time, or kvm's",
        .accepted = "kvm, N% or N%,idle with N up to 99",
        .words = steal_words,
        .apply = apply_steal,
        .print = print_steal,
        .print_rank = 12,
    },
    {
        .name = "on-resume",
        .value = "HOW",
        .help = "time in a pause by SIGUSR1: freeze or advance",
        .accepted = "freeze or advance",
        .words = on_resume_words,
        .apply = apply_on_resume,
        .print = print_on_resume,
        .print_rank = 14,
    },
    {
        .name = "invtsc",
        .help = "tell the guest that its TSC never stops or changes rate",
        .apply = apply_invtsc,
        .print = print_invtsc,
        .print_rank = 4,
    },
    {
        .name = "halt-in-guest",
        .help = "a halted vCPU keeps its host CPU and wakes sooner",
        .apply = apply_halt_in_guest,
        .print = print_halt_in_guest,
        .print_rank = 5,
    },
};

const struct option_table vcpu_option_table = OPTION_TABLE(rows);
