/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_rtc.h. */
#include "vmm/machine/machine_rtc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/rtc_offset.h"

/* A guest that sets the date byte by byte is done with it by then. */
#define REPORT_DELAY_NS NS_PER_SEC
/* Less is how exactly a guest sets its clock, not another date. */
#define OTHER_DATE_NS INT64_C(100000000)
/* Where glibc has the files of time zones, unless TZDIR says another place. */
#define ZONES "/usr/share/zoneinfo"

/* glibc takes a zone that it does not know for UTC, and does not say so. */
static bool zone_is_known(const char *zone)
{
    const char *folder = getenv("TZDIR");
    char path[PATH_MAX];

    if (*zone == ':')
        zone++;
    /* A rule of POSIX, such as CET-1CEST, has a number. */
    if (*zone == '\0' || strcmp(zone, "UTC") == 0 || strpbrk(zone, "0123456789") != NULL)
        return true;
    if (folder == NULL)
        folder = ZONES;
    snprintf(path, sizeof path, "%s/%s", *zone == '/' ? "" : folder, zone);
    return access(path, F_OK) == 0;
}

static void tell_of_unknown_zone(void)
{
    const char *zone = getenv("TZ");

    if (zone != NULL && !zone_is_known(zone))
        log_note("--rtc base=localtime: the zone TZ=%s is not known here, so the time is UTC; name "
                 "one of " ZONES ", or a rule as CET-1",
                 zone);
}

int machine_rtc_load(struct machine *machine)
{
    const char *path = machine->host->rtc_nvram_path;
    struct machine_rtc *rtc = &machine->rtc;
    int result;

    rtc->lock.fd = -1;
    if (machine->config->rtc_base == RTC_BASE_LOCALTIME)
        tell_of_unknown_zone();
    if (*path == '\0')
        return 0;
    result = nvram_file_load(path, &rtc->kept, &rtc->kept_is_file);
    if (result == 0)
        result = nvram_file_lock(path, &rtc->lock);
    /* Again: another run may have saved it before it released the lock. */
    if (result == 0)
        result = nvram_file_load(path, &rtc->kept, &rtc->kept_is_file);
    if (result < 0)
        machine_rtc_release(machine);
    return result;
}

void machine_rtc_release(struct machine *machine)
{
    nvram_file_unlock(&machine->rtc.lock);
}

static bool is_other_date(int64_t offset_ns)
{
    return offset_ns > OTHER_DATE_NS || offset_ns < -OTHER_DATE_NS;
}

bool machine_rtc_has_other_date(const struct machine *machine)
{
    const struct machine_rtc *rtc = &machine->rtc;

    switch (machine->config->rtc_base) {
    case RTC_BASE_KEPT:
        return is_other_date(rtc->kept.rtc_offset_ns);
    case RTC_BASE_UTC:
        return rtc->goes_on && is_other_date(rtc->offset_ns);
    default:
        return true;
    }
}

static int64_t zone_offset_ns(uint64_t realtime_ns)
{
    time_t sec = (time_t)(realtime_ns / NS_PER_SEC);
    struct tm local;

    return localtime_r(&sec, &local) != NULL ? local.tm_gmtoff * (int64_t)NS_PER_SEC : 0;
}

static int64_t start_offset_ns(const struct machine *machine, uint64_t realtime_ns)
{
    switch (machine->config->rtc_base) {
    case RTC_BASE_KEPT:
        return machine->rtc.kept.rtc_offset_ns;
    case RTC_BASE_LOCALTIME:
        return zone_offset_ns(realtime_ns);
    case RTC_BASE_FIXED:
        return (int64_t)(machine->config->rtc_start_sec * NS_PER_SEC - realtime_ns);
    default:
        return 0;
    }
}

