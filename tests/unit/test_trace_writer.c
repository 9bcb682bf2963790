/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace on its way to its file: rings that never wait, a thread, and a disk that may be full. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/said.h"
#include "tests/unit/trace_reader.h"
#include "vmm/host/trace_writer.h"

#define NO_LIMIT UINT64_MAX

static char folder[] = "/tmp/minivmm-trace-XXXXXX";
static char path[64];
static struct trace_ring ring;
static struct trace_writer writer;
static struct trace_reader reader;

static int make_folder(void **unused)
{
    (void)unused;
    snprintf(path, sizeof path, "%s/trace", mkdtemp(folder));
    return 0;
}

static int remove_folder(void **unused)
{
    (void)unused;
    unlink(path);
    return rmdir(folder);
}

static int setup(void **unused)
{
    (void)unused;
    memset(&ring, 0, sizeof ring);
    fake_clock_reset();
    said_begin();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    said_end();
    return 0;
}

static struct trace_record record_of(uint64_t n)
{
    return (struct trace_record){.tsc = 10 * n, .g_ns = n, .value = n, .kind = TRACE_EXIT};
}

static void put(struct trace_ring *to, uint64_t first, uint64_t count)
{
    for (uint64_t n = first; n < first + count; n++) {
        struct trace_record record = record_of(n);

        trace_ring_put(to, &record);
    }
}

/* Takes count slots out, whose values are from first on. */
static void take(uint64_t first, unsigned count)
{
    static struct trace_record slots[TRACE_RING_RECORDS];
    uint64_t records;

    assert_int_equal(trace_ring_copy(&ring, slots, count, &records), count);
    assert_int_equal(records, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(slots[i].value, first + i);
    trace_ring_drop(&ring, count);
}

static void a_ring_gives_what_was_put_round_and_round(void **unused)
{
    (void)unused;
    for (uint64_t n = 0; n < 3 * TRACE_RING_RECORDS; n += 1000) {
        put(&ring, n, 1000);
        take(n, 1000);
    }
}

static void what_finds_no_room_is_a_gap_in_its_place(void **unused)
{
    struct trace_record slots[3];
    uint64_t records;

    (void)unused;
    put(&ring, 0, TRACE_RING_RECORDS + 5);
    take(0, TRACE_RING_RECORDS - 1);
    put(&ring, 100000, 1);
    assert_int_equal(ring.dropped, 5);
    assert_int_equal(trace_ring_copy(&ring, slots, 3, &records), 3);
    assert_int_equal(slots[0].value, TRACE_RING_RECORDS - 1);
    assert_int_equal(slots[1].kind, TRACE_GAP);
    assert_int_equal(slots[1].value, 5);
    assert_int_equal(slots[1].g_ns, TRACE_RING_RECORDS);
    assert_int_equal(slots[2].value, 100000);
}

static void a_gap_and_a_record_need_room_for_both(void **unused)
{
    (void)unused;
    put(&ring, 0, TRACE_RING_RECORDS + 1);
    take(0, 1);
    put(&ring, 7, 1);
    assert_int_equal(ring.dropped, 2);
    take(1, TRACE_RING_RECORDS - 1);
}

static void a_text_is_not_torn_from_its_record(void **unused)
{
    static struct trace_record slots[TRACE_RING_RECORDS];
    const struct trace_record mark = {.kind = TRACE_MARK};
    uint64_t records;

    (void)unused;
    put(&ring, 0, 2);
    trace_ring_put_text(&ring, &mark, "more than the 32 bytes of one record");
    assert_int_equal(trace_ring_copy(&ring, slots, 4, &records), 2);
    assert_int_equal(trace_ring_copy(&ring, slots, 5, &records), 5);
    assert_int_equal(records, 3);
    trace_ring_drop(&ring, 5);
    put(&ring, 0, TRACE_RING_RECORDS - 2);
    trace_ring_put_text(&ring, &mark, "more than the 32 bytes of one record");
    assert_int_equal(ring.dropped, 1);
    take(0, TRACE_RING_RECORDS - 2);
}

/* A gap in the ring stands for as many as are missing there. */
static void a_gap_counts_as_what_it_stands_for(void **unused)
{
    static struct trace_record slots[TRACE_RING_RECORDS];
    uint64_t records;

    (void)unused;
    put(&ring, 0, TRACE_RING_RECORDS + 5);
    take(0, TRACE_RING_RECORDS - 1);
    put(&ring, 100000, 1);
    assert_int_equal(trace_ring_copy(&ring, slots, TRACE_RING_RECORDS, &records), 3);
    assert_int_equal(records, 1 + 5 + 1);
}

static void open_writer(const char *name, uint64_t limit_bytes)
{
    assert_int_equal(trace_writer_open(&writer, name, limit_bytes, "{}", 2), 0);
}

static void a_file_has_what_each_ring_got(void **unused)
{
    struct trace_event event;

    (void)unused;
    open_writer(path, NO_LIMIT);
    for (uint64_t n = 0; n < 20000; n += 100) {
        put(&writer.rings[0], n, 100);
        put(&writer.rings[1], 2 * n, 200);
    }
    assert_true(trace_writer_close(&writer));
    assert_string_equal(said(), "");
    trace_reader_open(&reader, path);
    for (uint64_t next[2] = {0, 0}; next[0] < 20000 || next[1] < 40000; next[event.thread]++) {
        assert_true(trace_reader_find(&reader, TRACE_EXIT, &event));
        assert_int_equal(event.record.value, next[event.thread]);
    }
    assert_int_equal(trace_reader_count(&reader, TRACE_EXIT), 0);
    trace_reader_close(&reader);
}

static void an_old_file_is_lost(void **unused)
{
    (void)unused;
    open_writer(path, NO_LIMIT);
    put(&writer.rings[0], 0, 1000);
    assert_true(trace_writer_close(&writer));
    open_writer(path, NO_LIMIT);
    assert_true(trace_writer_close(&writer));
    trace_reader_open(&reader, path);
    assert_int_equal(trace_reader_count(&reader, TRACE_EXIT), 0);
    trace_reader_close(&reader);
}

/* The file is whole all the same, and says how much is missing. */
static void at_the_limit_records_are_missing_and_counted(void **unused)
{
    struct trace_event event;
    struct stat status;

    (void)unused;
    open_writer(path, 4096);
    put(&writer.rings[0], 0, 1000);
    assert_false(trace_writer_close(&writer));
    assert_non_null(strstr(said(), "the file has reached --output-limit; records are missing"));
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size <= 4096);
    trace_reader_open(&reader, path);
    assert_true(trace_reader_find(&reader, TRACE_GAP, &event));
    assert_int_equal(event.record.value, 1000);
    trace_reader_close(&reader);
}

