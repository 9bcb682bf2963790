/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk's file and its thread. Nothing waits for a time: a test waits until all is done. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/said.h"
#include "vmm/host/disk.h"

#define SIZE_BYTES 65536

static struct disk_choice choice;
static struct disk disk;
static int done_fd;

static void make_file(off_t size_bytes)
{
    int fd;

    strcpy(choice.path, "/tmp/test_disk.XXXXXX");
    fd = mkstemp(choice.path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size_bytes), 0);
    close(fd);
}

static int set_up(void **unused)
{
    (void)unused;
    said_begin();
    choice = (struct disk_choice){0};
    make_file(SIZE_BYTES);
    done_fd = eventfd(0, EFD_NONBLOCK);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    disk_close(&disk);
    unlink(choice.path);
    close(done_fd);
    said_end();
    return 0;
}

static void start(void)
{
    assert_int_equal(disk_open(&disk, &choice, done_fd), 0);
    assert_int_equal(disk_start(&disk), 0);
}

static struct blk_request request_of(enum blk_operation operation, uint64_t offset_bytes,
                                     uint64_t size_bytes)
{
    return (struct blk_request){
        .operation = operation, .offset_bytes = offset_bytes, .size_bytes = size_bytes};
}

/* A part of the request's data. */
static void add_part(struct blk_request *request, void *bytes, uint32_t size_bytes)
{
    request->segments[request->count++] =
        (struct virtq_segment){.host = bytes, .size_bytes = size_bytes};
}

static bool do_it(struct blk_request *request)
{
    disk_submit(&disk, request);
    disk_wait(&disk);
    assert_ptr_equal(disk_take_done(&disk), request);
    assert_null(disk_take_done(&disk));
    return !request->has_failed;
}

static void what_is_written_is_read(void **unused)
{
    uint8_t out[1024], in[1024] = {0};
    struct blk_request write = request_of(BLK_WRITE, 4096, 1024);
    struct blk_request read = request_of(BLK_READ, 4096, 1024);
    eventfd_t told;

    (void)unused;
    start();
    assert_int_equal(disk.size_bytes, SIZE_BYTES);
    memset(out, 0x5a, sizeof out);
    add_part(&write, out, 1000);
    add_part(&write, out + 1000, 24);
    add_part(&read, in, 1);
    add_part(&read, in + 1, 1023);
    assert_true(do_it(&write));
    assert_int_equal(eventfd_read(done_fd, &told), 0);
    assert_true(do_it(&read));
    assert_memory_equal(in, out, sizeof out);
}

static void requests_are_done_in_their_order(void **unused)
{
    static struct blk_request requests[50];
    static uint8_t bytes[50][512];

    (void)unused;
    start();
    for (unsigned i = 0; i < 50; i++) {
        bool is_write = i % 2 == 0;

        memset(bytes[i], is_write ? (int)i + 1 : 0, 512);
        requests[i] = request_of(is_write ? BLK_WRITE : BLK_READ, 512, 512);
        add_part(&requests[i], bytes[i], 512);
        disk_submit(&disk, &requests[i]);
    }
    disk_wait(&disk);
    for (unsigned i = 0; i < 50; i += 2)
        assert_memory_equal(bytes[i], bytes[i + 1], 512);
    for (struct blk_request *request = disk_take_done(&disk), *next = requests; request != NULL;
         request = request->next)
        assert_ptr_equal(request, next++);
}

static void ranges_become_zeroes(void **unused)
{
    uint8_t bytes[1536];
    struct blk_request write = request_of(BLK_WRITE, 0, 1536);
    struct blk_request zero = request_of(BLK_WRITE_ZEROES, 512, 512);
    struct blk_request unmap = request_of(BLK_WRITE_ZEROES, 1024, 512);
    struct blk_request read = request_of(BLK_READ, 0, 1536);
    struct blk_request discard = request_of(BLK_DISCARD, 0, 512);
    struct blk_request flush = request_of(BLK_FLUSH, 0, 0);

    (void)unused;
    start();
    memset(bytes, 0xff, sizeof bytes);
    add_part(&write, bytes, sizeof bytes);
    add_part(&read, bytes, sizeof bytes);
    unmap.may_unmap = true;
    write.is_synchronous = true;
    assert_true(do_it(&write) && do_it(&zero) && do_it(&unmap) && do_it(&read));
    assert_int_equal(bytes[511], 0xff);
    for (unsigned i = 512; i < 1536; i++)
        assert_int_equal(bytes[i], 0);
    assert_true(do_it(&discard) && do_it(&flush));
}

