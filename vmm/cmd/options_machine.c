/* SPDX-License-Identifier: BSD-2-Clause */
/* See options_machine.h. A function for what has more than one word. */
#include "vmm/cmd/options_machine.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "vmm/cmd/clock_options.h"
#include "vmm/cmd/lost_ticks_options.h"

#define BYTES_PER_KIB 1024
#define BYTES_PER_MIB (UINT64_C(1) << 20)

/* What is before a word of an option: the option, or a comma if it has words already. */
static void begin_word(struct text *text, const char *option, bool *begun)
{
    text_add(text, "%s", *begun ? "," : option);
    *begun = true;
}

static void add_quoted(struct text *text, const char *option, const char *value)
{
    if (value != NULL)
        text_add(text, " %s '%s'", option, value);
}

static void add_memory(const struct options *options, struct text *text)
{
    uint64_t bytes = options->config.memory_bytes;

    if (bytes == machine_config_default.memory_bytes)
        return;
    if (bytes % BYTES_PER_MIB == 0)
        text_add(text, " --memory %" PRIu64 "M", bytes / BYTES_PER_MIB);
    else
        text_add(text, " --memory %" PRIu64 "K", bytes / BYTES_PER_KIB);
}

static void add_chips(const struct options *options, struct text *text)
{
    if (options->config.hpet_timers == 0)
        text_add(text, " --no-hpet");
    else if (options->config.hpet_timers != machine_config_default.hpet_timers)
        text_add(text, " --hpet timers=%u", options->config.hpet_timers);
    if (options->config.pmtimer_bits == 0)
        text_add(text, " --no-pmtimer");
    else if (options->config.pmtimer_bits != machine_config_default.pmtimer_bits)
        text_add(text, " --pmtimer %u", options->config.pmtimer_bits);
}

static void add_date(uint64_t epoch_sec, struct text *text)
{
    const struct calendar_time date = calendar_from_sec((int64_t)epoch_sec);

    text_add(text, "base=%04" PRId64 "-%02u-%02uT%02u:%02u:%02u", date.year, date.month, date.day,
             date.hour, date.minute, date.second);
}

static void add_rtc(const struct options *options, struct text *text)
{
    bool begun = false;

    if (options->config.rtc_base != RTC_BASE_KEPT)
        begin_word(text, " --rtc ", &begun);
    if (options->config.rtc_base == RTC_BASE_UTC)
        text_add(text, "base=utc");
    else if (options->config.rtc_base == RTC_BASE_LOCALTIME)
        text_add(text, "base=localtime");
    else if (options->config.rtc_base == RTC_BASE_FIXED)
        add_date(options->config.rtc_start_sec, text);
    if (options->config.rtc_follows_host) {
        begin_word(text, " --rtc ", &begun);
        text_add(text, "clock=host");
    }
    if (options->host.rtc_nvram_path[0] != '\0') {
        begin_word(text, " --rtc ", &begun);
        text_add(text, "nvram=%s", options->host.rtc_nvram_path);
    }
}

static void add_lost_ticks(const struct options *options, struct text *text)
{
    const struct {
        const char *name;
        uint8_t kind;
        uint8_t usual;
    } devices[] = {
        {"pit", options->config.pit_lost_ticks, machine_config_default.pit_lost_ticks},
        {"rtc", options->config.rtc_lost_ticks, machine_config_default.rtc_lost_ticks},
        {"hpet", options->config.hpet_lost_ticks, machine_config_default.hpet_lost_ticks}};
    bool begun = false;

    for (unsigned i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (devices[i].kind == devices[i].usual)
            continue;
        begin_word(text, " --lost-ticks ", &begun);
        text_add(text, "%s=%s", devices[i].name, lost_ticks_options_word(devices[i].kind));
    }
}

/* What is asked for of every vCPU alike; 0 where they differ. */
static struct tsc_request common_tsc(const struct options *options)
{
    struct tsc_request common = options->config.tsc[0];

    for (unsigned i = 1; i < options->config.cpu_count; i++) {
        if (options->config.tsc[i].khz != common.khz)
            common.khz = 0;
        if (options->config.tsc[i].offset_ns != common.offset_ns)
            common.offset_ns = 0;
    }
    return common;
}

/* The words of the request, if it has any, behind "--tsc " and the number of the vCPU. */
static void add_tsc_request(struct text *text, const char *option,
                            const struct tsc_request *request)
{
    if (request->khz != 0)
        text_add(text, "%skhz=%" PRIu32, option, request->khz);
    if (request->offset_ns != 0)
        text_add(text, "%soffset=%+" PRId64 "ns", request->khz != 0 ? "," : option,
                 request->offset_ns);
}

static void add_tsc(const struct options *options, struct text *text)
{
    const struct tsc_request common = common_tsc(options);

    add_tsc_request(text, " --tsc ", &common);
    for (unsigned i = 0; i < options->config.cpu_count; i++) {
        struct tsc_request own = options->config.tsc[i];
        char option[24];
        struct text option_text;

        own.khz = common.khz == 0 ? own.khz : 0;
        own.offset_ns = common.offset_ns == 0 ? own.offset_ns : 0;
        text_init(&option_text, option, sizeof option);
        text_add(&option_text, " --tsc %u:", i);
        add_tsc_request(text, option, &own);
    }
    if (options->host.tsc_best_effort)
        text_add(text, " --tsc-best-effort");
}

static void add_steal(const struct options *options, struct text *text)
{
    if (options->config.steal == STEAL_KVM)
        text_add(text, " --steal kvm");
    else if (options->config.steal == STEAL_PERCENT)
        text_add(text, " --steal %u%%", options->config.steal_percent);
}

void options_add_machine(const struct options *options, struct text *text)
{
    text_add(text, "--cpus %u --kvmclock %s", options->config.cpu_count,
             clock_options_kvmclock_word(options->config.kvmclock));
    if (options->config.kvmclock_follow == KVMCLOCK_FOLLOW_MONOTONIC)
        text_add(text, " --kvmclock-follow monotonic");
    if (options->config.invtsc)
        text_add(text, " --invtsc");
    if (options->config.halt_in_guest)
        text_add(text, " --halt-in-guest");
    add_chips(options, text);
    add_tsc(options, text);
    add_rtc(options, text);
    add_lost_ticks(options, text);
    add_steal(options, text);
    add_memory(options, text);
    if (options->config.on_resume != ON_RESUME_UNSAID)
        text_add(text, options->config.on_resume == ON_RESUME_FREEZE ? " --on-resume freeze"
                                                                     : " --on-resume advance");
    add_quoted(text, "--initrd", options->host.initrd_path);
    if (strcmp(options->host.cmdline, OPTIONS_DEFAULT_CMDLINE) != 0)
        add_quoted(text, "--cmdline", options->host.cmdline);
    add_quoted(text, "--append", options->host.append);
}
