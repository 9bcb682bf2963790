/* See check_options.h. */
#include "vmm/check_options.h"

#include <stdio.h>
#include <string.h>

#include "check/profiles.h"
#include "vmm/options.h"

/*
 * Beside the probe's own words: loglevel=6 makes the kernel say a few lines as soon as it has a
 * console, so that one that hangs later can be told from one that never started.
 */
#define KERNEL_WORDS "loglevel=6 probe.seconds=1 probe.scope=chosen"

const char check_options_help_text[] =
    "Usage: minivmm check [OPTIONS] KERNEL\n"
    "Boot KERNEL without a terminal, and judge what the clock probe reports.\n"
    "\n"
    "      --expect TEXT      may be given again; without any it is profile=default\n"
    "                           clocksource=NAME   available=NAME,NAME   clockevent=NAME\n"
    "                           drift<=50ppb (or ppm)   realtime<=10ms   boot<=30s\n"
    "                           monotonic   dmesg!=TEXT\n"
    "                           profile=default|kvm-clock|tsc|hpet|acpi_pm\n"
    "      --format FORMAT    table (default), tap, junit or json, on stdout\n"
    "      --console WHERE    file:PATH keeps the guest's output; none is the default\n"
    "      --report FILE      keeps what the probe sends\n"
    "  -t, --timeout SECONDS  for the guest (default 120)\n"
    "\n"
    "and the options of the machine, as minivmm --help lists them.\n"
    "\n"
    "Exit status: 0 every expectation held; 2 user or host error; 4 guest crashed;\n"
    "6 this KVM cannot run the guest's code; 8 an expectation did not hold; 10 the\n"
    "guest ended without a report; 12 half a report; 14 too much of one; 16 a report\n"
    "that lies; 124 guest hung, and where; 130 interrupted.\n";

bool check_options_apply_expect(struct options *options, const char *value)
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

struct check_machine check_options_machine(const struct options *options)
{
    return (struct check_machine){
        .kvmclock = options->kvmclock != KVMCLOCK_OFF,
        .invtsc = options->invtsc,
        .hpet = options->hpet_timers != 0,
        .pmtimer = options->pmtimer_bits != 0,
        .cpu_count = options->cpu_count,
        .other_date = options->rtc_base == RTC_BASE_FIXED ||
                      options->rtc_base == RTC_BASE_LOCALTIME || options->rtc_nvram_path[0] != '\0',
    };
}

/* The rate is to be known to half of the limit, or a clock at its edge could not be judged. */
static void set_kernel_words(struct check_options *check)
{
    uint64_t limit_ppb = expectation_list_drift_ppb(&check->expectations);

    snprintf(check->kernel_words, sizeof check->kernel_words, KERNEL_WORDS " probe.within=%llu",
             (unsigned long long)(limit_ppb < 2000000000 ? limit_ppb / 2 : 1000000000));
}

bool check_options_finish(struct options *options, char *error, size_t error_size)
{
    const struct check_machine machine = check_options_machine(options);
    struct check_options *check = &options->check;

    if (options->console == CONSOLE_STDIO) {
        snprintf(error, error_size,
                 "--console 'stdio': check writes its result there; accepted is file:PATH or none");
        return false;
    }
    if (check->expect_count == 0)
        check->expect_texts[check->expect_count++] = "profile=" PROFILE_DEFAULT;
    for (unsigned i = 0; i < check->expect_count; i++)
        if (!expectation_add(&check->expectations, check->expect_texts[i], error, error_size))
            return false;
    set_kernel_words(check);
    return expectation_list_can_hold(&check->expectations, &machine, error, error_size);
}
