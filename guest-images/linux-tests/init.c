/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The init of a Linux guest that tests a device through Linux's own driver: see tests.h, and
 * tests/linux/cases for the boots. Words on the kernel command line say what is tested:
 *
 *   test=rtc               /dev/rtc0
 *   test=hwclock           hwclock on /dev/rtc0
 *   test=ticks-lost        lost ticks stay lost
 *   test=ticks-caught-up   lost ticks are made up for
 *   test=steal-N           steal time of N percent, without idle time
 *
 * Results are TAP lines (check.h); then the machine is powered off.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "guest-images/linux-tests/check.h"
#include "guest-images/linux-tests/tests.h"
#include "guest-images/probe/guest.h"
#include "guest-images/probe/report.h"
#include "guest-images/probe/sysinfo.h"

#define STEAL_WORD "test=steal-"

static void run_tests(const char *command_line)
{
    const char *steal = strstr(command_line, STEAL_WORD);

    if (strstr(command_line, "test=rtc") != NULL)
        test_rtc_class();
    if (strstr(command_line, "test=hwclock") != NULL)
        test_hwclock();
    if (strstr(command_line, "test=ticks-lost") != NULL)
        test_lost_ticks(false);
    if (strstr(command_line, "test=ticks-caught-up") != NULL)
        test_lost_ticks(true);
    if (steal != NULL)
        test_steal((unsigned)atoi(steal + strlen(STEAL_WORD)));
}

static void check_log(struct report *report)
{
    int log_fd = sysinfo_open_log();

    sysinfo_read_log(report, log_fd, false);
    close(log_fd);
    check(report->log_complaint_count == 0, "the kernel log has %u complaints of lost interrupts",
          report->log_complaint_count);
}

int main(void)
{
    static struct report report;

    check_open();
    guest_mount_kernel_files();
    sysinfo_read_command_line(&report);
    run_tests(report.command_line);
    check_log(&report);
    check_close();
    reboot(RB_POWER_OFF);
    return 0;
}
