/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_test_session.h. */
#include "vmm/cmd/run_test_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"

/* How often it is looked at whether the last output is written. */
#define WRITTEN_LOOK_NS (NS_PER_SEC / 100)
#define STATUS_BROKEN   255

void run_test_session_init(struct run_test_session *session, struct machine *machine,
                           const char *program, struct output_tree *tree, int fd,
                           uint64_t output_wait_ns)
{
    *session = (struct run_test_session){
        .machine = machine, .program = program, .tree = tree, .fd = fd, .wait_ns = output_wait_ns};
}

bool run_test_session_end(const struct run_test_session *session, int *status,
                          char text[MACHINE_END_TEXT_SIZE])
{
    const struct run_end *end = &session->end;

    text[0] = '\0';
    if (session->broken_why != NULL) {
        *status = STATUS_BROKEN;
        snprintf(text, MACHINE_END_TEXT_SIZE,
                 "%s: what the guest sends on COM2 is not in order: %s", session->program,
                 session->broken_why);
        return true;
    }
    if (!session->has_end)
        return false;
    *status = run_end_status(end);
    if (end->how == RUN_NOT_STARTED)
        snprintf(text, MACHINE_END_TEXT_SIZE, "%s: cannot be run in the guest: %s",
                 session->program, strerror((int)end->value));
    return true;
}

static void end_machine(struct run_test_session *session, enum machine_end_cause cause)
{
    char text[MACHINE_END_TEXT_SIZE];
    int status;

    if (run_test_session_end(session, &status, text))
        session->ended_machine |= machine_end_because(session->machine, cause, status, "%s", text);
}

static void break_off(struct run_test_session *session, const char *why)
{
    session->decoder.damaged = true;
    session->broken_why = why;
    end_machine(session, MACHINE_ENDED_BY_HOST_ERROR);
}

/* Passes on what fits. True: all of the frame is passed on. */
static bool put_output(struct run_test_session *session, struct console *console)
{
    while (session->frame_at < session->frame.length_bytes)
        if (!console_put(console, session->frame.payload[session->frame_at]))
            return false;
        else
            session->frame_at++;
    return true;
}

static void want_input(struct run_test_session *session)
{
    session->wants_input = true;
    event_source_wait_for(&session->input_source, POLLIN);
}

static void take_entry(struct run_test_session *session, const struct run_frame *frame)
{
    char name[RUN_NAME_MAX_BYTES + 1];
    unsigned permissions;

    if (session->tree == NULL)
        break_off(session, "files that nobody wants");
    else if (!run_name_decode(frame, &permissions, name))
        break_off(session, "the name of a file");
    else if (frame->type == RUN_FILE)
        output_tree_add_file(session->tree, name, permissions);
    else
        output_tree_add_folder(session->tree, name, permissions);
}

static void take_skipped(struct run_test_session *session, const struct run_frame *frame)
{
    char name[RUN_NAME_MAX_BYTES + 1];

    if (!run_name_decode(frame, NULL, name))
        break_off(session, "the name of a file");
    else if (session->skipped++ == 0)
        log_note("/out/%s is not brought back: it is no file or folder", name);
}

static void take_lost(struct run_test_session *session, const struct run_frame *frame)
{
    char name[RUN_NAME_MAX_BYTES + 1] = RUN_OUTPUT_FOLDER;

    if (session->tree == NULL)
        break_off(session, "files that nobody wants");
    else if (frame->length_bytes > 0 && !run_name_decode(frame, NULL, name))
        break_off(session, "the name of a file");
    else
        output_tree_leave_out(session->tree, name,
                              "it cannot be read in the guest, or a path in it is too long");
}

/* Whether output is still to be written, and its reader has taken some not too long ago. */
static bool reader_is_behind(struct run_test_session *session)
{
    uint64_t now_ns = host_monotonic_ns();
    uint32_t taken = console_output_taken(&session->out) + console_output_taken(&session->err);

    if (taken != session->taken || session->taken_ns == 0)
        session->taken_ns = now_ns;
    session->taken = taken;
    return (console_output_pending(&session->out) || console_output_pending(&session->err)) &&
           now_ns - session->taken_ns < session->wait_ns;
}

/* The end of the machine, once its user has all that the program wrote. */
static void end_when_written(struct run_test_session *session)
{
    if (reader_is_behind(session))
        event_deadline_set(&session->written, host_monotonic_ns() + WRITTEN_LOOK_NS);
    else
        end_machine(session, MACHINE_ENDED_BY_GUEST_SHUTDOWN);
}

static void take_end(struct run_test_session *session, const struct run_frame *frame)
{
    if (!run_end_decode(frame, &session->end)) {
        break_off(session, "the program's end");
        return;
    }
    session->has_end = true;
    end_when_written(session);
}

