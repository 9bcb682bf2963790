/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QMP, the server's side: what is answered to one JSON object of a client, by a table of commands.
 *
 * Source: QEMU, docs/interop/qmp-spec. A connection begins with the greeting. Until the client has
 * sent qmp_capabilities no other command is found, and no event is for it. Of the protocol's
 * options there are none here: the list of capabilities is empty, and exec-oob is refused.
 *
 * Stricter than QEMU in three points, so that a client's mistake is seen: a key that an object has
 * twice is an error, strings are in double quotes, and an "id" of more than QMP_ID_MAX_BYTES is
 * refused.
 *
 * No socket, no clock, no thread. Documents are jansson's: a value that is returned is the
 * caller's to drop; NULL, where nothing else is said, means that there was no memory.
 */
#ifndef VMM_HOST_QMP_H
#define VMM_HOST_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define QMP_MAX_ARGUMENTS 4
#define QMP_ERROR_SIZE    256
/* As text, with all that is not ASCII escaped. */
#define QMP_ID_MAX_BYTES 4096

/* How a message is written: on one line, and with nothing that a terminal obeys. */
#define QMP_TEXT_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)

enum qmp_type { QMP_STRING, QMP_INT, QMP_BOOL };

struct qmp_argument {
    /* NULL behind the last one. */
    const char *name;
    enum qmp_type type;
    bool is_optional;
};

/* One call of a command. */
struct qmp_call {
    const struct qmp_server *server;
    /* An object with arguments of the row alone, unless it is open, each of its type; those not
     * optional are there. */
    const json_t *arguments;
    bool failed;
    char error[QMP_ERROR_SIZE];
};

/* A command is one row. */
struct qmp_command {
    const char *name;
    /* One line, for `minivmm ctl --help`. */
    const char *help;
    /* What is returned to the client. After qmp_fail it does not matter. */
    json_t *(*run)(struct qmp_call *call);
    struct qmp_argument arguments[QMP_MAX_ARGUMENTS + 1];
    /*
     * It takes others beside those of the row, of any type, which run checks. minivmm ctl takes the
     * first one of the row without its name.
     */
    bool is_open;
};

struct qmp_server {
    const struct qmp_command *commands;
    unsigned count;
    /* Of the program, X.Y.Z and maybe more. */
    const char *version;
    /* For the commands. */
    void *ctx;
};

/* One for each client, zeroed at its start. */
struct qmp_session {
    bool negotiated;
};

/* In a command: it has failed, and why, as one sentence without a full stop. */
void qmp_fail(struct qmp_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* In a command: what returns nothing returns this. */
json_t *qmp_nothing(void);

/* {"qemu": {major, minor, micro}, "package"}: the version, as QEMU's clients expect it. */
json_t *qmp_version(const char *version);

/* NULL if there is no such row. */
const struct qmp_command *qmp_find(const struct qmp_server *server, const char *name);

/* NULL if the command has no such argument. */
const struct qmp_argument *qmp_find_argument(const struct qmp_command *command, const char *name);

/* The first message to a client. */
json_t *qmp_greeting(const struct qmp_server *server);

/* The answer to an object of a client, of any length and content. */
json_t *qmp_answer(const struct qmp_server *server, struct qmp_session *session, const char *bytes,
                   size_t length_bytes);

/* An answer that is no one's: {"error": {"class": "GenericError", "desc": DESC}}. */
json_t *qmp_error(const char *desc);

/* An event; data may be NULL, and is the callee's. realtime_ns is CLOCK_REALTIME. */
json_t *qmp_event(const char *name, json_t *data, uint64_t realtime_ns);

#endif