uint64_t machine_rtc_start_ns(struct machine *machine, uint64_t realtime_ns)
{
    struct machine_rtc *rtc = &machine->rtc;

    if (!rtc->goes_on) {
        rtc->offset_ns = start_offset_ns(machine, realtime_ns);
        if (machine->config->rtc_base != RTC_BASE_KEPT)
            rtc->base_offset_ns = rtc->offset_ns;
    }
    return (uint64_t)rtc_offset_add(realtime_ns, rtc->offset_ns);
}

/* Any number may come from a file. */
static int64_t difference(int64_t a, int64_t b)
{
    int64_t result;

    if (__builtin_sub_overflow(a, b, &result))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

static void set_wall(struct machine *machine, uint64_t now_ns, int64_t wall_ns)
{
    struct board *board = &machine->board;

    rtc_set_wall(&board->rtc, board_clock_ns(board, BOARD_RTC, now_ns), wall_ns);
    board_clock_follow(board, BOARD_RTC);
}

void machine_rtc_set_date(struct machine *machine, uint64_t now_ns, int64_t wall_ns)
{
    struct machine_rtc *rtc = &machine->rtc;
    struct host_instant host;
    int64_t offset_ns;

    host_clock_sample(&host);
    offset_ns = difference(wall_ns, (int64_t)host.realtime_ns);
    set_wall(machine, now_ns, wall_ns);
    rtc->base_offset_ns = difference(rtc->base_offset_ns, difference(rtc->offset_ns, offset_ns));
    rtc->offset_ns = offset_ns;
}

void machine_rtc_forward(struct machine *machine, uint64_t ns)
{
    const struct board *board = &machine->board;
    uint64_t now_ns = machine_now(machine);
    int64_t wall_ns;

    if (rtc_wall_ns(&board->rtc, board_clock_ns(board, BOARD_RTC, now_ns), &wall_ns) &&
        !__builtin_add_overflow(wall_ns, (int64_t)ns, &wall_ns) &&
        wall_ns / (int64_t)NS_PER_SEC < RTC_WALL_END_SEC)
        set_wall(machine, now_ns, wall_ns);
}

/* The first time is news; a guest that keeps its clock by NTP goes on setting it all the time. */
static void report_date(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;
    struct machine_rtc *rtc = &machine->rtc;
    char text[RTC_OFFSET_TEXT_SIZE];

    (void)deadline_ns;
    rtc_offset_describe(text, rtc->reported_wall_ns, rtc->offset_ns);
    if (rtc->reported)
        log_info("guest set its RTC to %s", text);
    else
        log_note("guest set its RTC to %s", text);
    rtc->reported = true;
    machine_event_post(machine, MACHINE_RTC_CHANGED, true,
                       difference(rtc->offset_ns, rtc->base_offset_ns));
}

void machine_rtc_attach(struct machine *machine)
{
    timer_init(&machine->rtc.report_timer, timer_rank(BOARD_RANK_RTC_REPORT, 0), report_date,
               machine);
    rtc_set_nvram(&machine->board.rtc, machine->rtc.kept.bytes);
}

/* A host sample, and with it the host's CLOCK_REALTIME at guest time now_ns, which is about now. */
static uint64_t realtime_at(const struct machine *machine, uint64_t now_ns)
{
    struct host_instant host;

    host_clock_sample(&host);
    return host.realtime_ns + now_ns - timebase_ns(&machine->timebase, host.tsc);
}

void machine_rtc_date_set(struct machine *machine, uint64_t now_ns)
{
    struct machine_rtc *rtc = &machine->rtc;

    if (!rtc_wall_ns(&machine->board.rtc, board_clock_ns(&machine->board, BOARD_RTC, now_ns),
                     &rtc->reported_wall_ns))
        return;
    rtc->offset_ns = rtc->reported_wall_ns - (int64_t)realtime_at(machine, now_ns);
    timerq_arm(&machine->board.timers, &rtc->report_timer, now_ns + REPORT_DELAY_NS);
}

/* Sets the RTC by the host's clock, and returns when that clock is to be looked at again. */
static uint64_t follow_host(struct machine *machine)
{
    uint64_t now_ns = machine_lock(machine);
    uint64_t realtime_ns = realtime_at(machine, now_ns);
    int64_t offset_ns = machine->rtc.offset_ns;

    set_wall(machine, now_ns, rtc_offset_add(realtime_ns, offset_ns));
    machine_unlock(machine);
    return rtc_offset_next_middle_ns(realtime_ns, offset_ns);
}

/* It also ends its wait, with ECANCELED for the next read, when somebody sets the host's clock. */
static int arm_timer(int timer_fd, uint64_t realtime_ns)
{
    const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(realtime_ns / NS_PER_SEC),
                                               .tv_nsec = (long)(realtime_ns % NS_PER_SEC)}};

    return timerfd_settime(timer_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

/*
 * ECANCELED: somebody has set the clock since the timer last told of it, and it won't tell again. 0
 * or -errno.
 */
static int follow_and_arm(struct machine *machine)
{
    int result;

    do
        result = arm_timer(machine->rtc.timer_fd, follow_host(machine));
    while (result != 0 && errno == ECANCELED);
    return result == 0 ? 0 : -errno;
}

static int refuse_timer(int result)
{
    log_error("a timer of the host's clock, for --rtc clock=host: %s", strerror(-result));
    return result;
}

int machine_rtc_follow(struct machine *machine)
{
    int result = machine->rtc.timer_fd >= 0 ? follow_and_arm(machine) : 0;

    return result < 0 ? refuse_timer(result) : 0;
}

int machine_rtc_open_timer(struct machine *machine)
{
    int result;

    machine->rtc.timer_fd = -1;
    if (!machine->config->rtc_follows_host)
        return 0;
    machine->rtc.timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (machine->rtc.timer_fd < 0)
        return refuse_timer(-errno);
    result = machine_rtc_follow(machine);
    if (result < 0)
        machine_rtc_close_timer(machine);
    return result;
}

void machine_rtc_go_on(struct machine *machine)
{
    struct machine_rtc *rtc = &machine->rtc;

    rtc->kept.rtc_offset_ns = rtc->offset_ns;
    memcpy(rtc->kept.bytes, rtc_nvram(&machine->board.rtc), sizeof rtc->kept.bytes);
    rtc->goes_on = true;
}

void machine_rtc_close_timer(struct machine *machine)
{
    if (machine->rtc.timer_fd >= 0)
        close(machine->rtc.timer_fd);
    machine->rtc.timer_fd = -1;
}

void machine_rtc_take_timer(struct machine *machine)
{
    uint64_t expirations;
    int result = 0;

    if (read(machine->rtc.timer_fd, &expirations, sizeof expirations) >= 0 || errno == ECANCELED)
        result = follow_and_arm(machine);
    if (result < 0)
        machine_end(machine, EXIT_STATUS_HOST_ERROR, "timerfd_settime: %s", strerror(-result));
}

static bool has_changed(const struct machine_rtc *rtc, const struct nvram_image *image)
{
    return !rtc->kept_is_file || image->rtc_offset_ns != rtc->kept.rtc_offset_ns ||
           memcmp(image->bytes, rtc->kept.bytes, sizeof image->bytes) != 0;
}

int machine_rtc_keep(struct machine *machine)
{
    const char *path = machine->host->rtc_nvram_path;
    struct nvram_image image = {.rtc_offset_ns = machine->rtc.offset_ns};
    int result = 0;

    if (machine->rtc.report_timer.armed)
        report_date(machine, machine->rtc.report_timer.deadline_ns);
    if (*path == '\0')
        return 0;
    memcpy(image.bytes, rtc_nvram(&machine->board.rtc), sizeof image.bytes);
    if (has_changed(&machine->rtc, &image))
        result = nvram_file_save(path, &image);
    machine->rtc.kept_is_file = result == 0;
    return result;
}
