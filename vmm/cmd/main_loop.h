/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main thread while the guest runs: keys, signals, the time limit, output, the end.
 */
#ifndef VMM_CMD_MAIN_LOOP_H
#define VMM_CMD_MAIN_LOOP_H

struct event_loop;
struct guest_control;
struct machine;
struct run_control;
struct fault_timeline;
struct snapshot_trigger;

/*
 * Blocks the signals that main_loop_run takes (INT, TERM, HUP, CONT, USR1, USR2) and no others, for
 * this thread and those that it starts. To be called before there are others. A signal that is
 * ignored is left so. Returns a descriptor, or -errno after an error line.
 */
int main_loop_open_signals(void);

/*
 * Attaches run, and control and snapshot, which are open. Runs until the machine is ending, stops
 * it, tells the clients, and, if the guest has ended by itself, waits for the readers of its
 * output. SIGTERM presses the power button; the grace period of host_options or a second SIGTERM
 * ends the machine, and the waiting. The loop is initialized, and is there until the machine is
 * destroyed: its consoles are in it.
 */
void main_loop_run(struct run_control *run, struct guest_control *control,
                   struct snapshot_trigger *snapshot, struct fault_timeline *faults,
                   struct machine *machine, struct event_loop *loop, int signal_fd);

#endif
