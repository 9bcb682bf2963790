/* SPDX-License-Identifier: BSD-2-Clause */
/* See qmp.h. */
#include "vmm/host/qmp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/time_math.h"

#define NEGOTIATE "qmp_capabilities"
#define GENERIC   "GenericError"
#define NOT_FOUND "CommandNotFound"
/* Of a client's word in an error. */
#define WORD_MAX     64
#define NS_PER_MICRO 1000

/* What an object of a client asks for, and what is wrong with it. */
struct request {
    const char *name;
    const json_t *arguments;
    /* NULL: none was given. */
    json_t *id;
    /* NULL: nothing is wrong. */
    const char *error_class;
    struct qmp_call call;
};

void qmp_fail(struct qmp_call *call, const char *format, ...)
{
    va_list values;

    if (call->failed)
        return;
    call->failed = true;
    va_start(values, format);
    vsnprintf(call->error, sizeof call->error, format, values);
    va_end(values);
}

json_t *qmp_nothing(void)
{
    return json_object();
}

json_t *qmp_version(const char *version)
{
    int major = 0, minor = 0, micro = 0;

    sscanf(version, "%9d.%9d.%9d", &major, &minor, &micro);
    return json_pack("{s:{s:i,s:i,s:i},s:o}", "qemu", "major", major, "minor", minor, "micro",
                     micro, "package", json_sprintf("minivmm %s", version));
}

const struct qmp_command *qmp_find(const struct qmp_server *server, const char *name)
{
    for (unsigned i = 0; i < server->count; i++)
        if (strcmp(server->commands[i].name, name) == 0)
            return &server->commands[i];
    return NULL;
}

json_t *qmp_greeting(const struct qmp_server *server)
{
    return json_pack("{s:{s:o,s:[]}}", "QMP", "version", qmp_version(server->version),
                     "capabilities");
}

/* A word of the client's in desc may be cut off in the middle of a character: only ASCII stays. */
static json_t *error_of(const char *error_class, const char *desc)
{
    char text[QMP_ERROR_SIZE];

    snprintf(text, sizeof text, "%s", desc);
    for (char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return json_pack("{s:{s:s,s:s}}", "error", "class", error_class, "desc", text);
}

json_t *qmp_error(const char *desc)
{
    return error_of(GENERIC, desc);
}

json_t *qmp_event(const char *name, json_t *data, uint64_t realtime_ns)
{
    return json_pack("{s:{s:I,s:I},s:s,s:o*}", "timestamp", "seconds",
                     (json_int_t)(realtime_ns / NS_PER_SEC), "microseconds",
                     (json_int_t)(realtime_ns % NS_PER_SEC / NS_PER_MICRO), "event", name, "data",
                     data);
}

static void refuse(struct request *request, const char *error_class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first refusal counts. */
static void refuse(struct request *request, const char *error_class, const char *format, ...)
{
    char text[QMP_ERROR_SIZE];
    va_list values;

    if (request->error_class != NULL)
        return;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    request->error_class = error_class;
    qmp_fail(&request->call, "%s", text);
}

static void take_id(struct request *request, json_t *value)
{
    if (json_dumpb(value, NULL, 0, QMP_TEXT_FLAGS | JSON_ENCODE_ANY) <= QMP_ID_MAX_BYTES)
        request->id = value;
    else
        refuse(request, GENERIC, "the id is longer than %d bytes", QMP_ID_MAX_BYTES);
}

static void take_member(struct request *request, const char *key, json_t *value)
{
    if (strcmp(key, "id") == 0)
        take_id(request, value);
    else if (strcmp(key, "execute") == 0 && json_is_string(value))
        request->name = json_string_value(value);
    else if (strcmp(key, "execute") == 0)
        refuse(request, GENERIC, "QMP input member 'execute' must be a string");
    else if (strcmp(key, "arguments") == 0 && json_is_object(value))
        request->arguments = value;
    else if (strcmp(key, "arguments") == 0)
        refuse(request, GENERIC, "QMP input member 'arguments' must be an object");
    else
        refuse(request, GENERIC, "QMP input member '%.*s' is unexpected", WORD_MAX, key);
}

static void take_members(struct request *request, json_t *object)
{
    void *member;

    for (member = json_object_iter(object); member != NULL;
         member = json_object_iter_next(object, member))
        take_member(request, json_object_iter_key(member), json_object_iter_value(member));
    if (request->name == NULL)
        refuse(request, GENERIC, "QMP input lacks member 'execute'");
}

static bool has_type(const json_t *value, enum qmp_type type)
{
    switch (type) {
    case QMP_STRING:
        return json_is_string(value);
    case QMP_INT:
        return json_is_integer(value);
    case QMP_BOOL:
        return json_is_boolean(value);
    }
    return false;
}

const struct qmp_argument *qmp_find_argument(const struct qmp_command *command, const char *name)
{
    const struct qmp_argument *argument = command->arguments;

    while (argument->name != NULL && strcmp(argument->name, name) != 0)
        argument++;
    return argument->name != NULL ? argument : NULL;
}

static void check_arguments(struct request *request, const struct qmp_command *command)
{
    static const char *const types[] = {"a string", "an integer", "true or false"};
    const struct qmp_argument *argument;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)request->arguments, key, value)
    {
        argument = qmp_find_argument(command, key);
        if (argument == NULL && command->is_open)
            continue;
        if (argument == NULL)
            refuse(request, GENERIC, "%s has no argument '%.*s'", command->name, WORD_MAX, key);
        else if (!has_type(value, argument->type))
            refuse(request, GENERIC, "the argument '%s' is to be %s", key, types[argument->type]);
    }
    for (argument = command->arguments; argument->name != NULL; argument++)
        if (!argument->is_optional && json_object_get(request->arguments, argument->name) == NULL)
            refuse(request, GENERIC, "the argument '%s' is missing", argument->name);
}

