/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QMP, the client's side, on a socket that blocks.
 */
#ifndef VMM_HOST_QMP_CLIENT_H
#define VMM_HOST_QMP_CLIENT_H

#include <stddef.h>

#include <jansson.h>

#include "vmm/host/json_frame.h"

/* A message of the server is not longer. */
#define QMP_CLIENT_MESSAGE_SIZE 1048576

struct qmp_client {
    int fd;
    struct json_frame frame;
    /* QMP_CLIENT_MESSAGE_SIZE bytes: what was read, taken up to `begin`. */
    char *input;
    size_t begin;
    size_t end;
};

/*
 * Connects, and negotiates. 0, or a negative errno after an error line; then there is nothing to
 * close.
 */
int qmp_client_open(struct qmp_client *client, const char *path);
void qmp_client_close(struct qmp_client *client);

/* The next message, the caller's; or NULL with a negative errno in *error, or with 0 at the end. */
json_t *qmp_client_read(struct qmp_client *client, int *error);

/*
 * Executes a command; arguments are the callee's. Returns the answer, {"return"} or {"error"}; or
 * NULL after an error line. Events that come before it are given to on_event, if that is not NULL,
 * which is not their owner.
 */
json_t *qmp_client_execute(struct qmp_client *client, const char *command, json_t *arguments,
                           void (*on_event)(const json_t *event));

#endif