/* False: the frame waits for room. */
static bool take_frame(struct run_test_session *session)
{
    const struct run_frame *frame = &session->frame;

    if (!session->begun && frame->type != RUN_BEGUN) {
        break_off(session, "it does not begin with a version");
        return true;
    }
    switch (frame->type) {
    case RUN_BEGUN:
        session->begun = frame->length_bytes == strlen(RUN_STREAM_VERSION) &&
                         memcmp(frame->payload, RUN_STREAM_VERSION, frame->length_bytes) == 0;
        if (!session->begun)
            break_off(session, "it has another version");
        break;
    case RUN_STDOUT:
        return put_output(session, &session->out);
    case RUN_STDERR:
        return put_output(session, &session->err);
    case RUN_WANT_INPUT:
        want_input(session);
        break;
    case RUN_DIRECTORY:
    case RUN_FILE:
        take_entry(session, frame);
        break;
    case RUN_DATA:
        if (session->tree != NULL)
            output_tree_write(session->tree, frame->payload, frame->length_bytes);
        break;
    case RUN_SKIPPED:
        take_skipped(session, frame);
        break;
    case RUN_LOST:
        take_lost(session, frame);
        break;
    case RUN_END:
        take_end(session, frame);
        break;
    case RUN_INPUT:
    case RUN_NONE:
        break_off(session, "a frame that only the host sends");
    }
    return true;
}

/* Of what was read, until a frame has to wait. True: all is taken. */
static bool take_bytes(struct run_test_session *session)
{
    while (!session->has_end) {
        if (session->frame.type != RUN_NONE && !take_frame(session))
            return false;
        session->frame.type = RUN_NONE;
        if (session->decoder.damaged || session->at == session->count)
            break;
        session->at += run_decoder_take(&session->decoder, session->bytes + session->at,
                                        session->count - session->at, &session->frame);
        session->frame_at = 0;
        if (session->decoder.damaged)
            break_off(session, "it is no frame");
    }
    session->at = session->count;
    return true;
}

/* True: there may be more. */
static bool read_stream(struct run_test_session *session, int flags)
{
    ssize_t count = recv(session->fd, session->bytes, sizeof session->bytes, flags);

    session->at = 0;
    session->count = count > 0 ? (size_t)count : 0;
    return count > 0;
}

static void serve(struct run_test_session *session)
{
    event_source_wait_for(&session->stream_source, take_bytes(session) ? POLLIN : 0);
}

static void on_stream(void *ctx, short revents)
{
    struct run_test_session *session = ctx;

    (void)revents;
    if (session->at == session->count)
        read_stream(session, MSG_DONTWAIT);
    serve(session);
}

static void on_written(void *ctx)
{
    end_when_written(ctx);
}

static void on_output(void *ctx, unsigned events)
{
    if ((events & CONSOLE_ROOM) != 0)
        serve(ctx);
}

/* At most one frame is on its way, so the socket has room for it. */
static void on_input(void *ctx, short revents)
{
    struct run_test_session *session = ctx;
    uint8_t frame[RUN_FRAME_MAX_BYTES];
    ssize_t count = read(STDIN_FILENO, frame + RUN_FRAME_HEAD_BYTES, RUN_PAYLOAD_MAX_BYTES);

    (void)revents;
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    event_source_wait_for(&session->input_source, 0);
    if (!session->wants_input)
        return;
    session->wants_input = false;
    if (count < 0)
        count = 0;
    run_frame_put_head(frame, RUN_INPUT, (unsigned)count);
    if (send(session->fd, frame, RUN_FRAME_HEAD_BYTES + (size_t)count,
             MSG_DONTWAIT | MSG_NOSIGNAL) != RUN_FRAME_HEAD_BYTES + count)
        break_off(session, "it asks for input and does not take it");
}

static int open_outputs(struct run_test_session *session)
{
    int result = console_open(&session->out, "stdout", CONSOLE_STDOUT, NULL);

    if (result < 0)
        return result;
    session->opened++;
    result = console_open(&session->err, "stderr", CONSOLE_STDERR, NULL);
    if (result == 0)
        session->opened++;
    return result;
}

int run_test_session_attach(void *ctx, struct event_loop *loop)
{
    struct run_test_session *session = ctx;
    int result = open_outputs(session);

    if (result == 0)
        result = event_source_add(loop, &session->stream_source, session->fd, POLLIN, on_stream,
                                  session);
    if (result == 0)
        result = event_source_add(loop, &session->input_source, STDIN_FILENO, 0, on_input, session);
    if (result == 0)
        result = event_deadline_add(loop, &session->written, on_written, session);
    if (result == 0)
        result = console_attach(&session->out, loop, on_output, session);
    return result == 0 ? console_attach(&session->err, loop, on_output, session) : result;
}

static void close_output(struct run_test_session *session, struct console *console)
{
    if (!console_close(console))
        session->output_lost = true;
}

void run_test_session_detach(void *ctx)
{
    struct run_test_session *session = ctx;

    while (session->opened == 2 && take_bytes(session) && !session->decoder.damaged &&
           !session->has_end && read_stream(session, MSG_DONTWAIT))
        ;
    event_source_remove(&session->stream_source);
    event_source_remove(&session->input_source);
    event_deadline_remove(&session->written);
    if (session->opened > 0)
        close_output(session, &session->out);
    if (session->opened > 1)
        close_output(session, &session->err);
    session->opened = 0;
}