/* Its only argument is the list of capabilities to enable, of which there are none. */
static json_t *negotiate(struct request *request, struct qmp_session *session)
{
    const char *key;
    json_t *value;

    if (session->negotiated)
        refuse(request, NOT_FOUND, "the capabilities are negotiated already");
    json_object_foreach((json_t *)request->arguments, key, value)
    {
        if (strcmp(key, "enable") != 0 || !json_is_array(value))
            refuse(request, GENERIC, "%s takes 'enable' alone, a list", NEGOTIATE);
        else if (json_array_size(value) > 0)
            refuse(request, GENERIC, "there is no capability that could be enabled");
    }
    if (request->error_class != NULL)
        return NULL;
    session->negotiated = true;
    return qmp_nothing();
}

static json_t *dispatch(struct request *request, const struct qmp_server *server)
{
    const struct qmp_command *command = qmp_find(server, request->name);

    if (command == NULL) {
        refuse(request, NOT_FOUND, "The command %.*s has not been found", WORD_MAX, request->name);
        return NULL;
    }
    check_arguments(request, command);
    if (request->error_class != NULL)
        return NULL;
    request->call.server = server;
    request->call.arguments = request->arguments;
    return command->run(&request->call);
}

static json_t *execute(struct request *request, const struct qmp_server *server,
                       struct qmp_session *session)
{
    if (request->error_class != NULL)
        return NULL;
    if (strcmp(request->name, NEGOTIATE) == 0)
        return negotiate(request, session);
    if (!session->negotiated) {
        refuse(request, NOT_FOUND, "%s is to come first, before any other command", NEGOTIATE);
        return NULL;
    }
    return dispatch(request, server);
}

/* The result is the callee's. */
static json_t *message_of(struct request *request, json_t *result)
{
    json_t *message;

    if (!request->call.failed && result == NULL)
        refuse(request, GENERIC, "no memory for the answer");
    if (request->call.failed) {
        json_decref(result);
        message = error_of(request->error_class != NULL ? request->error_class : GENERIC,
                           request->call.error);
    } else {
        message = json_pack("{s:o}", "return", result);
    }
    if (request->id != NULL && message != NULL)
        json_object_set(message, "id", request->id);
    return message;
}

json_t *qmp_answer(const struct qmp_server *server, struct qmp_session *session, const char *bytes,
                   size_t length_bytes)
{
    struct request request = {0};
    json_error_t error;
    json_t *object = json_loadb(bytes, length_bytes, JSON_REJECT_DUPLICATES, &error);
    json_t *none = json_object();
    json_t *message;

    request.arguments = none;
    if (object == NULL)
        refuse(&request, GENERIC, "JSON parse error: %.*s", QMP_ERROR_SIZE / 2, error.text);
    else if (!json_is_object(object))
        refuse(&request, GENERIC, "QMP input must be a JSON object");
    else
        take_members(&request, object);
    message = message_of(&request, execute(&request, server, session));
    json_decref(object);
    json_decref(none);
    return message;
}
