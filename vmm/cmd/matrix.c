/* SPDX-License-Identifier: BSD-2-Clause */
/* See matrix.h. */
#include "vmm/cmd/matrix.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_math.h"
#include "check/cells.h"
#include "check/result.h"
#include "vmm/cmd/check_print.h"
#include "vmm/cmd/matrix_child.h"
#include "vmm/cmd/options.h"
#include "vmm/host/child_process.h"
#include "vmm/host/file.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/host_load.h"
#include "vmm/host/log.h"
#include "vmm/host/signals.h"
#include "vmm/machine/exit_status.h"

#define NS_PER_MS    UINT64_C(1000000)
#define MAX_CHILDREN 64
/* How often the host is looked at, and for how long it is to have been idle. */
#define LOOK_MS 250
#define TICK_MS 10

struct matrix {
    const struct options *options;
    char **argv;
    struct matrix_child children[MAX_CHILDREN];
    unsigned slots_used;
    unsigned slots_total;
    /* When the host was looked at, and its idle time by then. */
    uint64_t look_ns;
    uint64_t look_idle_ticks;
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

/* The next cell of the shard from here on; all_cells if there is none. */
static unsigned next_in_shard(const struct matrix *matrix, unsigned cell)
{
    while (cell < all_cells(matrix) && !shard_has(&matrix->options->check.shard, cell))
        cell++;
    return cell;
}

/* False after an error line. */
static bool start_child(struct matrix *matrix, struct matrix_child *child, unsigned cell)
{
    *child = (struct matrix_child){.cell = cell, .slots = cell_at(cell).machine.cpu_count};
    if (child->slots > matrix->slots_total)
        child->slots = matrix->slots_total;
    if (matrix_child_start(child, matrix->argv, matrix->options->check.output_dir) < 0)
        return false;
    matrix->slots_used += child->slots;
    return true;
}

static struct matrix_child *free_place(struct matrix *matrix)
{
    for (unsigned i = 0; i < MAX_CHILDREN; i++)
        if (matrix->children[i].pid == 0)
            return &matrix->children[i];
    return NULL;
}

static void look_at_host(struct matrix *matrix)
{
    matrix->look_ns = host_monotonic_ns();
    matrix->look_idle_ticks = host_idle_ticks();
}

/*
 * Whether one of the host's CPUs was idle since it was looked at: a guest is seldom busy on all of
 * its vCPUs, so there is room for another one. Not for more vCPUs than twice the CPUs.
 */
static bool has_idle_cpu(struct matrix *matrix)
{
    uint64_t elapsed_ns = host_monotonic_ns() - matrix->look_ns;
    uint64_t before_ticks = matrix->look_idle_ticks;

    if (elapsed_ns < LOOK_MS * NS_PER_MS || matrix->slots_used >= 2 * matrix->slots_total)
        return false;
    look_at_host(matrix);
    return (matrix->look_idle_ticks - before_ticks) * TICK_MS * NS_PER_MS >= elapsed_ns;
}

/* The next check is started if its vCPUs have a CPU each, if nothing else runs, or if there is
 * room. */
static bool may_start(struct matrix *matrix)
{
    unsigned cpus = cell_at(matrix->next_cell).machine.cpu_count;

    return matrix->slots_used == 0 || matrix->slots_used + cpus <= matrix->slots_total ||
           has_idle_cpu(matrix);
}

static void start_children(struct matrix *matrix)
{
    struct matrix_child *place;

    while (!matrix->stopping && matrix->next_cell < all_cells(matrix) &&
           (place = free_place(matrix)) != NULL && may_start(matrix)) {
        if (!start_child(matrix, place, matrix->next_cell)) {
            matrix->stopping = true;
            return;
        }
        matrix->next_cell = next_in_shard(matrix, matrix->next_cell + 1);
        look_at_host(matrix);
    }
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

static void end_child(struct matrix *matrix, struct matrix_child *child, int wait_status)
{
    const char *kernel = matrix->options->check.operands[cell_at(child->cell).kernel];
    json_t *result = matrix_child_result(child, kernel, wait_status);

    result_set_cell(result, child->cell + 1, all_cells(matrix));
    matrix->slots_used -= child->slots;
    matrix->results[child->cell] = result;
    matrix->done_count++;
    matrix->failed_count += result_is_ok(result) ? 0 : 1;
    matrix_child_close(child);
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

static void stop_children(struct matrix *matrix)
{
    matrix->stopping = true;
    for (unsigned i = 0; i < MAX_CHILDREN; i++)
        if (matrix->children[i].pid > 0)
            kill(matrix->children[i].pid, child_process_ending_signal());
}

/* Were SIGCHLD ignored, as the caller can leave it, the kernel would reap the children itself. */
static int open_signals(void)
{
    static const int taken[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};

    signal(SIGCHLD, SIG_DFL);
    return signals_open(taken, sizeof taken / sizeof taken[0], 0);
}

/* One signal, or none if there is none for as long as the host is looked at. */
static bool take_signal(struct matrix *matrix, int signal_fd)
{
    struct pollfd waiting = {.fd = signal_fd, .events = POLLIN};
    struct signalfd_siginfo info;

    if (poll(&waiting, 1, LOOK_MS) <= 0 || read(signal_fd, &info, sizeof info) != sizeof info)
        return false;
    if (info.ssi_signo == SIGCHLD)
        return false;
    stop_children(matrix);
    return true;
}

/* Until all have ended. Whether a signal asked to stop. */
static bool run_all(struct matrix *matrix, int signal_fd)
{
    bool interrupted = false;

    start_children(matrix);
    while (matrix->slots_used > 0) {
        interrupted = take_signal(matrix, signal_fd) || interrupted;
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

/* True after an error line. */
static bool refuse_pipe(const char *path)
{
    if (!file_is_pipe(path))
        return false;
    log_error("--matrix: %s is a pipe, which can be read only once; give a file", path);
    return true;
}

/* As refuse_pipe, for the FILE of "FILE WORDS". */
static bool refuse_initrd_pipe(const char *text)
{
    char *name = file_name_of(text);
    bool refused = name != NULL && refuse_pipe(name);

    free(name);
    return refused;
}

/* Each check opens the files for itself. */
static bool can_be_read_often(const struct options *options)
{
    const struct check_options *check = &options->check;

    for (unsigned i = 0; i < check->operand_count; i++)
        if (refuse_pipe(check->operands[i]))
            return false;
    for (unsigned i = 0; i < options->host.initrd_count; i++)
        if (refuse_initrd_pipe(options->host.initrds[i]))
            return false;
    for (unsigned i = 0; i < check->expect_count; i++)
        if (check->expect_files[i] != NULL && refuse_pipe(check->expect_texts[i] + 1))
            return false;
    return true;
}

/* False after an error line. One that is there is used as it is. */
static bool make_output_dir(const char *path)
{
    if (path == NULL || mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    log_error("--output %s: %s", path, strerror(errno));
    return false;
}

int matrix_run(const struct options *options, char **argv)
{
    static struct matrix matrix;
    int signal_fd;
    bool interrupted;

    if (!has_room_for(argv) || !can_be_read_often(options))
        return EXIT_STATUS_HOST_ERROR;
    if (!make_output_dir(options->check.output_dir))
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
