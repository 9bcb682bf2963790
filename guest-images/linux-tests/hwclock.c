/* SPDX-License-Identifier: BSD-2-Clause */
/* util-linux's hwclock. See tests.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/time_math.h"
#include "guest-images/linux-tests/check.h"
#include "guest-images/linux-tests/tests.h"
#include "guest-images/probe/clocks.h"
#include "guest-images/probe/rtc.h"

#define HWCLOCK      "/hwclock"
#define OUTPUT_BYTES 200

/* Dates that the system clock is set to; each is far from the others. */
#define DATE_2031_SEC INT64_C(1936418769)
#define DATE_2001_SEC INT64_C(1000000000)

/* RTC and system clock, read after each other: a second for the one's and one for hwclock's
 * rounding. */
#define AGREE_SEC 2
/* How much later the dates may be by the time they are looked at. */
#define LATE_SEC 600
/* hwclock waits for an update interrupt, which Linux can miss: see rtc_class.c. */
#define TRIES 3

static void set_system_clock(int64_t sec)
{
    const struct timespec time = {.tv_sec = sec, .tv_nsec = 250000000};

    clock_settime(CLOCK_REALTIME, &time);
}

static int64_t system_sec(void)
{
    return (int64_t)(clock_read_ns(CLOCK_REALTIME) / NS_PER_SEC);
}

/* In the child. */
static void exec_hwclock(const char *option, int output_fd)
{
    dup2(output_fd, STDOUT_FILENO);
    dup2(output_fd, STDERR_FILENO);
    execl(HWCLOCK, "hwclock", option, (char *)NULL);
    _exit(127);
}

/* What it prints; false if it fails. */
static bool run_hwclock(const char *option, char output[OUTPUT_BYTES])
{
    size_t length = 0;
    ssize_t got = 1;
    int status = -1;
    int pipe_fds[2];
    pid_t child;

    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return false;
    child = fork();
    if (child == 0)
        exec_hwclock(option, pipe_fds[1]);
    close(pipe_fds[1]);
    while (length + 1 < OUTPUT_BYTES && got > 0) {
        got = read(pipe_fds[0], output + length, OUTPUT_BYTES - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    close(pipe_fds[0]);
    output[length] = '\0';
    output[strcspn(output, "\n")] = '\0';
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* "2031-05-13 12:00:00.123456+00:00" */
static int64_t shown_sec(const char *output)
{
    struct tm tm = {0};

    return strptime(output, "%Y-%m-%d %H:%M:%S", &tm) != NULL ? timegm(&tm) : -1;
}

static bool run_hwclock_patiently(const char *option, char output[OUTPUT_BYTES])
{
    bool ran = false;

    for (unsigned i = 0; i < TRIES && !ran; i++)
        ran = run_hwclock(option, output);
    return ran;
}

static int64_t rtc_sec(void)
{
    int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
    int64_t sec = -1;

    rtc_read_seconds(fd, &sec);
    close(fd);
    return sec;
}

static bool is_from_to(int64_t sec, int64_t first_sec, int64_t last_sec)
{
    return sec >= first_sec && sec <= last_sec;
}

static void test_show(void)
{
    char output[OUTPUT_BYTES] = "";
    int64_t before_sec = rtc_sec();
    bool ran = run_hwclock_patiently("-r", output);

    check(ran && is_from_to(shown_sec(output), before_sec - AGREE_SEC, rtc_sec() + AGREE_SEC),
          "hwclock -r says %s", output);
}

/* The option makes RTC and system clock agree, and their date is that of sec. */
static void test_agree(const char *option, int64_t sec)
{
    char output[OUTPUT_BYTES] = "";
    bool ran = run_hwclock_patiently(option, output);
    int64_t before_sec = system_sec();
    int64_t shown = rtc_sec();

    check(ran, "hwclock %s succeeds %s", option, output);
    check(is_from_to(shown, before_sec - AGREE_SEC, system_sec() + AGREE_SEC),
          "the RTC is %" PRId64 " s ahead of the system clock", shown - before_sec);
    check(is_from_to(shown, sec - AGREE_SEC, sec + LATE_SEC), "the date is the one that was set");
}

void test_hwclock(void)
{
    int64_t start_sec = system_sec();

    mkdir("/etc", 0755);
    test_show();
    set_system_clock(DATE_2031_SEC);
    test_agree("-w", DATE_2031_SEC);
    set_system_clock(DATE_2001_SEC);
    test_agree("-s", DATE_2031_SEC);
    set_system_clock(start_sec);
    test_agree("--systohc", start_sec);
}
