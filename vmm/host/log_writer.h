/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the program's messages to stderr, and never waits for its reader: what stderr does not
 * take stays in a queue (message_queue.h), and what does not fit there is counted as lost.
 *
 * While an event loop is attached its thread writes, whoever has put the message; before and after
 * that, whoever puts it.
 *
 * The guest's output may go where stderr goes, a terminal or `2>&1 |`. Then a message waits until
 * the guest's line ends, at most LOG_WRITER_LINE_WAIT_NS: a prompt does not end. After that, and
 * where no loop is attached, the line is broken in two.
 */
#ifndef VMM_HOST_LOG_WRITER_H
#define VMM_HOST_LOG_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_WRITER_LINE_WAIT_NS UINT64_C(200000000)

struct event_loop;

/*
 * To be called once, behind standard_fds_open: takes a descriptor of its own, so that a full pipe
 * blocks nobody. Without it stderr itself is written to where poll says that it takes something.
 */
void log_writer_open(void);

/*
 * In a process that was made by fork: what messages it shares with its parent is renewed, and those
 * that wait are the parent's.
 */
void log_writer_renew(void);

/* A line, without its end. Any thread. */
void log_writer_put(const char *text);

/*
 * From here on the loop writes. Before it writes new messages it calls write_output, unless that is
 * NULL: output that the guest sent before them is to be written, so that it comes first. 0, or
 * -errno.
 */
int log_writer_attach(struct event_loop *loop, void (*write_output)(void *ctx), void *ctx);

/* The loop's thread: whether messages wait that the guest's output may not go ahead of. */
bool log_writer_has_messages(void);

/*
 * The loop's thread, after each write of the guest's output to the file that stderr is: whether its
 * last line has no end yet.
 */
void log_writer_guest_line(bool is_open);

/* Before the loop goes away. Harmless if none is attached. */
void log_writer_detach(void);

/*
 * Before the process ends: writes what is left, until stderr has taken nothing for wait_ms, and
 * closes. No loop is attached, and no other thread may put any more.
 */
void log_writer_close(int wait_ms);

#endif
