/* SPDX-License-Identifier: BSD-2-Clause */
/* Output that is collected, on a socket: when it is written, by a clock that the test moves. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "vmm/host/console.h"
#include "vmm/host/log_writer.h"

#define STREAM_BYTES 50000
#define PAUSES_MAX   16
#define PAUSE_LOOPS  100u
#define YIELD_BYTES  61
#define RESTS_MAX    32

struct rig {
    struct console console;
    struct event_loop loop;
    /* Our end of what the console writes to and reads from. */
    int reader;
    unsigned told;
};

static struct rig rig;

static void on_told(void *ctx, unsigned events)
{
    (void)ctx;
    rig.told |= events;
}

static int setup(void **unused)
{
    int ends[2];

    (void)unused;
    fake_clock_reset();
    event_loop_init(&rig.loop);
    rig.told = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    rig.reader = ends[0];
    assert_int_equal(console_open_socket(&rig.console, "console", ends[1]), 0);
    close(ends[1]);
    console_collect_output(&rig.console);
    assert_int_equal(console_attach(&rig.console, &rig.loop, on_told, NULL), 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    if (rig.console.wake_fd > 0)
        console_close(&rig.console);
    close(rig.reader);
    return 0;
}

static void put_text(const char *text)
{
    for (; *text != '\0'; text++)
        assert_true(console_put(&rig.console, (uint8_t)*text));
}

static void turn(void)
{
    assert_int_equal(event_loop_turn(&rig.loop, 0), 0);
}

static void turn_after_ns(uint64_t ns)
{
    fake_clock_advance_ns(ns);
    turn();
}

static uint64_t left_ns(void)
{
    return event_loop_left_ns(&rig.loop, fake_clock_ns());
}

/* Whether no descriptor is ready: the loop sleeps until its next deadline. */
static bool nobody_is_woken(void)
{
    struct pollfd fds[EVENT_LOOP_MAX_SOURCES];

    memcpy(fds, rig.loop.polled, sizeof fds);
    return poll(fds, EVENT_LOOP_MAX_SOURCES, 0) == 0;
}

static void assert_written(const char *expected)
{
    char text[64] = "";

    if (read(rig.reader, text, sizeof text - 1) < 0)
        text[0] = '\0';
    assert_string_equal(text, expected);
}

static size_t read_all(void)
{
    char bytes[4096];
    size_t total = 0;
    ssize_t count;

    while ((count = read(rig.reader, bytes, sizeof bytes)) > 0)
        total += (size_t)count;
    return total;
}

static void the_first_byte_after_a_silence_is_written_at_once(void **unused)
{
    (void)unused;
    put_text("a");
    assert_false(nobody_is_woken());
    turn();
    assert_written("a");
}

static void what_follows_wakes_nobody_and_is_written_together(void **unused)
{
    (void)unused;
    put_text("a");
    turn();
    assert_written("a");
    put_text("b\nc");
    assert_true(nobody_is_woken());
    assert_int_equal(left_ns(), CONSOLE_REST_MIN_NS);
    turn_after_ns(CONSOLE_REST_MIN_NS - 1);
    assert_written("");
    put_text("d");
    assert_true(nobody_is_woken());
    turn_after_ns(1);
    assert_written("b\ncd");
}

static void a_guest_that_goes_on_is_looked_at_less_and_less_often(void **unused)
{
    uint64_t expected_ns = CONSOLE_REST_MIN_NS;

    (void)unused;
    put_text("a");
    turn();
    for (unsigned i = 0; i < RESTS_MAX; i++) {
        assert_int_equal(left_ns(), expected_ns);
        put_text("b");
        turn_after_ns(left_ns());
        expected_ns *= 2;
        if (expected_ns > CONSOLE_REST_MAX_NS)
            expected_ns = CONSOLE_REST_MAX_NS;
    }
    assert_int_equal(read_all(), 1 + RESTS_MAX);
    assert_int_equal(left_ns(), CONSOLE_REST_MAX_NS);
}

static void a_silent_guest_is_looked_at_once_and_then_not_any_more(void **unused)
{
    (void)unused;
    put_text("a");
    turn();
    put_text("b");
    turn_after_ns(left_ns());
    assert_written("ab");
    turn_after_ns(left_ns());
    assert_int_equal(left_ns(), TIME_NEVER_NS);
    assert_true(nobody_is_woken());
    put_text("c");
    assert_false(nobody_is_woken());
    turn();
    assert_written("c");
    assert_int_equal(left_ns(), CONSOLE_REST_MIN_NS);
}

static void a_ring_that_is_half_full_is_written_before_the_rest_is_over(void **unused)
{
    (void)unused;
    put_text("a");
    turn();
    for (unsigned i = 1; i < CONSOLE_OUTPUT_SIZE / 2; i++)
        put_text("b");
    assert_true(nobody_is_woken());
    put_text("b");
    assert_false(nobody_is_woken());
    turn();
    assert_int_equal(read_all(), 1 + CONSOLE_OUTPUT_SIZE / 2);
}

static void input_ends_the_rest_so_that_its_echo_is_seen_at_once(void **unused)
{
    uint8_t byte;

    (void)unused;
    put_text("a");
    turn();
    put_text("b");
    assert_int_equal(send(rig.reader, "k", 1, 0), 1);
    turn();
    assert_written("ab");
    assert_int_equal(rig.told, CONSOLE_INPUT);
    assert_true(console_get(&rig.console, &byte));
    turn_after_ns(left_ns());
    assert_int_equal(send(rig.reader, "k", 1, 0), 1);
    turn();
    put_text("k");
    assert_false(nobody_is_woken());
    turn();
    assert_written("k");
}

static void a_reader_that_takes_nothing_is_waited_for_and_not_looked_at(void **unused)
{
    uint64_t sent = 0;

    (void)unused;
    do {
        sent += console_put(&rig.console, 'z');
        turn_after_ns(CONSOLE_REST_MAX_NS);
    } while (!rig.console.output_waits);
    assert_int_equal(left_ns(), TIME_NEVER_NS);
    for (unsigned i = 0; i < CONSOLE_OUTPUT_SIZE / 4; i++)
        sent += console_put(&rig.console, 'z');
    assert_true(nobody_is_woken());
    while (console_output_pending(&rig.console)) {
        sent -= read_all();
        turn();
    }
    assert_int_equal(read_all(), sent);
}

static void at_the_end_what_is_collected_is_written(void **unused)
{
    (void)unused;
    put_text("a");
    turn();
    put_text("b");
    console_write_collected(&rig.console);
    assert_written("ab");
    put_text("c");
    assert_true(console_close(&rig.console));
    rig.console.wake_fd = 0;
    assert_written("c");
}

static void write_collected(void *ctx)
{
    console_write_collected(ctx);
}

/* The console and the messages go to one file: stderr is what the console writes to. */
static void a_message_does_not_go_ahead_of_lines_that_were_sent_before_it(void **unused)
{
    int saved_fd = dup(STDERR_FILENO);

    (void)unused;
    assert_int_equal(dup2(rig.console.output_fd, STDERR_FILENO), STDERR_FILENO);
    rig.console.shares_stderr = true;
    assert_int_equal(log_writer_attach(&rig.loop, write_collected, &rig.console), 0);
    put_text("a");
    turn();
    put_text("b\nc\n");
    log_writer_put("message");
    turn();
    log_writer_detach();
    dup2(saved_fd, STDERR_FILENO);
    close(saved_fd);
    assert_written("ab\nc\nmessage\n");
}

/*
 * With pauses of many lengths, so that bytes come at all times of a rest. Most are loops: a thread
 * that gave its CPU away at each would take minutes beside others that are busy.
 */
static void *put_stream(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < STREAM_BYTES; i++) {
        for (volatile uint32_t left = PAUSE_LOOPS * (i % PAUSES_MAX); left > 0; left--)
            ;
        if (i % YIELD_BYTES == 0)
            sched_yield();
        while (!console_put(&rig.console, (uint8_t)i))
            sched_yield();
    }
    return NULL;
}

