/*
 * The command line of the program: `minivmm [OPTIONS] KERNEL`, `minivmm check [OPTIONS] KERNEL` or
 * `minivmm doctor [OPTIONS]`.
 *
 * Parsing only looks at the arguments: it opens no file, prints nothing and does not end the
 * program. An option given twice counts as given the last time. Options may stand after KERNEL;
 * "--" ends them.
 */
#ifndef VMM_CMD_OPTIONS_H
#define VMM_CMD_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/kvmclock_mode.h"
#include "devices/tick_policy.h"
#include "vmm/cmd/check_options.h"
#include "vmm/host/console.h"

#define MINIVMM_VERSION "0.1"

/*
 * The kernel command line unless --cmdline replaces it. Why each word is there:
 *   console=ttyS0  the kernel's messages and the init's output go to COM1
 *   pci=off        there is no PCI bus to search for
 *   loglevel=3     the console shows the guest's own words, and of the kernel's only what is worse
 *                  than an error; 6.12 calls it an error that there is no PCI bus
 *   panic=-1       a panic resets the machine at once instead of hanging it: the run ends, and the
 *                  panic watch says why (see panic_watch.h)
 * The text of --append follows, after a space. The built-in clock probe needs nothing more.
 */
#define OPTIONS_DEFAULT_CMDLINE "console=ttyS0 pci=off loglevel=3 panic=-1"

/* APIC ids are 8 bits wide and 255 is the broadcast. */
#define OPTIONS_MAX_CPUS             255
#define OPTIONS_MIN_MEMORY_BYTES     (UINT64_C(2) << 20)
#define OPTIONS_MAX_MEMORY_BYTES     (UINT64_C(1) << 40)
#define OPTIONS_DEFAULT_MEMORY_BYTES (UINT64_C(512) << 20)
/* Of argv, with the program's name and the NULL behind them. */
#define OPTIONS_MAX_ARGUMENTS 256
#define OPTIONS_ERROR_SIZE    1024

/* The clock of the host at whose rate guest time runs; see machine_time.h. */
enum kvmclock_follow { KVMCLOCK_FOLLOW_RAW, KVMCLOCK_FOLLOW_MONOTONIC };

enum rtc_base {
    RTC_BASE_KEPT,      /* as rtc_nvram_path keeps it; without it, as RTC_BASE_UTC */
    RTC_BASE_UTC,       /* the host's time of day in UTC */
    RTC_BASE_LOCALTIME, /* the host's time of day in its time zone */
    RTC_BASE_FIXED,     /* rtc_start_sec at the start of the run */
};

/* What is asked for of a vCPU's TSC. */
struct tsc_request {
    /* 0: the host's rate. */
    uint32_t khz;
    int64_t offset_ns;
};

enum options_command {
    COMMAND_RUN,
    COMMAND_CHECK,  /* the first argument is "check"; see check.h */
    COMMAND_DOCTOR, /* the first argument is "doctor"; see doctor.h */
};

/* Steal time that the guest sees: see machine_steal.h. */
enum steal { STEAL_OFF, STEAL_KVM, STEAL_PERCENT };

/* What guest time does in a pause: see machine_pause.h. */
/* Unsaid: freeze, where the guest cannot see the host's time go on (hypercall.h). */
enum on_resume { ON_RESUME_UNSAID, ON_RESUME_FREEZE, ON_RESUME_ADVANCE };

/* The strings that are pointers belong to argv. */
struct options {
    const char *kernel_path;
    /* NULL: the built-in clock probe. */
    const char *initrd_path;
    /* Without --cmdline, OPTIONS_DEFAULT_CMDLINE. */
    const char *cmdline;
    /* Without --append, NULL. */
    const char *append;
    unsigned cpu_count;
    /* A multiple of 4 KiB. */
    uint64_t memory_bytes;
    enum console_kind console;
    /* With CONSOLE_FILE only. */
    const char *console_path;
    /* NULL: what the guest sends on COM2 is dropped. */
    const char *report_path;
    /* 0: no limit. Default of COMMAND_CHECK: CHECK_DEFAULT_TIMEOUT_SEC. */
    uint64_t timeout_ns;
    /* 3 to 32; 0: no HPET. */
    unsigned hpet_timers;
    /* 24 or 32; 0: no ACPI PM timer. */
    unsigned pmtimer_bits;
    enum lost_ticks pit_lost_ticks;
    enum lost_ticks rtc_lost_ticks;
    enum lost_ticks hpet_lost_ticks;
    bool invtsc;
    /* HLT does not leave the guest. */
    bool halt_in_guest;
    /* Whether anything is asked for; see machine_tsc.h. */
    bool tsc_asked;
    struct tsc_request tsc[OPTIONS_MAX_CPUS];
    /* One more than the highest vCPU that is named. */
    unsigned tsc_cpus_named;
    /* Go on with what takes effect of it. */
    bool tsc_best_effort;
    enum on_resume on_resume;
    /* STEAL_OFF with KVMCLOCK_KERNEL is STEAL_KVM. */
    enum steal steal;
    unsigned steal_percent;
    bool verbose;
    enum kvmclock_mode kvmclock;
    /* By --kvmclock. */
    bool kvmclock_asked;
    enum kvmclock_follow kvmclock_follow;
    enum rtc_base rtc_base;
    /* Seconds since 1970 UTC, with RTC_BASE_FIXED; 1970 to 2199, so that it fits nanoseconds. */
    uint64_t rtc_start_sec;
    /* Or else guest time; see machine_rtc.h. */
    bool rtc_follows_host;
    /* Empty: the RTC's memory is not kept. */
    char rtc_nvram_path[PATH_MAX];
    enum options_command command;
    /* With COMMAND_CHECK only. */
    struct check_options check;
    /* With COMMAND_DOCTOR only: JSON instead of a table. */
    bool doctor_json;
};

enum options_verdict {
    OPTIONS_RUN,     /* options are complete */
    OPTIONS_HELP,    /* print the help of options.command on stdout, status 0 */
    OPTIONS_VERSION, /* print "minivmm " MINIVMM_VERSION on stdout, status 0 */
    OPTIONS_BAD,     /* log_error the text in error, status EXIT_STATUS_HOST_ERROR */
};

/*
 * Parses the arguments of main. With OPTIONS_BAD, error holds one line without a newline that names
 * the option, the value and what is accepted; it is cut off at error_size.
 */
enum options_verdict options_parse(int argc, char **argv, struct options *options, char *error,
                                   size_t error_size);

/*
 * The kernel's command line: cmdline, then append. Between them, if the machine has another date
 * than the host, the word that tells the built-in clock probe not to compare the two, and those of
 * a check. The caller frees it; NULL if out of memory.
 */
char *options_kernel_cmdline(const struct options *options, bool other_date);

/* For the parts of options: a decimal number from min to max at *text, which is moved behind it. */
bool options_parse_number(const char **text, uint64_t min, uint64_t max, uint64_t *number);

/* What --help prints. */
extern const char options_help_text[];

#endif
