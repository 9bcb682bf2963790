/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's side of the RTC: what it shows at the start, what drives it, what is kept of it.
 *
 * Offset: RTC minus host's UTC, as of when the clock was last set: by `base=`, by the file, or by
 * the guest. That is what the file keeps, not how far guest time and the host's have drifted apart
 * in a run. If the clock is stopped, or shows no valid date, when the run ends, the last offset is
 * kept.
 *
 * Start: `base=` says what the RTC shows, whatever the file holds, as if somebody set the clock
 * before the machine is switched on. Without `base=` the offset is that of the file, and without a
 * file 0. The memory always comes from the file. kvm-clock's wall time follows `base=DATE` alone:
 * it is UTC, and a guest cannot set it.
 *
 * clock=vm: the RTC runs by guest time; what it shows is a function of guest time and of what the
 * guest wrote. clock=host: it is the host's CLOCK_REALTIME plus the offset. The main thread samples
 * that clock in the middle of each of the RTC's seconds, and at once when somebody sets it, and
 * moves the RTC there: rtc.h says what the guest sees of it. Between two samples the RTC runs by
 * guest time. So the RTC still reads no clock, and a run is a function of guest time and of these
 * samples.
 */
#ifndef VMM_MACHINE_MACHINE_RTC_H
#define VMM_MACHINE_MACHINE_RTC_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

/*
 * Says if the zone of base=localtime is not known: its time is UTC then. Reads the NVRAM file, if
 * there is to be one, and has it for this run alone until machine_rtc_release. 0, or a negative
 * errno after an error line; then it is released.
 */
int machine_rtc_load(struct machine *machine);
void machine_rtc_release(struct machine *machine);

/* Whether the guest will see another date than the host's. After machine_rtc_load. */
bool machine_rtc_has_other_date(const struct machine *machine);

/* What the RTC shows at guest time 0, when the host's CLOCK_REALTIME is realtime_ns. */
uint64_t machine_rtc_start_ns(struct machine *machine, uint64_t realtime_ns);

/* Between two boots of the machine, after machine_rtc_keep: the next RTC goes on from this one. */
void machine_rtc_go_on(struct machine *machine);

/*
 * The RTC shows this at guest time now_ns, as if `base=` had said so: what the guest has set it by
 * since stays. Of an RTC that shows no date nothing is changed.
 */
void machine_rtc_set_date(struct machine *machine, uint64_t now_ns, int64_t wall_ns);

/*
 * The RTC is later by so much, as the host's date is: its offset stays, and so does what the file
 * keeps. One that shows no date, or would show one of the year 2200, stays as it is.
 */
void machine_rtc_forward(struct machine *machine, uint64_t ns);

/* Once the board is there: the RTC gets its memory. */
void machine_rtc_attach(struct machine *machine);

/* The board's hook: the guest has set the date. */
void machine_rtc_date_set(struct machine *machine, uint64_t now_ns);

/*
 * clock=host: rtc.timer_fd becomes readable when the RTC is to be moved, and stays -1 if it never
 * is; the RTC is moved at once, too. Before the vCPUs run; 0 or -errno after an error line.
 */
int machine_rtc_open_timer(struct machine *machine);
void machine_rtc_close_timer(struct machine *machine);

/*
 * clock=host: the move, at once, as after a restore. Nothing where the RTC follows no clock. 0 or
 * -errno after an error line.
 */
int machine_rtc_follow(struct machine *machine);

/* In the main thread, when the timer is readable: the move. A failure ends the machine. */
void machine_rtc_take_timer(struct machine *machine);

/*
 * At the end of a guest that has run, without other threads: keeps what has changed. 0 or -errno
 * after an error line.
 */
int machine_rtc_keep(struct machine *machine);

#endif
