/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that the user names: regular ones are opened, pipes are read, and of others it is said what
 * is wrong.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host/file.h"

#define PIPE_MAX_BYTES 0x200000

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

    assert_int_equal(file_open(name, PIPE_MAX_BYTES, &size_bytes, &error), result);
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
    fd = file_open(path, PIPE_MAX_BYTES, &size_bytes, &error);
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
    assert_refused("/dev/null", -EINVAL, "Neither a regular file nor a pipe");
    assert_refused(path, -ENOENT, "No such file or directory");
    /* Nothing is left open. */
    assert_int_equal(dup(STDIN_FILENO), next);
    close(next);
}

/* Writes size_bytes bytes, 0, 1, 2 and so on, and closes its end. */
struct writer {
    pthread_t thread;
    int fd;
    unsigned size_bytes;
};

static void *write_all(void *argument)
{
    struct writer *writer = argument;
    uint8_t bytes[1000];

    for (unsigned written = 0; written < writer->size_bytes;) {
        unsigned count = writer->size_bytes - written;

        count = count < sizeof bytes ? count : sizeof bytes;
        for (unsigned i = 0; i < count; i++)
            bytes[i] = (uint8_t)(written + i);
        if (write(writer->fd, bytes, count) != (ssize_t)count)
            break;
        written += count;
    }
    close(writer->fd);
    return NULL;
}

/* Makes a pipe that the writer writes to; `name` is that of its other end, which is returned. */
static int start_writer(struct writer *writer, unsigned size_bytes, char name[32])
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    snprintf(name, 32, "/proc/self/fd/%d", fds[0]);
    *writer = (struct writer){.fd = fds[1], .size_bytes = size_bytes};
    assert_int_equal(pthread_create(&writer->thread, NULL, write_all, writer), 0);
    return fds[0];
}

/* More than the pipe has room for, so the reader waits for the writer and the writer for it. */
static void a_pipe_is_read_to_its_end_and_can_then_be_read_anywhere(void **unused)
{
    uint64_t size_bytes = 0;
    const char *error = NULL;
    struct writer writer;
    char name[32];
    uint8_t bytes[3];
    int pipe_fd = start_writer(&writer, 1000001, name);
    int fd = file_open(name, PIPE_MAX_BYTES, &size_bytes, &error);

    (void)unused;
    pthread_join(writer.thread, NULL);
    assert_true(fd >= 0);
    assert_int_equal(size_bytes, 1000001);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(pread(fd, bytes, 3, 999999), 2);
    assert_memory_equal(bytes, "\x3f\x40", 2);
    assert_int_equal(pread(fd, bytes, 3, 255), 3);
    assert_memory_equal(bytes, "\xff\x00\x01", 3);
    close(fd);
    close(pipe_fd);
}

static void a_pipe_with_more_than_the_limit_is_refused_and_one_with_as_much_is_not(void **unused)
{
    for (unsigned more = 0; more < 2; more++) {
        uint64_t size_bytes = 0;
        const char *error = NULL;
        struct writer writer;
        char name[32];
        int pipe_fd = start_writer(&writer, 100000 + more, name);
        int fd = file_open(name, 100000, &size_bytes, &error);

        (void)unused;
        pthread_join(writer.thread, NULL);
        close(pipe_fd);
        if (more == 0) {
            assert_int_equal(size_bytes, 100000);
            close(fd);
        } else {
            assert_int_equal(fd, -EFBIG);
            assert_string_equal(error, "Too much came out of this pipe");
        }
    }
}

static void a_pipe_that_ends_before_its_first_byte_is_refused(void **unused)
{
    struct writer writer;
    char name[32];
    int pipe_fd = start_writer(&writer, 0, name);

    (void)unused;
    pthread_join(writer.thread, NULL);
    assert_refused(name, -ENODATA, "Nothing came out of this pipe");
    close(pipe_fd);
}

static void assert_name_of(const char *text, const char *expected)
{
    char *name = file_name_of(text);

    assert_non_null(name);
    assert_string_equal(name, expected);
    free(name);
}

static void the_name_before_words_is_the_longest_that_there_is(void **unused)
{
    char name[80], text[96];
    int fd;

    (void)unused;
    snprintf(name, sizeof name, "%s/a b", folder);
    snprintf(text, sizeof text, "%s c=1 d", name);
    assert_name_of(text, text);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_name_of(text, name);
    assert_name_of(name, name);
    unlink(name);
    assert_name_of("", "");
    assert_name_of(" ", " ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_regular_file_is_opened_for_reading_and_closed_at_exec),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
        cmocka_unit_test(a_pipe_is_read_to_its_end_and_can_then_be_read_anywhere),
        cmocka_unit_test(a_pipe_with_more_than_the_limit_is_refused_and_one_with_as_much_is_not),
        cmocka_unit_test(a_pipe_that_ends_before_its_first_byte_is_refused),
        cmocka_unit_test(the_name_before_words_is_the_longest_that_there_is),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
