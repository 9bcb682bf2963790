/* SPDX-License-Identifier: BSD-2-Clause */
/* See main_loop.h. */
#include "vmm/cmd/main_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/signals.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_rtc.h"

#define NS_PER_MS 1000000

enum {
    FD_END,
    FD_SIGNAL,
    FD_RTC,
    FD_CONSOLE,
    FD_REPORT = FD_CONSOLE + CONSOLE_POLL_FDS,
    FD_EOI = FD_REPORT + CONSOLE_POLL_FDS,
    FD_COUNT = FD_EOI + EOI_POLL_FDS
};

struct main_loop {
    struct machine *machine;
    int signal_fd;
    /* -1: the RTC does not follow the host's clock. */
    int rtc_fd;
    bool power_button_pressed;
    /* CLOCK_MONOTONIC; TIME_NEVER_NS without a limit. */
    uint64_t limit_ns;
};

int main_loop_open_signals(void)
{
    /* Not the kick of a vCPU, which a caller may have left blocked. */
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGCONT, SIGUSR1, SIGUSR2};

    return signals_open(taken, sizeof taken / sizeof taken[0], SFD_NONBLOCK);
}

static void press_power_button(struct machine *machine)
{
    uint64_t now_ns = machine_lock(machine);

    acpi_pm_press_power_button(&machine->board.pm, now_ns);
    machine_unlock(machine);
}

static void on_terminate(struct main_loop *loop)
{
    if (loop->power_button_pressed) {
        machine_end(loop->machine, EXIT_STATUS_INTERRUPTED, "ended by a second SIGTERM");
        return;
    }
    loop->power_button_pressed = true;
    log_note("SIGTERM: pressed the guest's power button%s; a second SIGTERM ends at once",
             loop->machine->pause.active ? ", which it sees when SIGUSR2 resumes it" : "");
    press_power_button(loop->machine);
}

static void take_signal(struct main_loop *loop)
{
    struct signalfd_siginfo info;

    if (read(loop->signal_fd, &info, sizeof info) != sizeof info)
        return;
    switch (info.ssi_signo) {
    case SIGTERM:
        on_terminate(loop);
        break;
    case SIGCONT:
        console_resume(&loop->machine->console);
        break;
    case SIGUSR1:
        machine_pause(loop->machine);
        break;
    case SIGUSR2:
        machine_resume(loop->machine);
        break;
    default:
        machine_end(loop->machine, EXIT_STATUS_INTERRUPTED, "interrupted by SIG%s",
                    sigabbrev_np((int)info.ssi_signo));
    }
}

static void take_console(struct machine *machine, struct console *console, const struct pollfd *fds,
                         void (*ready)(struct machine *, uint64_t))
{
    unsigned events = console_poll_done(console, fds);

    if ((events & CONSOLE_END) != 0)
        machine_end(machine, EXIT_STATUS_INTERRUPTED, "ended from the console");
    if ((events & (CONSOLE_INPUT | CONSOLE_ROOM)) != 0) {
        uint64_t now_ns = machine_lock(machine);

        ready(machine, now_ns);
        machine_unlock(machine);
    }
}

/* Milliseconds to the limit, rounded up so that poll does not return just before it. */
static int limit_timeout_ms(const struct main_loop *loop)
{
    uint64_t now_ns = host_monotonic_ns();
    uint64_t left_ms;

    if (loop->limit_ns == TIME_NEVER_NS)
        return -1;
    if (now_ns >= loop->limit_ns)
        return 0;
    left_ms = (loop->limit_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
}

/* -1 is no timeout. */
static int poll_timeout_ms(const struct main_loop *loop)
{
    int limit_ms = limit_timeout_ms(loop);
    int console_ms = console_poll_timeout_ms(&loop->machine->console);

    if (limit_ms < 0 || (console_ms >= 0 && console_ms < limit_ms))
        return console_ms;
    return limit_ms;
}

static void check_limit(const struct main_loop *loop)
{
    if (loop->limit_ns != TIME_NEVER_NS && host_monotonic_ns() >= loop->limit_ns)
        machine_end(loop->machine, EXIT_STATUS_TIMEOUT, "timed out after %g s",
                    (double)loop->machine->host->timeout_ns / NS_PER_SEC);
}

static void main_loop_turn(struct main_loop *loop)
{
    struct machine *machine = loop->machine;
    struct pollfd fds[FD_COUNT] = {
        [FD_END] = {.fd = machine->end_fd, .events = POLLIN},
        [FD_SIGNAL] = {.fd = loop->signal_fd, .events = POLLIN},
        /* The RTC is moved after the pause: its timer stays readable. */
        [FD_RTC] = {.fd = machine->pause.active ? -1 : loop->rtc_fd, .events = POLLIN},
    };

    console_poll_prepare(&machine->console, &fds[FD_CONSOLE]);
    console_poll_prepare(&machine->report, &fds[FD_REPORT]);
    eoi_poll_prepare(&machine->eoi, &fds[FD_EOI]);
    if (poll(fds, FD_COUNT, poll_timeout_ms(loop)) < 0) {
        if (errno != EINTR)
            machine_end(machine, EXIT_STATUS_HOST_ERROR, "poll: %s", strerror(errno));
        return;
    }
    eoi_poll_done(&machine->eoi, &fds[FD_EOI], machine);
    if (fds[FD_SIGNAL].revents != 0)
        take_signal(loop);
    if (fds[FD_RTC].revents != 0)
        machine_rtc_take_timer(machine, loop->rtc_fd);
    take_console(machine, &machine->console, &fds[FD_CONSOLE], machine_console_ready);
    take_console(machine, &machine->report, &fds[FD_REPORT], machine_report_ready);
    check_limit(loop);
}

void main_loop_run(struct machine *machine, int signal_fd)
{
    uint64_t timeout_ns = machine->host->timeout_ns;
    struct main_loop loop = {
        .machine = machine,
        .signal_fd = signal_fd,
        .rtc_fd = machine_rtc_open_timer(machine),
        .limit_ns = timeout_ns > 0 ? host_monotonic_ns() + timeout_ns : TIME_NEVER_NS,
    };

    while (!machine_is_ending(machine))
        main_loop_turn(&loop);
    if (loop.rtc_fd >= 0)
        close(loop.rtc_fd);
}
