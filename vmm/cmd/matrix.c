/* SPDX-License-Identifier: BSD-2-Clause */
/* See matrix.h. */
#include "vmm/cmd/matrix.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/cells.h"
#include "check/result.h"
#include "check/result_read.h"
#include "vmm/cmd/check_print.h"
#include "vmm/cmd/options.h"
#include "vmm/host/file.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/signals.h"
#include "vmm/machine/exit_status.h"

#define SELF         "/proc/self/exe"
#define NS_PER_SEC   UINT64_C(1000000000)
#define MAX_CHILDREN 64
#define OUTPUT_BYTES ((size_t)1 << 20)

struct child {
    /* 0: this place is free. */
    pid_t pid;
    unsigned cell;
    unsigned slots;
    /* Memory files for its stdout and stderr. */
    int output_fd;
    int error_fd;
};

struct matrix {
    const struct options *options;
    char **argv;
    struct child children[MAX_CHILDREN];
    unsigned slots_used;
    unsigned slots_total;
    /* Of the shard: how many there are, and how many have ended. */
    unsigned cell_count;
    unsigned done_count;
    unsigned failed_count;
    unsigned next_cell;
    uint64_t start_ns;
    bool stopping;
    /* By the number of the cell; NULL: it has not ended. */
    json_t *results[CELLS_MAX];
};

static unsigned all_cells(const struct matrix *matrix)
{
    return matrix->options->check.operand_count * CELLS_PER_KERNEL;
}

static unsigned host_cpu_count(void)
{
    cpu_set_t cpus;

    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
}

/* The next cell of the shard from here on; all_cells if there is none. */
static unsigned next_in_shard(const struct matrix *matrix, unsigned cell)
{
    while (cell < all_cells(matrix) && !shard_has(&matrix->options->check.shard, cell))
        cell++;
    return cell;
}

