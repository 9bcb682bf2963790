/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: QMP (qmp.h) for clients of a UNIX socket, in the main thread's event loop.
 *
 * Nothing that a client does stops the program or makes it grow:
 *   - At most CONTROL_MAX_CLIENTS are served; a further one is told so and closed.
 *   - An object may have CONTROL_INPUT_SIZE bytes. A client with a longer one is told, and closed.
 *   - What is not JSON is answered with an error.
 *   - In one turn of the loop a client is read CONTROL_READ_BYTES, so that one that sends without
 *     an end does not keep the others out.
 *   - What a client has not read yet waits, CONTROL_OUTPUT_SIZE bytes of it. While there is no room
 *     for one more answer, nothing more is read of the client. If there is no room for an event,
 *     the client is closed, as one that misses an event without knowing is worse off; a line says
 *     so.
 *
 * All of it is the main thread's.
 */
#ifndef VMM_HOST_CONTROL_H
#define VMM_HOST_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/host/event_loop.h"
#include "vmm/host/json_frame.h"
#include "vmm/host/qmp.h"
#include "vmm/host/unix_socket.h"

#define CONTROL_MAX_CLIENTS 8
#define CONTROL_INPUT_SIZE  65536
#define CONTROL_READ_BYTES  1024
/* The longest answer, and what waits for a client. */
#define CONTROL_ANSWER_SIZE 131072
#define CONTROL_OUTPUT_SIZE 262144

struct control;

struct control_client {
    struct control *control;
    /* -1: there is none in this place. */
    int fd;
    struct event_source source;
    struct qmp_session session;
    /* The answer to the negotiation is on its way, so events may follow. */
    bool wants_events;
    /* It has sent all that it will, or was told something that ends it: closed once it has read. */
    bool ends;
    /* What comes now is no object, and was answered: json_frame.h says up to where. */
    bool skips;
    struct json_frame frame;
    /* CONTROL_INPUT_SIZE bytes: an object from `begin`, looked at up to `scanned`. */
    char *input;
    size_t begin;
    size_t scanned;
    size_t input_end;
    /* CONTROL_OUTPUT_SIZE bytes. */
    char *output;
    size_t output_begin;
    size_t output_end;
};

struct control {
    const struct qmp_server *server;
    /* Called after a command and before its answer is sent: what it made happen comes first. */
    void (*settle)(void *ctx);
    void *ctx;
    struct unix_listener listener;
    struct event_source listen_source;
    /* When the host has no more descriptors for a client: the listener is left alone so long. */
    struct event_deadline retry;
    struct control_client clients[CONTROL_MAX_CLIENTS];
};

/* Opens the socket. 0, or a negative errno after an error line. */
int control_open(struct control *control, const char *path, const struct qmp_server *server,
                 void (*settle)(void *ctx), void *ctx);

/* From here on clients are served. 0, or -ENOSPC if the loop is full. */
int control_attach(struct control *control, struct event_loop *loop);

/* Sends an event to each client that has negotiated. The event is the callee's. */
void control_send_event(struct control *control, json_t *event);

/* Takes leave of the clients: what waits for them is written as far as it goes at once. */
void control_close(struct control *control);

#endif
