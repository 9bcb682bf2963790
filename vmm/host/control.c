/* SPDX-License-Identifier: BSD-2-Clause */
/* See control.h. */
#include "vmm/host/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"

#define RETRY_NS NS_PER_SEC
/* CR and LF, with which QEMU ends each message. */
#define LINE_END_BYTES 2

static size_t unread_bytes(const struct control_client *client)
{
    return client->output_end - client->output_begin;
}

static void drop(struct control_client *client)
{
    event_source_remove(&client->source);
    close(client->fd);
    free(client->input);
    free(client->output);
    *client = (struct control_client){.control = client->control, .fd = -1};
    event_source_wait_for(&client->control->listen_source, POLLIN);
}

/* Writes what the socket takes now. False if the client is gone. */
static bool flush(struct control_client *client)
{
    while (unread_bytes(client) > 0) {
        ssize_t count = send(client->fd, client->output + client->output_begin,
                             unread_bytes(client), MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count < 0)
            return errno == EAGAIN || errno == EINTR;
        client->output_begin += (size_t)count;
    }
    client->output_begin = client->output_end = 0;
    return true;
}

static size_t make_room(struct control_client *client)
{
    memmove(client->output, client->output + client->output_begin, unread_bytes(client));
    client->output_end = unread_bytes(client);
    client->output_begin = 0;
    return CONTROL_OUTPUT_SIZE - client->output_end;
}

static bool has_room_for_answer(const struct control_client *client)
{
    return CONTROL_OUTPUT_SIZE - unread_bytes(client) >= CONTROL_ANSWER_SIZE;
}

/* False if the message does not fit into limit_bytes. */
static bool put(struct control_client *client, const json_t *message, size_t limit_bytes)
{
    size_t room = make_room(client);
    char *to = client->output + client->output_end;
    size_t limit = limit_bytes < room ? limit_bytes : room;
    size_t length = json_dumpb(message, to, limit, QMP_TEXT_FLAGS);

    if (length == 0 || length + LINE_END_BYTES > limit)
        return false;
    to[length] = '\r';
    to[length + 1] = '\n';
    client->output_end += length + LINE_END_BYTES;
    return true;
}

/* The message is the callee's. There is room for an answer, and so for a shorter one. */
static void put_answer(struct control_client *client, json_t *message)
{
    bool fits = put(client, message, CONTROL_ANSWER_SIZE);

    json_decref(message);
    if (fits)
        return;
    message = qmp_error("the answer is too long, or there is no memory for it");
    put(client, message, CONTROL_ANSWER_SIZE);
    json_decref(message);
}

/* The client gets an error, and nothing more is taken from it. */
static void put_last_error(struct control_client *client, const char *desc)
{
    put_answer(client, qmp_error(desc));
    client->ends = true;
}

/*
 * A command may bring events about, for this client too, which is closed if it does not read them.
 */
static void answer(struct control_client *client, const char *bytes, size_t length_bytes)
{
    struct control *control = client->control;
    json_t *message = qmp_answer(control->server, &client->session, bytes, length_bytes);

    control->settle(control->ctx);
    if (client->fd < 0) {
        json_decref(message);
        return;
    }
    put_answer(client, message);
    client->wants_events = client->session.negotiated;
}

/* One error for it and all that is skipped behind it. */
static void take_bad_byte(struct control_client *client)
{
    client->skips = true;
    put_answer(client, qmp_error("JSON parse error: an object is expected, from { to }"));
}

/* One byte of the client's. */
static void take_byte(struct control_client *client)
{
    char byte = client->input[client->scanned++];
    size_t begin = client->begin;

    client->skips = client->skips && !json_frame_may_begin((uint8_t)byte);
    if (client->skips) {
        client->begin = client->scanned;
        return;
    }
    switch (json_frame_take(&client->frame, (uint8_t)byte)) {
    case JSON_FRAME_INSIDE:
        break;
    case JSON_FRAME_BETWEEN:
        client->begin = client->scanned;
        break;
    case JSON_FRAME_BAD:
        client->begin = client->scanned;
        take_bad_byte(client);
        break;
    case JSON_FRAME_END:
        client->begin = client->scanned;
        answer(client, client->input + begin, client->scanned - begin);
        break;
    }
}

/* Answers what has come, as far as there is room for the answers. */
static void take_input(struct control_client *client)
{
    while (client->fd >= 0 && client->scanned < client->input_end && has_room_for_answer(client))
        take_byte(client);
    if (client->fd < 0)
        return;
    memmove(client->input, client->input + client->begin, client->input_end - client->begin);
    client->input_end -= client->begin;
    client->scanned -= client->begin;
    client->begin = 0;
    if (client->scanned == CONTROL_INPUT_SIZE && has_room_for_answer(client))
        put_last_error(client, "the object is longer than 65536 bytes; the connection ends");
}