/* Room is kept for the gaps and the end: the file of a run that was not killed says so. */
static void at_the_limit_there_is_room_for_the_end(void **unused)
{
    struct trace_event event;

    (void)unused;
    for (uint64_t limit_bytes = 160; limit_bytes <= 352; limit_bytes += 32) {
        open_writer(path, limit_bytes);
        put(&writer.rings[0], 0, 5);
        put(&writer.rings[1], 0, 1000);
        assert_false(trace_writer_close(&writer));
        trace_reader_open(&reader, path);
        assert_true(trace_reader_find(&reader, TRACE_GAP, &event));
        trace_reader_close(&reader);
    }
}

/* As the disk is after some time. */
static void a_full_disk_stops_nobody(void **unused)
{
    int full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)unused;
    open_writer(path, NO_LIMIT);
    assert_int_equal(dup2(full_fd, writer.fd), writer.fd);
    close(full_fd);
    put(&writer.rings[0], 0, 3 * TRACE_RING_RECORDS);
    assert_false(trace_writer_close(&writer));
    assert_non_null(strstr(said(), "No space left on device; records are missing from it from"));
}

static void a_disk_that_is_full_at_the_start_is_said(void **unused)
{
    (void)unused;
    assert_true(trace_writer_open(&writer, "/dev/full", NO_LIMIT, "{}", 2) < 0);
    assert_string_equal(said(),
                        "minivmm: --trace: cannot write '/dev/full': No space left on device\n");
}

static void what_is_no_file_is_refused(void **unused)
{
    (void)unused;
    assert_true(trace_writer_open(&writer, folder, NO_LIMIT, "{}", 2) < 0);
    assert_non_null(strstr(said(), "Is a directory"));
    assert_true(trace_writer_open(&writer, "/tmp/minivmm-no-such-folder/trace", NO_LIMIT, "{}", 2) <
                0);
    assert_non_null(strstr(said(), "No such file or directory"));
}

/* A producer that the thread cannot follow: the gap at the end is in the file. */
static void what_was_dropped_last_is_in_the_file(void **unused)
{
    (void)unused;
    open_writer(path, NO_LIMIT);
    writer.rings[1].gap = (struct trace_record){.value = 3, .kind = TRACE_GAP};
    writer.rings[1].dropped = 3;
    assert_false(trace_writer_close(&writer));
    assert_non_null(strstr(said(), "this host is too slow for it: records are missing"));
    trace_reader_open(&reader, path);
    assert_int_equal(trace_reader_count(&reader, TRACE_GAP), 1);
    trace_reader_close(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ring_gives_what_was_put_round_and_round, setup, teardown),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_a_gap_in_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_gap_and_a_record_need_room_for_both, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_is_not_torn_from_its_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_gap_counts_as_what_it_stands_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_has_what_each_ring_got, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_file_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(at_the_limit_records_are_missing_and_counted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(at_the_limit_there_is_room_for_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_stops_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_is_full_at_the_start_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_dropped_last_is_in_the_file, setup, teardown),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
