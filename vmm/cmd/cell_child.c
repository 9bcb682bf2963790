/* SPDX-License-Identifier: BSD-2-Clause */
/* See cell_child.h. */
#include "vmm/cmd/cell_child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/result.h"
#include "check/result_read.h"
#include "vmm/cmd/options.h"
#include "vmm/host/child_process.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

#define SELF         "/proc/self/exe"
#define OUTPUT_BYTES ((size_t)1 << 20)
/* "COMMAND --cell N --report FILE --console FILE" */
#define OWN_ARGUMENTS 7

struct arguments {
    char cell[16];
    char report[PATH_MAX];
    char console[PATH_MAX];
    char *argv[OWN_ARGUMENTS + OPTIONS_MAX_ARGUMENTS];
};

/* The user's own words come behind ours. False if the name of a file is too long. */
static bool make_arguments(struct arguments *arguments, const struct cell_child *child, char **argv,
                           const char *output_dir)
{
    unsigned number = child->cell + 1, count = 0;
    bool fits = true;

    arguments->argv[count++] = argv[0];
    arguments->argv[count++] = argv[1];
    arguments->argv[count++] = "--cell";
    arguments->argv[count++] = arguments->cell;
    snprintf(arguments->cell, sizeof arguments->cell, "%u", number);
    if (output_dir != NULL) {
        fits = snprintf(arguments->report, sizeof arguments->report, "--report=%s/%04u.report",
                        output_dir, number) < (int)sizeof arguments->report &&
               snprintf(arguments->console, sizeof arguments->console,
                        "--console=file:%s/%04u.console", output_dir,
                        number) < (int)sizeof arguments->console;
        arguments->argv[count++] = arguments->report;
        arguments->argv[count++] = arguments->console;
    }
    for (unsigned i = 2; argv[i] != NULL; i++)
        arguments->argv[count++] = argv[i];
    arguments->argv[count] = NULL;
    return fits;
}

/* In the new process. */
static void become_cell(const struct cell_child *child, char **argv, pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (child_process_dies_with(parent) && dup2(child->output_fd, STDOUT_FILENO) >= 0 &&
        dup2(child->error_fd, STDERR_FILENO) >= 0)
        execv(SELF, argv);
    raise(SIGKILL);
}

int cell_child_start(struct cell_child *child, char **argv, const char *output_dir)
{
    static struct arguments arguments;
    pid_t parent = getpid();
    int error = 0;

    child->output_fd = memfd_create("result", MFD_CLOEXEC);
    child->error_fd = memfd_create("messages", MFD_CLOEXEC);
    if (child->output_fd < 0 || child->error_fd < 0)
        error = errno;
    else if (!make_arguments(&arguments, child, argv, output_dir))
        error = ENAMETOOLONG;
    if (error == 0) {
        child->pid = fork();
        if (child->pid == 0)
            become_cell(child, arguments.argv, parent);
        if (child->pid < 0)
            error = errno;
    }
    if (error == 0)
        return 0;
    log_error("%s: cannot start a cell: %s", argv[1], strerror(error));
    cell_child_close(child);
    return -error;
}

void cell_child_close(struct cell_child *child)
{
    if (child->output_fd >= 0)
        close(child->output_fd);
    if (child->error_fd >= 0)
        close(child->error_fd);
    child->pid = 0;
}

/*
 * The last line of what a child said, or its end if it is long, without the program's name; it
 * lives until the next call.
 */
static const char *last_words(int fd)
{
    static const char name[] = "minivmm: ";
    static char text[1024];
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text - 1 ? size - (off_t)sizeof text + 1 : 0;
    ssize_t got = pread(fd, text, sizeof text - 1, from);
    const char *line;

    while (got > 0 && text[got - 1] == '\n')
        got--;
    if (got <= 0)
        return "it was killed";
    text[got] = '\0';
    line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    return strncmp(line, name, strlen(name)) == 0 ? line + strlen(name) : line;
}

/* A child that wrote no result, or one that is not to be relied on: a host error, with what it
 * said. */
static json_t *result_without_output(const struct cell_child *child, const char *name, int status)
{
    struct run_result result = {
        .kernel = name, .outcome = OUTCOME_HOST_ERROR, .status = status, .console = ""};
    struct text detail;
    char options[32];

    snprintf(options, sizeof options, "--cell %u", child->cell + 1);
    text_init(&detail, result.detail, sizeof result.detail);
    text_add(&detail, "%s", last_words(child->error_fd));
    result.options = result.machine = options;
    return result_to_json(&result);
}

/*
 * Whether the check has ended as its result says. One that could not write all of what it was to
 * write has said more on stderr.
 */
static bool agrees(const json_t *result, int status)
{
    return json_integer_value(json_object_get(result, "status")) == status &&
           strcmp(result_text(result, "outcome"), outcome_word(OUTCOME_HOST_ERROR)) != 0;
}

json_t *cell_child_result(const struct cell_child *child, const char *name, int wait_status)
{
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : EXIT_STATUS_HOST_ERROR;
    char *bytes = malloc(OUTPUT_BYTES);
    ssize_t got = bytes != NULL ? pread(child->output_fd, bytes, OUTPUT_BYTES, 0) : -1;
    json_t *results = json_array(), *result = NULL;
    char error[128];

    if (got > 0 && result_read(bytes, (size_t)got, results, error, sizeof error) == 0)
        result = json_array_get(results, 0);
    if (result != NULL && agrees(result, status))
        json_incref(result);
    else
        result = result_without_output(child, name, status != 0 ? status : EXIT_STATUS_HOST_ERROR);
    json_decref(results);
    free(bytes);
    return result;
}