static void a_file_that_has_shrunk_is_an_error_that_is_said_once(void **unused)
{
    uint8_t bytes[512];
    struct blk_request read = request_of(BLK_READ, SIZE_BYTES - 512, 512);
    struct blk_request again = read;

    (void)unused;
    start();
    assert_int_equal(truncate(choice.path, 512), 0);
    add_part(&read, bytes, sizeof bytes);
    add_part(&again, bytes, sizeof bytes);
    assert_false(do_it(&read));
    assert_non_null(strstr(said(), "Input/output error; the guest is told of an I/O error"));
    assert_false(do_it(&again));
    assert_string_equal(said(), "");
}

static void one_process_writes_a_disk_and_several_read_it(void **unused)
{
    struct disk_choice read_only = choice;
    struct disk other;

    (void)unused;
    start();
    assert_int_equal(disk_open(&other, &choice, done_fd), -EAGAIN);
    assert_non_null(strstr(said(), "another process uses it"));
    read_only.is_read_only = true;
    assert_int_equal(disk_open(&other, &read_only, done_fd), -EAGAIN);
    disk_close(&disk);
    assert_int_equal(disk_open(&disk, &read_only, done_fd), 0);
    assert_int_equal(disk_open(&other, &read_only, done_fd), 0);
    disk_close(&other);
}

static void what_is_no_disk_is_refused(void **unused)
{
    struct disk_choice folder = {.path = "/tmp"}, none = {.path = "/nonexistent/disk"};

    (void)unused;
    assert_true(disk_open(&disk, &folder, done_fd) < 0);
    assert_int_equal(disk_open(&disk, &none, done_fd), -ENOENT);
    said();
    assert_int_equal(truncate(choice.path, 513), 0);
    assert_int_equal(disk_open(&disk, &choice, done_fd), -EINVAL);
    assert_non_null(strstr(said(), "no multiple of 512 bytes"));
    assert_int_equal(truncate(choice.path, 0), 0);
    assert_int_equal(disk_open(&disk, &choice, done_fd), -EINVAL);
}

/* The thread finds the requests and the end at once. */
static void what_has_not_begun_at_the_end_is_left(void **unused)
{
    static struct blk_request requests[20];
    static uint8_t bytes[512];
    int fd;

    (void)unused;
    assert_int_equal(disk_open(&disk, &choice, done_fd), 0);
    memset(bytes, 7, sizeof bytes);
    for (unsigned i = 0; i < 20; i++) {
        requests[i] = request_of(BLK_WRITE, i * 512, 512);
        add_part(&requests[i], bytes, 512);
        disk_submit(&disk, &requests[i]);
    }
    disk.is_stopping = true;
    assert_int_equal(disk_start(&disk), 0);
    disk_close(&disk);
    assert_null(disk_take_done(&disk));
    fd = open(choice.path, O_RDONLY);
    for (unsigned i = 0; i < 20; i++) {
        uint8_t read_back;

        assert_int_equal(pread(fd, &read_back, 1, i * 512), 1);
        assert_int_equal(read_back, 0);
    }
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(requests_are_done_in_their_order),
        TEST(ranges_become_zeroes),
        TEST(a_file_that_has_shrunk_is_an_error_that_is_said_once),
        TEST(one_process_writes_a_disk_and_several_read_it),
        TEST(what_is_no_disk_is_refused),
        TEST(what_has_not_begun_at_the_end_is_left),
    };

    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
