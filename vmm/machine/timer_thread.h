/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer thread: waits for the earliest deadline in guest time and runs what is due.
 *
 * After it has fired a timer it rests for TIMER_REST_NS, so it fires at most 20 000 times a second,
 * however many interrupts a second the guest asks for; what falls due meanwhile happens when the
 * rest is over, each at its own guest time. A guest that arms a deadline which is earlier than all
 * others wakes it once more, to wait anew: see timer_rest.h.
 *
 * It also keeps guest time with the host's clock, when that is due (machine_time.h), and looks for
 * idle time to skip (skip_idle.h). While the machine is paused it does nothing.
 */
#ifndef VMM_MACHINE_TIMER_THREAD_H
#define VMM_MACHINE_TIMER_THREAD_H

struct machine;

/* Starts it. 0 or -errno after an error line. */
int timer_thread_start(struct machine *machine);

/* Waits for its end, once the machine is ending. */
void timer_thread_join(struct machine *machine);

#endif
