/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock probe: first and only process of a guest that has nothing but this program as its
 * initramfs. It mounts what the kernel offers, prints one line at once, measures, prints a table on
 * the console and JSON on the second serial port, and ends the machine as its options say.
 */
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include "base/probe_orders.h"
#include "guest-images/probe/clocks.h"
#include "guest-images/probe/guest.h"
#include "guest-images/probe/measure.h"
#include "guest-images/probe/report.h"
#include "guest-images/probe/sampler.h"
#include "guest-images/probe/sysinfo.h"

#define DEBUG_EXIT_PORT 0xf4

static void print_first_line(struct report *report)
{
    char bytes[160];
    struct text line;

    text_init(&line, bytes, sizeof(bytes));
    sysinfo_read_kernel(report);
    report_add_first_line(&line, report);
    text_add(&line, "\n");
    guest_write_all(STDOUT_FILENO, &line);
}

static void parse_options(struct report *report, const char *words)
{
    char problem_bytes[512];
    struct text problems;

    text_init(&problems, problem_bytes, sizeof(problem_bytes));
    report->options = probe_options_parse(words, &problems);
    guest_write_all(STDOUT_FILENO, &problems);
}

/* One byte on the second channel, if there is one. */
static void say(int channel_fd, char byte)
{
    struct text text = {.bytes = &byte, .length_bytes = 1};

    if (channel_fd >= 0)
        guest_write_all(channel_fd, &text);
}

/* See probe_orders.h. The clocks may be others by the time that the orders come. */
static void take_orders(struct report *report, int channel_fd)
{
    static char words[sizeof(report->command_line) + PROBE_ORDERS_MAX_BYTES];
    size_t length = strlen(report->command_line);

    memcpy(words, report->command_line, length);
    words[length++] = ' ';
    say(channel_fd, PROBE_ENQUIRY);
    guest_read_line(channel_fd, words + length, sizeof(words) - length);
    parse_options(report, words);
    sysinfo_read_clocks(report);
}

/* -1: nobody wants samples, or there is nowhere to send them. */
static pid_t start_sampler(const struct report *report, int channel_fd)
{
    if (report->options.sample_hz == 0 || channel_fd < 0)
        return -1;
    return sampler_start(report->options.sample_hz, channel_fd);
}

/* Samples are taken from the start, but of a probe that waits for orders only behind these. */
static void fill_report(struct report *report, int channel_fd)
{
    uint64_t start_ns;
    int log_fd = sysinfo_open_log();
    bool waits;
    pid_t sampler = -1;

    sysinfo_read_command_line(report);
    parse_options(report, report->command_line);
    waits = report->options.orders_wanted && channel_fd >= 0;
    if (!waits)
        sampler = start_sampler(report, channel_fd);
    sysinfo_read_clocks(report);
    if (report->options.seconds != 0)
        measure_wait_for_tsc(report);
    sysinfo_read_log(report, log_fd, false);
    if (waits) {
        take_orders(report, channel_fd);
        sampler = start_sampler(report, channel_fd);
    }
    start_ns = clock_read_ns(CLOCK_MONOTONIC);
    measure_run(report);
    report->run_ns = clock_read_ns(CLOCK_MONOTONIC) - start_ns;
    sampler_stop(sampler, channel_fd);
    sysinfo_read_log(report, log_fd, true);
    sysinfo_read_ntp(report);
    close(log_fd);
    report_judge(report);
}

static void print_table(const struct report *report)
{
    static char bytes[REPORT_TABLE_BYTES];
    struct text table;

    text_init(&table, bytes, sizeof(bytes));
    report_add_table(&table, report);
    guest_write_all(STDOUT_FILENO, &table);
}

static void print_report(const struct report *report, int channel_fd)
{
    static char json_bytes[REPORT_JSON_BYTES];
    struct text json;

    if (report->options.table_wanted)
        print_table(report);
    if (channel_fd < 0)
        return;
    text_init(&json, json_bytes, sizeof(json_bytes));
    report_add_json(&json, report);
    guest_write_all(channel_fd, &json);
    tcdrain(channel_fd);
    close(channel_fd);
}

/* Ends the machine. What returns here has not worked; then the kernel panics when init ends. */
static void end_machine(const struct probe_options *options)
{
    tcdrain(STDOUT_FILENO);
    switch (options->action) {
    case ACTION_POWEROFF:
        reboot(RB_POWER_OFF);
        break;
    case ACTION_REBOOT:
        reboot(RB_AUTOBOOT);
        break;
    case ACTION_DEBUG_EXIT:
        if (ioperm(DEBUG_EXIT_PORT, 1, 1) == 0)
            outb(options->exit_value, DEBUG_EXIT_PORT);
        break;
    case ACTION_HANG:
        for (;;)
            pause();
    case ACTION_PANIC:
        break;
    }
}

int main(void)
{
    static struct report report;
    int channel_fd;

    if (getpid() != 1) {
        fprintf(stderr, "probe: this is the init of a guest (it switches clocks and powers off); "
                        "boot it as an initramfs\n");
        return 1;
    }
    guest_open_console();
    channel_fd = guest_open_second_channel();
    report.has_second_channel = channel_fd >= 0;
    /*
     * A blank before the report says on the second channel that the probe has begun: whoever waits
     * for the report can tell a kernel that never starts its init from a probe that never ends.
     */
    say(channel_fd, '\n');
    print_first_line(&report);
    guest_mount_kernel_files();
    fill_report(&report, channel_fd);
    print_report(&report, channel_fd);
    end_machine(&report.options);
    return 0;
}
