/* SPDX-License-Identifier: BSD-2-Clause */
/* The status of --clones where the host makes no more processes. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/clones.h"
#include "vmm/cmd/options.h"
#include "vmm/machine/machine_snapshot.h"

static struct restore_rig rig;
static char path[] = "/tmp/clones-XXXXXX";
static struct clones clones;
static struct options options;
static unsigned forks_left;

/* In the place of libc's: a process that ends at SIGINT, as a run does; and then no more of them.
 */
pid_t fork(void)
{
    sigset_t interrupt;
    pid_t pid;

    if (forks_left == 0) {
        errno = EAGAIN;
        return -1;
    }
    forks_left--;
    pid = (pid_t)syscall(SYS_fork);
    if (pid != 0)
        return pid;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigwaitinfo(&interrupt, NULL);
    _exit(EXIT_STATUS_INTERRUPTED);
}

static void
a_clone_that_cannot_be_started_ends_the_others_and_is_an_error_of_the_host(void **unused)
{
    int fd = mkstemp(path);

    (void)unused;
    assert_true(fd >= 0);
    close(fd);
    restore_rig_make(&rig);
    restore_rig_stop(&rig);
    assert_int_equal(machine_snapshot(&rig.rig.machine, path, SNAPSHOT_THEN_GO), 0);
    said();
    options.restore.path = path;
    options.restore.clone_count = 3;
    forks_left = 2;
    assert_false(clones_start(&clones, &options));
    assert_int_equal(clones_wait(&clones), EXIT_STATUS_HOST_ERROR);
    assert_string_equal(said(), "minivmm: --clones: clone 3 cannot be started: Resource "
                                "temporarily unavailable\n");
    restore_rig_destroy(&rig);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_clone_that_cannot_be_started_ends_the_others_and_is_an_error_of_the_host),
    };

    return cmocka_run_group_tests_name("clones", tests, NULL, NULL);
}
