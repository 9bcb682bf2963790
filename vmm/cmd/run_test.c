/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_test.h. */
#include "vmm/cmd/run_test.h"

#include <string.h>
#include <unistd.h>

#include "check/watch.h"
#include "vmm/cmd/options.h"
#include "vmm/cmd/run.h"
#include "vmm/cmd/run_test_files.h"
#include "vmm/cmd/run_test_session.h"
#include "vmm/host/log.h"
#include "vmm/host/stream_pair.h"
#include "vmm/machine/machine.h"

/* The guest panicked, or ended before the program did: as virtme-ng has it. */
#define STATUS_GUEST_ENDED 255
#define CONSOLE_LINES      60

/* The last lines of a console that nobody has seen. */
static void show_console(const struct watch *watch)
{
    char text[WATCH_CONSOLE_BYTES + 1];
    char *rest = text;

    watch_console_tail(watch, CONSOLE_LINES, text, sizeof text);
    if (text[0] == '\0') {
        log_note("the guest's console is empty");
        return;
    }
    log_note("the last lines of the guest's console:");
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        log_note("| %s", line);
}

/* How far a guest came that did not bring the program to its end. */
static const char *progress(const struct run_test_session *session, const struct watch *watch)
{
    if (session->has_end)
        return "the program had ended";
    if (session->begun)
        return "the program was running";
    if (watch->console_bytes > 0)
        return "the kernel had not started the program yet";
    return "the kernel had said nothing yet";
}

static int say_end(const char *text, int status)
{
    if (text[0] != '\0')
        log_error("%s", text);
    return status;
}

/* The status; what is to be said of a guest that ended otherwise than by the program's end. */
static int conclude(const struct machine *machine, int status,
                    const struct run_test_session *session, const struct watch *watch,
                    bool console_shown)
{
    char text[MACHINE_END_TEXT_SIZE];

    if (session->ended_machine || machine->ended_by_port ||
        machine->end_cause == MACHINE_ENDED_BY_QUIT)
        return say_end(machine->end_text, status);
    if (session->has_end && status != EXIT_STATUS_OK && status != EXIT_STATUS_GUEST_CRASH)
        return say_end(machine->end_text, status);
    switch (status) {
    case EXIT_STATUS_OK:
        if (run_test_session_end(session, &status, text))
            return say_end(text, status);
        log_error("the guest ended before %s did: %s", session->program, progress(session, watch));
        status = STATUS_GUEST_ENDED;
        break;
    case EXIT_STATUS_GUEST_CRASH:
        log_error("%s; %s", machine->end_text, progress(session, watch));
        status = STATUS_GUEST_ENDED;
        break;
    case EXIT_STATUS_TIMEOUT:
        log_error("%s: %s", machine->end_text, progress(session, watch));
        break;
    default:
        return say_end(machine->end_text, status);
    }
    if (!console_shown)
        show_console(watch);
    return status;
}

/* Boots it; the stream's ends are there. */
static int boot(struct machine *machine, const struct options *options,
                const struct clock_bracket *start, struct run_link *link,
                struct run_test_session *session)
{
    struct options linked = *options;
    struct watch watch;
    int status;

    watch_init(&watch, NULL);
    linked.host.link = link;
    status = run_guest(machine, &linked, start, &watch);
    status = conclude(machine, status, session, &watch, options->host.console != CONSOLE_NONE);
    status = run_status(machine, status);
    return status == EXIT_STATUS_OK && session->output_lost ? EXIT_STATUS_HOST_ERROR : status;
}

/* All is made but the machine. */
static int run_taken(struct machine *machine, const struct options *options,
                     const struct clock_bracket *start, const struct taken *taken, const char *path)
{
    static struct run_test_session session;
    const char *output_path = options->test.output_path;
    struct output_tree tree;
    struct run_link link = {
        .initramfs_fd = taken->archive.fd,
        .initramfs_bytes = taken->archive.size_bytes,
        .program_path = path,
        .attach = run_test_session_attach,
        .detach = run_test_session_detach,
        .ctx = &session,
    };
    int fd, status;

    if (output_path != NULL &&
        output_tree_open(&tree, output_path, options->host.output_limit_bytes) < 0)
        return EXIT_STATUS_HOST_ERROR;
    if (stream_pair_open(&link.stream_fd, &fd) < 0)
        return EXIT_STATUS_HOST_ERROR;
    run_test_session_init(&session, machine, options->test.program[0],
                          output_path != NULL ? &tree : NULL, fd, options->host.output_wait_ns);
    status = boot(machine, options, start, &link, &session);
    close(link.stream_fd);
    close(fd);
    if (output_path != NULL && !output_tree_close(&tree) && status == EXIT_STATUS_OK)
        status = EXIT_STATUS_HOST_ERROR;
    return status;
}

int run_test(struct machine *machine, const struct options *options,
             const struct clock_bracket *start)
{
    static struct taken taken;
    char path[PATH_MAX];
    int status = EXIT_STATUS_HOST_ERROR;

    if (run_test_files_make(&taken, options, path) == 0)
        status = run_taken(machine, options, start, &taken, path);
    taken_close(&taken);
    return status;
}
