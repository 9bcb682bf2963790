/* SPDX-License-Identifier: BSD-2-Clause */
/* See qmp_client.h. */
#include "vmm/host/qmp_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/host/qmp.h"
#include "vmm/host/unix_socket.h"

#define ENDED "the run has ended, or has closed the connection"

/* The bytes of an object that begins at client->begin and ends before *next; -EAGAIN: not yet. */
static int find_object(struct qmp_client *client, size_t *looked_at)
{
    while (*looked_at < client->end)
        switch (json_frame_take(&client->frame, (uint8_t)client->input[(*looked_at)++])) {
        case JSON_FRAME_BETWEEN:
            client->begin = *looked_at;
            break;
        case JSON_FRAME_INSIDE:
            break;
        case JSON_FRAME_BAD:
            return -EPROTO;
        case JSON_FRAME_END:
            return 0;
        }
    return -EAGAIN;
}

/* Reads more behind what there is. 1, 0 at the end, or -errno. */
static int read_more(struct qmp_client *client)
{
    ssize_t count;

    if (client->end == QMP_CLIENT_MESSAGE_SIZE)
        return -EMSGSIZE;
    do
        count =
            recv(client->fd, client->input + client->end, QMP_CLIENT_MESSAGE_SIZE - client->end, 0);
    while (count < 0 && errno == EINTR);
    if (count <= 0)
        return count < 0 ? -errno : 0;
    client->end += (size_t)count;
    return 1;
}

json_t *qmp_client_read(struct qmp_client *client, int *error)
{
    json_t *message;
    size_t looked_at;

    memmove(client->input, client->input + client->begin, client->end - client->begin);
    client->end -= client->begin;
    client->begin = looked_at = 0;
    while ((*error = find_object(client, &looked_at)) == -EAGAIN)
        if ((*error = read_more(client)) <= 0)
            return NULL;
    if (*error < 0)
        return NULL;
    message = json_loadb(client->input + client->begin, looked_at - client->begin, 0, NULL);
    client->begin = looked_at;
    *error = message != NULL ? 0 : -EPROTO;
    return message;
}

static int send_all(int fd, const char *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t count = send(fd, bytes, size_bytes, MSG_NOSIGNAL);

        if (count < 0 && errno != EINTR)
            return -errno;
        if (count > 0) {
            bytes += count;
            size_bytes -= (size_t)count;
        }
    }
    return 0;
}

static int send_command(struct qmp_client *client, const char *command, json_t *arguments)
{
    json_t *message = json_pack("{s:s,s:o}", "execute", command, "arguments", arguments);
    char *text = json_dumps(message, QMP_TEXT_FLAGS);
    int result = text != NULL ? send_all(client->fd, text, strlen(text)) : -ENOMEM;

    json_decref(message);
    free(text);
    return result;
}

/* The answer; events come in between. */
static json_t *await_answer(struct qmp_client *client, void (*on_event)(const json_t *event),
                            int *error)
{
    json_t *message;

    while ((message = qmp_client_read(client, error)) != NULL) {
        if (json_object_get(message, "return") != NULL || json_object_get(message, "error") != NULL)
            return message;
        if (on_event != NULL && json_object_get(message, "event") != NULL)
            on_event(message);
        json_decref(message);
    }
    return NULL;
}

json_t *qmp_client_execute(struct qmp_client *client, const char *command, json_t *arguments,
                           void (*on_event)(const json_t *event))
{
    int error = send_command(client, command, arguments);
    json_t *answer = NULL;

    if (error == 0 || error == -EPIPE)
        answer = await_answer(client, on_event, &error);
    if (answer == NULL)
        log_error("%s: %s", command, error < 0 && error != -EPIPE ? strerror(-error) : ENDED);
    return answer;
}

/* The greeting comes first, and need not be looked at: it has neither a return nor an error. */
static int negotiate(struct qmp_client *client)
{
    json_t *answer = qmp_client_execute(client, "qmp_capabilities", json_object(), NULL);
    const char *desc = NULL;
    int result = 0;

    if (answer == NULL)
        return -EPROTO;
    if (json_unpack(answer, "{s:{s:s}}", "error", "desc", &desc) == 0) {
        log_error("%s", desc);
        result = -EPROTO;
    }
    json_decref(answer);
    return result;
}

int qmp_client_open(struct qmp_client *client, const char *path)
{
    int result = unix_socket_connect(path);

    *client = (struct qmp_client){.fd = result};
    if (result < 0)
        return result;
    client->input = malloc(QMP_CLIENT_MESSAGE_SIZE);
    if (client->input == NULL)
        log_error("no memory for the messages of %s", path);
    result = client->input == NULL ? -ENOMEM : negotiate(client);
    if (result < 0)
        qmp_client_close(client);
    return result;
}

void qmp_client_close(struct qmp_client *client)
{
    close(client->fd);
    free(client->input);
}
