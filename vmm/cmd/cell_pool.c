/* SPDX-License-Identifier: BSD-2-Clause */
/* See cell_pool.h. */
#include "vmm/cmd/cell_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_math.h"
#include "check/result.h"
#include "vmm/cmd/cell_child.h"
#include "vmm/cmd/check_print.h"
#include "vmm/cmd/options.h"
#include "vmm/host/child_process.h"
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

struct cell_pool {
    const struct cell_pool_work *work;
    char **argv;
    struct cell_child children[MAX_CHILDREN];
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

/* The next cell of the shard from here on; all_cells if there is none. */
static unsigned next_in_shard(const struct cell_pool *pool, unsigned cell)
{
    while (cell < pool->work->cell_count && !shard_has(&pool->work->shard, cell))
        cell++;
    return cell;
}

/* False after an error line. */
static bool start_child(struct cell_pool *pool, struct cell_child *child, unsigned cell)
{
    *child = (struct cell_child){.cell = cell, .slots = pool->work->vcpus(pool->work->ctx, cell)};
    if (child->slots > pool->slots_total)
        child->slots = pool->slots_total;
    if (cell_child_start(child, pool->argv, pool->work->output_dir) < 0)
        return false;
    pool->slots_used += child->slots;
    return true;
}

static struct cell_child *free_place(struct cell_pool *pool)
{
    for (unsigned i = 0; i < MAX_CHILDREN; i++)
        if (pool->children[i].pid == 0)
            return &pool->children[i];
    return NULL;
}

static void look_at_host(struct cell_pool *pool)
{
    pool->look_ns = host_monotonic_ns();
    pool->look_idle_ticks = host_idle_ticks();
}

/*
 * Whether one of the host's CPUs was idle since it was looked at: a guest is seldom busy on all of
 * its vCPUs, so there is room for another one. Not for more vCPUs than twice the CPUs.
 */
static bool has_idle_cpu(struct cell_pool *pool)
{
    uint64_t elapsed_ns = host_monotonic_ns() - pool->look_ns;
    uint64_t before_ticks = pool->look_idle_ticks;

    if (elapsed_ns < LOOK_MS * NS_PER_MS || pool->slots_used >= 2 * pool->slots_total)
        return false;
    look_at_host(pool);
    return (pool->look_idle_ticks - before_ticks) * TICK_MS * NS_PER_MS >= elapsed_ns;
}

/* The next cell is started if its vCPUs have a CPU each, if nothing else runs, or if there is
 * room. */
static bool may_start(struct cell_pool *pool)
{
    unsigned cpus = pool->work->vcpus(pool->work->ctx, pool->next_cell);

    return pool->slots_used == 0 || pool->slots_used + cpus <= pool->slots_total ||
           has_idle_cpu(pool);
}

static void start_children(struct cell_pool *pool)
{
    struct cell_child *place;

    while (!pool->stopping && pool->next_cell < pool->work->cell_count &&
           (place = free_place(pool)) != NULL && may_start(pool)) {
        if (!start_child(pool, place, pool->next_cell)) {
            pool->stopping = true;
            return;
        }
        pool->next_cell = next_in_shard(pool, pool->next_cell + 1);
        look_at_host(pool);
    }
}

/* At the pace so far. */
static void say_progress(const struct cell_pool *pool)
{
    uint64_t elapsed_ns = host_monotonic_ns() - pool->start_ns;
    unsigned left = pool->cell_count - pool->done_count;

    log_note("%u of %u %ss done, %u failed, about %llu s left", pool->done_count, pool->cell_count,
             pool->work->noun, pool->failed_count,
             (unsigned long long)(elapsed_ns / pool->done_count * left / NS_PER_SEC));
}

static void end_child(struct cell_pool *pool, struct cell_child *child, int wait_status)
{
    const char *name = pool->work->name(pool->work->ctx, child->cell);
    json_t *result = cell_child_result(child, name, wait_status);

    result_set_cell(result, child->cell + 1, pool->work->cell_count);
    pool->slots_used -= child->slots;
    pool->results[child->cell] = result;
    pool->done_count++;
    pool->failed_count += result_is_ok(result) ? 0 : 1;
    cell_child_close(child);
    say_progress(pool);
}

static void reap_children(struct cell_pool *pool)
{
    pid_t pid;
    int wait_status;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (unsigned i = 0; i < MAX_CHILDREN; i++)
            if (pool->children[i].pid == pid)
                end_child(pool, &pool->children[i], wait_status);
}

static void stop_children(struct cell_pool *pool)
{
    pool->stopping = true;
    for (unsigned i = 0; i < MAX_CHILDREN; i++)
        if (pool->children[i].pid > 0)
            kill(pool->children[i].pid, child_process_ending_signal());
}

/* Were SIGCHLD ignored, as the caller can leave it, the kernel would reap the children itself. */
static int open_signals(void)
{
    static const int taken[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};

    signal(SIGCHLD, SIG_DFL);
    return signals_open(taken, sizeof taken / sizeof taken[0], 0);
}

/* One signal, or none if there is none for as long as the host is looked at. */
static bool take_signal(struct cell_pool *pool, int signal_fd)
{
    struct pollfd waiting = {.fd = signal_fd, .events = POLLIN};
    struct signalfd_siginfo info;

    if (poll(&waiting, 1, LOOK_MS) <= 0 || read(signal_fd, &info, sizeof info) != sizeof info)
        return false;
    if (info.ssi_signo == SIGCHLD)
        return false;
    stop_children(pool);
    return true;
}

/* Until all have ended. Whether a signal asked to stop. */
static bool run_all(struct cell_pool *pool, int signal_fd)
{
    bool interrupted = false;

    start_children(pool);
    while (pool->slots_used > 0) {
        interrupted = take_signal(pool, signal_fd) || interrupted;
        reap_children(pool);
        start_children(pool);
    }
    return interrupted;
}

static int print_all(struct cell_pool *pool, bool interrupted)
{
    json_t *results = json_array();
    int status, summarized = EXIT_STATUS_OK;

    for (unsigned i = 0; i < pool->work->cell_count; i++)
        if (pool->results[i] != NULL)
            json_array_append_new(results, pool->results[i]);
    if (pool->work->summarize != NULL)
        summarized = pool->work->summarize(pool->work->ctx, results);
    status = check_print(results, pool->work->format);
    if (status == EXIT_STATUS_OK)
        status = check_print_status(results);
    if (status == EXIT_STATUS_OK)
        status = summarized;
    if (interrupted)
        status = EXIT_STATUS_INTERRUPTED;
    else if (pool->stopping)
        status = EXIT_STATUS_HOST_ERROR;
    json_decref(results);
    return status;
}

/* False after an error line. One that is there is used as it is. */
static bool make_output_dir(const char *path)
{
    if (path == NULL || mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    log_error("--output %s: %s", path, strerror(errno));
    return false;
}

static bool has_room_for(char **argv)
{
    unsigned count = 0;

    while (argv[count] != NULL)
        count++;
    if (count < OPTIONS_MAX_ARGUMENTS)
        return true;
    log_error("%s: at most %d arguments are accepted", argv[1], OPTIONS_MAX_ARGUMENTS - 1);
    return false;
}

int cell_pool_run(const struct cell_pool_work *work, char **argv)
{
    static struct cell_pool pool;
    int signal_fd;
    bool interrupted;

    if (!has_room_for(argv) || !make_output_dir(work->output_dir))
        return EXIT_STATUS_HOST_ERROR;
    signal_fd = open_signals();
    if (signal_fd < 0)
        return EXIT_STATUS_HOST_ERROR;
    pool = (struct cell_pool){.work = work,
                              .argv = argv,
                              .slots_total = host_cpu_count(),
                              .start_ns = host_monotonic_ns()};
    for (unsigned i = next_in_shard(&pool, 0); i < work->cell_count;
         i = next_in_shard(&pool, i + 1))
        pool.cell_count++;
    pool.next_cell = next_in_shard(&pool, 0);
    log_note("%u %ss, with %u vCPUs at a time", pool.cell_count, work->noun, pool.slots_total);
    interrupted = run_all(&pool, signal_fd);
    signals_close(signal_fd);
    return print_all(&pool, interrupted);
}
