/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's end of base/run_stream.h while a guest of run-test runs: its frames become stdout,
 * stderr and files, stdin becomes frames, and the program's end is the machine's. A part of the
 * event loop, so nothing here waits: while stdout or stderr is behind, no frame is taken, and the
 * guest waits.
 *
 * The machine ends once all of the output is written. Main thread.
 */
#ifndef VMM_CMD_RUN_TEST_SESSION_H
#define VMM_CMD_RUN_TEST_SESSION_H

#include <stdbool.h>

#include "base/run_stream.h"
#include "vmm/host/console.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/output_tree.h"
#include "vmm/machine/machine.h"

#define RUN_TEST_READ_BYTES 4096

struct run_test_session {
    struct machine *machine;
    /* For lines. */
    const char *program;
    /* NULL: /out is not brought back. */
    struct output_tree *tree;
    /* The other end of COM2; the caller's. */
    int fd;

    struct event_source stream_source;
    struct event_source input_source;
    struct event_deadline written;
    struct console out;
    struct console err;
    unsigned opened;

    struct run_decoder decoder;
    uint8_t bytes[RUN_TEST_READ_BYTES];
    size_t count;
    size_t at;
    /* What of it was not passed on yet. */
    struct run_frame frame;
    unsigned frame_at;

    bool begun;
    bool has_end;
    struct run_end end;
    /* Why what the guest sends is not in order; NULL: it is. */
    const char *broken_why;
    /* It was this that ended the machine, not the guest or the user. */
    bool ended_machine;
    /* What is no file or folder. */
    unsigned skipped;
    bool wants_input;
    /* At the end: how much of the output had been taken, and when that was seen. */
    uint32_t taken;
    uint64_t taken_ns;
    uint64_t wait_ns;
    bool output_lost;
};

/*
 * One of the machine, the program's name, where files go to (NULL: nowhere), and the stream.
 * Readers of the output that take nothing for output_wait_ns at the end are not waited for any
 * more.
 */
void run_test_session_init(struct run_test_session *session, struct machine *machine,
                           const char *program, struct output_tree *tree, int fd,
                           uint64_t output_wait_ns);

/*
 * As struct run_link has them; ctx is the session. The first opens stdout and stderr. The second
 * takes what is left in the stream, and closes.
 */
int run_test_session_attach(void *ctx, struct event_loop *loop);
void run_test_session_detach(void *ctx);

/*
 * What the stream says of the end, also if the guest had ended by itself when that was read: the
 * status, and one line for the user or "". False: nothing.
 */
bool run_test_session_end(const struct run_test_session *session, int *status,
                          char text[MACHINE_END_TEXT_SIZE]);

#endif