/* False if the client is gone. One that only has nothing more to say is answered first. */
static bool read_some(struct control_client *client)
{
    size_t room = CONTROL_INPUT_SIZE - client->input_end;
    size_t wanted = room < CONTROL_READ_BYTES ? room : CONTROL_READ_BYTES;
    ssize_t count =
        wanted == 0 ? -1 : recv(client->fd, client->input + client->input_end, wanted, 0);

    if (wanted == 0)
        return true;
    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    client->ends = count == 0;
    client->input_end += (size_t)count;
    return true;
}

static bool reads(const struct control_client *client)
{
    return !client->ends && has_room_for_answer(client);
}

static void await(struct control_client *client)
{
    event_source_wait_for(&client->source, (short)((reads(client) ? POLLIN : 0) |
                                                   (unread_bytes(client) > 0 ? POLLOUT : 0)));
}

static bool has_unanswered(const struct control_client *client)
{
    return client->scanned < client->input_end;
}

/* After anything that was done with the client: what is waited for. */
static void follow(struct control_client *client, bool is_there)
{
    if (!is_there || (client->ends && unread_bytes(client) == 0 && !has_unanswered(client))) {
        drop(client);
        return;
    }
    await(client);
}

/*
 * An answer that is written makes room for the next one. What is taken is at most what was read in
 * one turn.
 */
static void on_client(void *ctx, short revents)
{
    struct control_client *client = ctx;
    bool is_there = true;

    if (reads(client) && (revents & ~POLLOUT) != 0)
        is_there = read_some(client);
    is_there = flush(client) && is_there;
    while (is_there && has_unanswered(client) && has_room_for_answer(client)) {
        take_input(client);
        if (client->fd < 0)
            return;
        is_there = flush(client);
    }
    follow(client, is_there);
}

static struct control_client *free_place(struct control *control)
{
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        if (control->clients[i].fd < 0)
            return &control->clients[i];
    return NULL;
}

/* What a client of whom there are too many is told; whether it gets it is not waited for. */
static void turn_away(int fd)
{
    static const char full[] =
        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"this socket has as "
        "many clients as it can; close another one\"}}\r\n";

    if (send(fd, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_info("control: a client that is one too many: %s", strerror(errno));
    close(fd);
}

static void welcome(struct control_client *client, int fd)
{
    struct control *control = client->control;
    struct event_loop *loop = control->listen_source.loop;

    *client = (struct control_client){.control = control, .fd = fd};
    client->input = malloc(CONTROL_INPUT_SIZE);
    client->output = malloc(CONTROL_OUTPUT_SIZE);
    if (client->input == NULL || client->output == NULL ||
        event_source_add(loop, &client->source, fd, POLLIN, on_client, client) < 0) {
        drop(client);
        return;
    }
    put_answer(client, qmp_greeting(control->server));
    follow(client, flush(client));
}

/* Without a descriptor or memory for the client it stays ready: it is left alone for a while. */
static void on_listen(void *ctx, short revents)
{
    struct control *control = ctx;
    int fd = unix_socket_accept(&control->listener);
    struct control_client *place = free_place(control);

    (void)revents;
    if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
        event_source_wait_for(&control->listen_source, 0);
        event_deadline_set(&control->retry, host_monotonic_ns() + RETRY_NS);
    }
    if (fd >= 0 && place == NULL)
        turn_away(fd);
    else if (fd >= 0)
        welcome(place, fd);
}

static void on_retry(void *ctx)
{
    struct control *control = ctx;

    event_source_wait_for(&control->listen_source, POLLIN);
}

/* jansson reads its seed from a file when it first makes an object: now, as no file is opened
 * later.
 */
int control_open(struct control *control, const char *path, const struct qmp_server *server,
                 void (*settle)(void *ctx), void *ctx)
{
    *control = (struct control){.server = server, .settle = settle, .ctx = ctx};
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        control->clients[i] = (struct control_client){.control = control, .fd = -1};
    json_object_seed(0);
    return unix_socket_listen(path, &control->listener);
}

int control_attach(struct control *control, struct event_loop *loop)
{
    int result = event_source_add(loop, &control->listen_source, control->listener.fd, POLLIN,
                                  on_listen, control);

    return result == 0 ? event_deadline_add(loop, &control->retry, on_retry, control) : result;
}

/* A client that has room and whose socket is dead finds that out in its own turn. */
static void send_event(struct control_client *client, const json_t *event)
{
    if (!put(client, event, CONTROL_OUTPUT_SIZE)) {
        log_note("control: a client does not read what it is sent, and is disconnected");
        drop(client);
        return;
    }
    flush(client);
    await(client);
}

void control_send_event(struct control *control, json_t *event)
{
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        struct control_client *client = &control->clients[i];

        if (client->fd >= 0 && client->wants_events && !client->ends)
            send_event(client, event);
    }
    json_decref(event);
}

void control_close(struct control *control)
{
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        struct control_client *client = &control->clients[i];

        if (client->fd < 0)
            continue;
        flush(client);
        drop(client);
    }
    event_source_remove(&control->listen_source);
    event_deadline_remove(&control->retry);
    unix_socket_close(&control->listener);
}