/* A wake-up that is missing at the end of a rest would leave bytes behind. */
static void no_byte_is_left_behind_when_a_rest_ends_as_it_is_put(void **unused)
{
    pthread_t guest;
    size_t got = 0;
    bool is_over = false;

    (void)unused;
    assert_int_equal(pthread_create(&guest, NULL, put_stream, NULL), 0);
    while (got < STREAM_BYTES && !is_over) {
        bool guest_has_ended = byte_ring_put_count(&rig.console.output) == STREAM_BYTES;

        is_over = guest_has_ended && nobody_is_woken() && left_ns() == TIME_NEVER_NS;
        turn_after_ns(CONSOLE_REST_MAX_NS);
        got += read_all();
    }
    pthread_join(guest, NULL);
    assert_int_equal(got, STREAM_BYTES);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_byte_after_a_silence_is_written_at_once),
        TEST(what_follows_wakes_nobody_and_is_written_together),
        TEST(a_guest_that_goes_on_is_looked_at_less_and_less_often),
        TEST(a_silent_guest_is_looked_at_once_and_then_not_any_more),
        TEST(a_ring_that_is_half_full_is_written_before_the_rest_is_over),
        TEST(input_ends_the_rest_so_that_its_echo_is_seen_at_once),
        TEST(a_reader_that_takes_nothing_is_waited_for_and_not_looked_at),
        TEST(at_the_end_what_is_collected_is_written),
        TEST(a_message_does_not_go_ahead_of_lines_that_were_sent_before_it),
        TEST(no_byte_is_left_behind_when_a_rest_ends_as_it_is_put),
    };

    return cmocka_run_group_tests_name("console_output", tests, NULL, NULL);
}
