/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that the user names: regular ones are opened, and of others it is said what is wrong. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/file.h"

static char folder[] = "/tmp/minivmm-file-XXXXXX";
static char path[64];

static int setup(void **unused)
{
    (void)unused;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    return rmdir(folder);
}

static void assert_refused(const char *name, int result, const char *expected)
{
    uint64_t size_bytes;
    const char *error = NULL;

    assert_int_equal(file_open(name, &size_bytes, &error), result);
    assert_string_equal(error, expected);
}

static void a_regular_file_is_opened_for_reading_and_closed_at_exec(void **unused)
{
    uint64_t size_bytes = 0;
    const char *error = NULL;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    (void)unused;
    assert_int_equal(write(fd, "12345", 5), 5);
    close(fd);
    fd = file_open(path, &size_bytes, &error);
    assert_true(fd >= 0);
    assert_int_equal(size_bytes, 5);
    assert_null(error);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    unlink(path);
}

static void what_is_no_regular_file_is_refused(void **unused)
{
    int next = dup(STDIN_FILENO);

    (void)unused;
    close(next);
    assert_refused(folder, -EISDIR, "Is a directory");
    assert_refused("/dev/null", -EINVAL, "Not a regular file");
    assert_refused(path, -ENOENT, "No such file or directory");
    /* Nothing is left open. */
    assert_int_equal(dup(STDIN_FILENO), next);
    close(next);
}

/* Without O_NONBLOCK this would wait for ever. */
static void a_named_pipe_that_nobody_writes_to_is_refused_at_once(void **unused)
{
    (void)unused;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(path, -EINVAL, "Not a regular file");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_regular_file_is_opened_for_reading_and_closed_at_exec),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
        cmocka_unit_test(a_named_pipe_that_nobody_writes_to_is_refused_at_once),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