/* "minivmm check --cell N" and what else the user said. Returns 0 or an error number. */
static int spawn_child(const struct matrix *matrix, struct child *child)
{
    char number[16];
    char *argv[3 + OPTIONS_MAX_ARGUMENTS] = {matrix->argv[0], "check", "--cell", number};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    int error;

    snprintf(number, sizeof number, "%u", child->cell + 1);
    for (unsigned i = 2; matrix->argv[i] != NULL; i++)
        argv[i + 2] = matrix->argv[i];
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, child->output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, child->error_fd, STDERR_FILENO);
    error = posix_spawn(&child->pid, SELF, &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static void close_child(struct child *child)
{
    if (child->output_fd >= 0)
        close(child->output_fd);
    if (child->error_fd >= 0)
        close(child->error_fd);
    child->pid = 0;
}

/* False after an error line. */
static bool start_child(struct matrix *matrix, struct child *child, unsigned cell)
{
    int error = 0;

    *child = (struct child){.cell = cell,
                            .output_fd = memfd_create("result", MFD_CLOEXEC),
                            .error_fd = memfd_create("messages", MFD_CLOEXEC)};
    child->slots = cell_at(cell).machine.cpu_count;
    if (child->slots > matrix->slots_total)
        child->slots = matrix->slots_total;
    if (child->output_fd < 0 || child->error_fd < 0)
        error = errno;
    if (error == 0)
        error = spawn_child(matrix, child);
    if (error != 0) {
        log_error("--matrix: cannot start a check: %s", strerror(error));
        close_child(child);
        return false;
    }
    matrix->slots_used += child->slots;
    return true;
}

static struct child *free_place(struct matrix *matrix)
{
    for (unsigned i = 0; i < MAX_CHILDREN; i++)
        if (matrix->children[i].pid == 0)
            return &matrix->children[i];
    return NULL;
}

static void start_children(struct matrix *matrix)
{
    struct child *place;

    while (!matrix->stopping && matrix->next_cell < all_cells(matrix) &&
           (place = free_place(matrix)) != NULL) {
        unsigned cpus = cell_at(matrix->next_cell).machine.cpu_count;

        if (matrix->slots_used > 0 && matrix->slots_used + cpus > matrix->slots_total)
            return;
        if (!start_child(matrix, place, matrix->next_cell)) {
            matrix->stopping = true;
            return;
        }
        matrix->next_cell = next_in_shard(matrix, matrix->next_cell + 1);
    }
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
        return "the check was killed";
    text[got] = '\0';
    line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    return strncmp(line, name, strlen(name)) == 0 ? line + strlen(name) : line;
}

/* A child that wrote no result: a host error, with what it said. */
static json_t *result_without_output(const struct matrix *matrix, const struct child *child,
                                     int status)
{
    struct run_result result = {.outcome = OUTCOME_HOST_ERROR, .status = status, .console = ""};
    struct text detail;
    char options[32];

    snprintf(options, sizeof options, "--matrix --cell %u", child->cell + 1);
    text_init(&detail, result.detail, sizeof result.detail);
    text_add(&detail, "%s", last_words(child->error_fd));
    result.kernel = matrix->options->check.operands[cell_at(child->cell).kernel];
    result.options = options;
    return result_to_json(&result);
}

static json_t *take_result(const struct matrix *matrix, const struct child *child, int wait_status)
{
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : EXIT_STATUS_HOST_ERROR;
    char *bytes = malloc(OUTPUT_BYTES);
    ssize_t got = bytes != NULL ? pread(child->output_fd, bytes, OUTPUT_BYTES, 0) : -1;
    json_t *results = json_array(), *result = NULL;
    char error[128];

    if (got > 0 && result_read(bytes, (size_t)got, results, error, sizeof error) == 0)
        result = json_incref(json_array_get(results, 0));
    if (result == NULL)
        result =
            result_without_output(matrix, child, status != 0 ? status : EXIT_STATUS_HOST_ERROR);
    json_decref(results);
    free(bytes);
    return result;
}

/* At the pace so far. */
static void say_progress(const struct matrix *matrix)
{
    uint64_t elapsed_ns = host_monotonic_ns() - matrix->start_ns;
    unsigned left = matrix->cell_count - matrix->done_count;

    log_note("%u of %u checks done, %u failed, about %llu s left", matrix->done_count,
             matrix->cell_count, matrix->failed_count,
             (unsigned long long)(elapsed_ns / matrix->done_count * left / NS_PER_SEC));
}

static void end_child(struct matrix *matrix, struct child *child, int wait_status)
{
    json_t *result = take_result(matrix, child, wait_status);

    result_set_cell(result, child->cell + 1, all_cells(matrix));
    matrix->slots_used -= child->slots;
    matrix->results[child->cell] = result;
    matrix->done_count++;
    matrix->failed_count += result_is_ok(result) ? 0 : 1;
    close_child(child);
    say_progress(matrix);
}

static void reap_children(struct matrix *matrix)
{
    pid_t pid;
    int wait_status;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (unsigned i = 0; i < MAX_CHILDREN; i++)
            if (matrix->children[i].pid == pid)
                end_child(matrix, &matrix->children[i], wait_status);
}

/* What our caller has ignored the children ignore too: the terminal's Ctrl-C is to end none. */
static void stop_children(struct matrix *matrix)
{
    int signal_number = signal_is_ignored(SIGINT) ? SIGKILL : SIGINT;

    matrix->stopping = true;
    for (unsigned i = 0; i < MAX_CHILDREN; i++)
        if (matrix->children[i].pid > 0)
            kill(matrix->children[i].pid, signal_number);
}

/* Were SIGCHLD ignored, as the caller can leave it, the kernel would reap the children itself. */
static int open_signals(void)
{
    static const int taken[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};

    signal(SIGCHLD, SIG_DFL);
    return signals_open(taken, sizeof taken / sizeof taken[0], 0);
}

/* Until all have ended. Whether a signal asked to stop. */
static bool run_all(struct matrix *matrix, int signal_fd)
{
    struct signalfd_siginfo info;
    bool interrupted = false;

    start_children(matrix);
    while (matrix->slots_used > 0) {
        if (read(signal_fd, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo != SIGCHLD) {
            interrupted = true;
            stop_children(matrix);
        }
        reap_children(matrix);
        start_children(matrix);
    }
    return interrupted;
}

static int print_all(struct matrix *matrix, bool interrupted)
{
    json_t *results = json_array();
    int status;

    for (unsigned i = 0; i < all_cells(matrix); i++)
        if (matrix->results[i] != NULL)
            json_array_append_new(results, matrix->results[i]);
    status = check_print(results, matrix->options->check.format);
    if (status == EXIT_STATUS_OK)
        status = check_print_status(results);
    if (interrupted)
        status = EXIT_STATUS_INTERRUPTED;
    else if (matrix->stopping)
        status = EXIT_STATUS_HOST_ERROR;
    json_decref(results);
    return status;
}

static bool has_room_for(char **argv)
{
    unsigned count = 0;

    while (argv[count] != NULL)
        count++;
    if (count < OPTIONS_MAX_ARGUMENTS)
        return true;
    log_error("--matrix: at most %d arguments are accepted", OPTIONS_MAX_ARGUMENTS - 1);
    return false;
}

/* Each check opens the files for itself. */
static bool can_be_read_often(const struct options *options)
{
    const struct check_options *check = &options->check;
    const char *pipe = NULL;

    for (unsigned i = 0; i < check->operand_count && pipe == NULL; i++)
        pipe = file_is_pipe(check->operands[i]) ? check->operands[i] : NULL;
    for (unsigned i = 0; i < options->host.initrd_count && pipe == NULL; i++)
        pipe = file_is_pipe(options->host.initrds[i]) ? options->host.initrds[i] : NULL;
    if (pipe != NULL)
        log_error("--matrix: %s is a pipe, which can be read only once; give a file", pipe);
    return pipe == NULL;
}

int matrix_run(const struct options *options, char **argv)
{
    static struct matrix matrix;
    int signal_fd;
    bool interrupted;

    if (!has_room_for(argv) || !can_be_read_often(options))
        return EXIT_STATUS_HOST_ERROR;
    signal_fd = open_signals();
    matrix = (struct matrix){.options = options,
                             .argv = argv,
                             .slots_total = host_cpu_count(),
                             .start_ns = host_monotonic_ns()};
    if (signal_fd < 0)
        return EXIT_STATUS_HOST_ERROR;
    for (unsigned i = next_in_shard(&matrix, 0); i < all_cells(&matrix);
         i = next_in_shard(&matrix, i + 1))
        matrix.cell_count++;
    matrix.next_cell = next_in_shard(&matrix, 0);
    log_note("%u checks, with %u vCPUs at a time", matrix.cell_count, matrix.slots_total);
    interrupted = run_all(&matrix, signal_fd);
    signals_close(signal_fd);
    return print_all(&matrix, interrupted);
}
