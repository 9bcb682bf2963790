/* SPDX-License-Identifier: BSD-2-Clause */
/* See sysinfo.h. */
#include "guest-images/probe/sysinfo.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CLOCKSOURCE_DIR "/sys/devices/system/clocksource/clocksource0/"
#define CLOCKEVENT_DIR  "/sys/devices/system/clockevents/"

/* Enough for the flags of the first CPU in /proc/cpuinfo. */
#define CPUINFO_BYTES 8192
/* Room for a record of /dev/kmsg: the kernel makes none that is longer (CONSOLE_EXT_LOG_MAX). */
#define KMSG_RECORD_BYTES 8192
/* More records than a kernel's log buffer holds, so that a talkative kernel cannot keep us. */
#define KMSG_MAX_RECORDS 20000

#define CPUID_LEAF_FEATURES     1
#define CPUID_LEAF_HYPERVISOR   0x40000000u
#define CPUID_LEAF_KVM_FEATURES 0x40000001u
#define CPUID_HYPERVISOR_BIT    (1u << 31)

/* The start of a file without its last newline; an empty text if it cannot be read. */
static bool read_file(const char *path, char *bytes, size_t size_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = 1;

    bytes[0] = '\0';
    if (fd < 0)
        return false;
    while (length + 1 < size_bytes && got > 0) {
        got = read(fd, bytes + length, size_bytes - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (length != 0 && bytes[length - 1] == '\n')
        length--;
    bytes[length] = '\0';
    return got >= 0;
}

void sysinfo_read_kernel(struct report *report)
{
    struct utsname name;
    cpu_set_t cpus;

    if (uname(&name) == 0) {
        snprintf(report->kernel_release, sizeof(report->kernel_release), "%s", name.release);
        snprintf(report->kernel_version, sizeof(report->kernel_version), "%s", name.version);
    }
    if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
        report->cpus_online = (unsigned)CPU_COUNT(&cpus);
}

void sysinfo_read_command_line(struct report *report)
{
    read_file("/proc/cmdline", report->command_line, sizeof(report->command_line));
}

static void read_hypervisor(struct report *report)
{
    uint32_t eax, ebx, ecx, edx;

    if (!__get_cpuid(CPUID_LEAF_FEATURES, &eax, &ebx, &ecx, &edx) ||
        (ecx & CPUID_HYPERVISOR_BIT) == 0)
        return;
    __cpuid(CPUID_LEAF_HYPERVISOR, eax, ebx, ecx, edx);
    memcpy(report->hypervisor, (const uint32_t[]){ebx, ecx, edx}, sizeof(report->hypervisor) - 1);
    if (strcmp(report->hypervisor, "KVMKVMKVM") == 0)
        __cpuid(CPUID_LEAF_KVM_FEATURES, report->kvm_features, ebx, ecx, edx);
}

static bool read_event(struct report *report, const char *name)
{
    struct clockevent *event = &report->events[report->event_count];
    char path[128];

    snprintf(path, sizeof(path), CLOCKEVENT_DIR "%s/current_device", name);
    if (!read_file(path, event->device, sizeof(event->device)))
        return false;
    snprintf(event->name, sizeof(event->name), "%s", name);
    report->event_count++;
    return true;
}

static void read_events(struct report *report)
{
    char name[NAME_BYTES];
    unsigned cpu = 0;

    do {
        snprintf(name, sizeof(name), "clockevent%u", cpu++);
    } while (report->event_count < REPORT_MAX_EVENTS - 1 && read_event(report, name));
    read_event(report, "broadcast");
}

void sysinfo_read_clocksource(char name[NAME_BYTES])
{
    read_file(CLOCKSOURCE_DIR "current_clocksource", name, NAME_BYTES);
}

void sysinfo_read_clocks(struct report *report)
{
    static char cpuinfo[CPUINFO_BYTES];
    char names[NAME_LIST_MAX * NAME_BYTES];

    read_file("/proc/cpuinfo", cpuinfo, sizeof(cpuinfo));
    report->cpu_flags = cpuinfo_clock_flags(cpuinfo);
    read_hypervisor(report);
    sysinfo_read_clocksource(report->clocksource);
    read_file(CLOCKSOURCE_DIR "available_clocksource", names, sizeof(names));
    report->clocksources = name_list_parse(names);
    report->event_count = 0;
    read_events(report);
    read_file("/sys/class/rtc/rtc0/name", report->rtc_name, sizeof(report->rtc_name));
}

/* struct timex has its frequency in parts per million with 16 bits behind the point. */
void sysinfo_read_ntp(struct report *report)
{
    struct timex timex = {0};
    int state = adjtimex(&timex);

    if (state < 0)
        return;
    report->ntp = (struct ntp_state){
        .known = true,
        .synchronized = state != TIME_ERROR,
        .frequency_ppb = (int64_t)timex.freq * 1000 / 65536,
        .tick_us = timex.tick,
        .offset_ns = (int64_t)timex.offset * ((timex.status & STA_NANO) != 0 ? 1 : 1000),
    };
}

bool sysinfo_select_clocksource(const char *name)
{
    int fd = open(CLOCKSOURCE_DIR "current_clocksource", O_WRONLY | O_CLOEXEC);
    char current[NAME_BYTES];
    bool written;

    if (fd < 0)
        return false;
    written = write(fd, name, strlen(name)) == (ssize_t)strlen(name);
    close(fd);
    return written && read_file(CLOCKSOURCE_DIR "current_clocksource", current, sizeof(current)) &&
           strcmp(current, name) == 0;
}

int sysinfo_open_log(void)
{
    return open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

bool sysinfo_next_log_line(int log_fd, struct log_line *line)
{
    static char record[KMSG_RECORD_BYTES];
    ssize_t got;

    /* EPIPE as below. */
    while ((got = read(log_fd, record, sizeof(record))) > 0 || (got < 0 && errno == EPIPE))
        if (got > 0 && log_line_parse(record, (size_t)got, line))
            return true;
    return false;
}

void sysinfo_read_log(struct report *report, int log_fd, bool during_probe)
{
    static char record[KMSG_RECORD_BYTES];

    report->log_read = false;
    for (unsigned i = 0; i < KMSG_MAX_RECORDS; i++) {
        ssize_t got = read(log_fd, record, sizeof(record));
        struct log_line line;

        /* EPIPE: records were overwritten before they were read; the next one is there. */
        if (got < 0 && errno == EPIPE) {
            report->log_gaps++;
            continue;
        }
        if (got <= 0) {
            report->log_read = got < 0 && errno == EAGAIN;
            return;
        }
        if (!log_line_parse(record, (size_t)got, &line))
            continue;
        line.during_probe = during_probe;
        report_add_log_line(report, &line);
    }
}
