/* SPDX-License-Identifier: BSD-2-Clause */
/* See ctl.h. */
#include "vmm/cmd/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/cmd/control_commands.h"
#include "vmm/cmd/options.h"
#include "vmm/host/log.h"
#include "vmm/host/qmp_client.h"
#include "vmm/machine/exit_status.h"

#define ARGUMENT_NAME_BYTES 64

static json_t *value_of(const struct qmp_argument *argument, const char *text)
{
    json_t *value;

    if (argument != NULL && argument->type == QMP_STRING)
        return json_string(text);
    value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value != NULL ? value : json_string(text);
}

/* False after an error line. */
static bool add_argument(json_t *arguments, const struct qmp_command *command, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : 0;
    char name[ARGUMENT_NAME_BYTES];
    json_t *value;

    snprintf(name, sizeof name, "%.*s",
             (int)(length < ARGUMENT_NAME_BYTES ? length : ARGUMENT_NAME_BYTES - 1), text);
    if (equals == NULL)
        snprintf(name, sizeof name, "%s", command->arguments[0].name);
    if (json_object_get(arguments, name) != NULL) {
        log_error("'%s': %s is given twice", text, name);
        return false;
    }
    value = value_of(command != NULL ? qmp_find_argument(command, name) : NULL,
                     equals != NULL ? equals + 1 : text);
    if (value != NULL && json_object_set_new(arguments, name, value) == 0)
        return true;
    log_error("'%s' is no argument: it is not UTF-8", text);
    return false;
}

/* NULL after an error line. */
static json_t *arguments_of(const struct ctl_options *ctl)
{
    const struct qmp_server known = control_commands_server(NULL, "");
    const struct qmp_command *command = qmp_find(&known, ctl->command);
    json_t *arguments = json_object();

    for (unsigned i = 0; i < ctl->argument_count; i++)
        if (!add_argument(arguments, command, ctl->arguments[i])) {
            json_decref(arguments);
            return NULL;
        }
    return arguments;
}

/* What is printed is what was asked for, so that it cannot be written is an error. */
static int print_json(const json_t *value, size_t flags)
{
    if (json_dumpf(value, stdout, flags | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) == 0 &&
        putchar('\n') != EOF && fflush(stdout) == 0)
        return EXIT_STATUS_OK;
    log_error("stdout: %s", strerror(errno));
    return EXIT_STATUS_HOST_ERROR;
}

static void print_event(const json_t *event)
{
    print_json(event, JSON_COMPACT);
}

static int print_answer(const char *command, const json_t *answer)
{
    const json_t *result = json_object_get(answer, "return");
    const char *desc = "an answer that is no answer";

    if (result == NULL) {
        json_unpack((json_t *)answer, "{s:{s:s}}", "error", "desc", &desc);
        log_error("%s: %s", command, desc);
        return EXIT_STATUS_HOST_ERROR;
    }
    if (json_is_object(result) && json_object_size(result) == 0)
        return EXIT_STATUS_OK;
    return print_json(result, JSON_INDENT(1));
}

static int execute(struct qmp_client *client, const struct ctl_options *ctl)
{
    json_t *arguments = arguments_of(ctl);
    json_t *answer;
    int status;

    if (arguments == NULL)
        return EXIT_STATUS_HOST_ERROR;
    answer = qmp_client_execute(client, ctl->command, arguments, ctl->events ? print_event : NULL);
    if (answer == NULL)
        return EXIT_STATUS_HOST_ERROR;
    status = print_answer(ctl->command, answer);
    json_decref(answer);
    return status;
}

static bool is_shutdown(const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "event"));

    return name != NULL && strcmp(name, "SHUTDOWN") == 0;
}

/* Until the run ends, which it tells. */
static int print_events(struct qmp_client *client)
{
    int status = EXIT_STATUS_OK;
    int error = 0;
    bool has_ended = false;
    json_t *event;

    while (status == EXIT_STATUS_OK && (event = qmp_client_read(client, &error)) != NULL) {
        status = print_json(event, JSON_COMPACT);
        has_ended = has_ended || is_shutdown(event);
        json_decref(event);
    }
    if (status != EXIT_STATUS_OK || has_ended)
        return status;
    if (error == 0 || error == -ECONNRESET)
        log_error("control socket: the connection ended before the run told of its end");
    else
        log_error("control socket: %s", strerror(-error));
    return EXIT_STATUS_HOST_ERROR;
}

int ctl_run(const struct options *options)
{
    const struct ctl_options *ctl = &options->ctl;
    struct qmp_client client;
    int status = EXIT_STATUS_OK;

    if (qmp_client_open(&client, ctl->path) < 0)
        return EXIT_STATUS_HOST_ERROR;
    if (ctl->command != NULL)
        status = execute(&client, ctl);
    if (status == EXIT_STATUS_OK && ctl->events)
        status = print_events(&client);
    qmp_client_close(&client);
    return status;
}
