/* SPDX-License-Identifier: BSD-2-Clause */
/* A serial port that is a socket: clients that come, go, say nothing and read nothing. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/said.h"
#include "vmm/host/console.h"

/* More than a callback needs until nothing is left to do. */
#define TURNS 64

static char folder[64], path[96];
static struct console console;
static struct event_loop loop;
static unsigned told;

static void on_told(void *ctx, unsigned events)
{
    (void)ctx;
    told |= events;
}

static int setup(void **unused)
{
    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/test_console_client.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    fake_clock_reset();
    event_loop_init(&loop);
    told = 0;
    said_begin();
    assert_int_equal(console_open(&console, "serial2", CONSOLE_CLIENT, path), 0);
    console_collect_output(&console);
    assert_int_equal(console_attach(&console, &loop, on_told, NULL), 0);
    return 0;
}

static int teardown(void **unused)
{
    struct stat status;

    (void)unused;
    assert_true(console_close(&console));
    assert_int_equal(lstat(path, &status), -1);
    said_end();
    return rmdir(folder);
}

static void turn(void)
{
    for (unsigned i = 0; i < TURNS; i++)
        assert_int_equal(event_loop_turn(&loop, 0), 0);
}

/* A turn whose deadlines have come so much later. */
static void turn_after_ns(uint64_t ns)
{
    fake_clock_advance_ns(ns);
    turn();
}

static void put_text(const char *text)
{
    for (; *text != '\0'; text++)
        assert_true(console_put(&console, (uint8_t)*text));
    turn_after_ns(CONSOLE_REST_MAX_NS);
}

static int connect_client(void)
{
    int fd = unix_socket_connect_at_once(path);

    assert_true(fd >= 0);
    turn();
    return fd;
}

static void assert_reads(int fd, const char *expected)
{
    char text[256] = "";
    ssize_t count = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    assert_true(count >= 0 || errno == EAGAIN);
    assert_string_equal(text, expected);
}

static void assert_is_closed(int fd)
{
    char byte;

    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    turn();
}

static void assert_guest_gets(const char *expected)
{
    char text[256] = "";
    size_t count = 0;

    while (count < sizeof text - 1 && console_get(&console, (uint8_t *)&text[count]))
        count++;
    assert_string_equal(text, expected);
}

/* Until the ring is full, with the host's side at work all the time. */
static void fill_client(void)
{
    while (console_put(&console, 'z') ||
           (turn_after_ns(CONSOLE_REST_MAX_NS), console_put(&console, 'z')))
        ;
}

static void the_socket_is_its_owners(void **unused)
{
    struct stat status;

    (void)unused;
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void bytes_go_both_ways(void **unused)
{
    int client = connect_client();

    (void)unused;
    put_text("from the guest");
    assert_reads(client, "from the guest");
    send_text(client, "to the guest");
    assert_true((told & CONSOLE_INPUT) != 0);
    assert_guest_gets("to the guest");
    close(client);
}

static void without_a_client_bytes_are_dropped_and_counted(void **unused)
{
    int client;

    (void)unused;
    put_text("nobody");
    assert_false(console_output_pending(&console));
    assert_int_equal(console.unplugged_bytes, 6);
    client = connect_client();
    put_text("you");
    assert_reads(client, "you");
    assert_int_equal(console.unplugged_bytes, 6);
    assert_string_equal(said(), "");
    close(client);
}

static void a_second_client_waits_until_the_first_is_gone(void **unused)
{
    int first = connect_client(), second = connect_client();

    (void)unused;
    send_text(second, "2");
    put_text("a");
    assert_reads(first, "a");
    assert_reads(second, "");
    assert_guest_gets("");
    close(first);
    turn();
    assert_guest_gets("2");
    put_text("b");
    assert_reads(second, "b");
    close(second);
}

static void clients_come_and_go_without_an_end(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 1000; i++) {
        int client = connect_client();

        send_text(client, "x");
        put_text("y");
        close(client);
        turn();
        assert_guest_gets("x");
    }
    assert_int_equal(console.unplugged_bytes, 0);
}

static void who_has_said_all_still_reads_the_answer(void **unused)
{
    int client = connect_client();

    (void)unused;
    send_text(client, "question");
    shutdown(client, SHUT_WR);
    turn();
    assert_guest_gets("question");
    put_text("answer");
    assert_reads(client, "answer");
    close(client);
    turn();
    put_text("late");
    assert_int_equal(console.unplugged_bytes, 4);
    client = connect_client();
    put_text("next");
    assert_reads(client, "next");
    close(client);
}

static void what_a_client_leaves_unread_is_not_for_the_next(void **unused)
{
    int client = connect_client();

    (void)unused;
    fill_client();
    close(client);
    turn_after_ns(CONSOLE_REST_MAX_NS);
    assert_true((told & CONSOLE_ROOM) != 0);
    assert_false(console_output_pending(&console));
    assert_true(console.unplugged_bytes >= CONSOLE_OUTPUT_SIZE);
    client = connect_client();
    put_text("new");
    assert_reads(client, "new");
    close(client);
}

static void one_that_reads_nothing_holds_the_guest_up_for_ten_seconds_at_most(void **unused)
{
    int client = connect_client();

    (void)unused;
    fill_client();
    assert_false(console_reader_is_behind(&console));
    turn_after_ns(CONSOLE_CLIENT_WAIT_NS - 2 * CONSOLE_REST_MAX_NS);
    assert_false(console_put(&console, 'z'));
    assert_string_equal(said(), "");
    turn_after_ns(2 * CONSOLE_REST_MAX_NS);
    assert_true(console_put(&console, 'z'));
    assert_string_equal(said(), "minivmm: serial2: the client has read nothing for 10 s and is "
                                "disconnected, as the guest waits for it\n");
    close(client);
}

static void one_that_is_slow_is_not_taken_for_gone(void **unused)
{
    static char bytes[65536];
    int client = connect_client();

    (void)unused;
    fill_client();
    for (unsigned i = 0; i < 5; i++) {
        turn_after_ns(CONSOLE_CLIENT_WAIT_NS - NS_PER_SEC);
        assert_true(recv(client, bytes, sizeof bytes, MSG_DONTWAIT) > 0);
        fill_client();
    }
    assert_string_equal(said(), "");
    assert_int_equal(console.unplugged_bytes, 0);
    close(client);
}

static void one_that_has_all_and_is_silent_stays(void **unused)
{
    int client = connect_client();

    (void)unused;
    put_text("all");
    turn_after_ns(100 * CONSOLE_CLIENT_WAIT_NS);
    assert_reads(client, "all");
    put_text("more");
    assert_reads(client, "more");
    close(client);
}

static void one_that_sends_without_an_end_waits(void **unused)
{
    static char bytes[4096];
    int client = connect_client();
    size_t sent = 0;

    (void)unused;
    for (ssize_t count = 1; count > 0; turn())
        sent += (size_t)((count = send(client, bytes, sizeof bytes, MSG_DONTWAIT)) > 0 ? count : 0);
    assert_true(sent >= CONSOLE_INPUT_SIZE);
    assert_int_equal(byte_ring_room(&console.input), 0);
    assert_int_equal(console.input_lost_bytes, 0);
    close(client);
}

static void the_end_waits_for_no_client(void **unused)
{
    static char bytes[65536];
    int client = connect_client();

    (void)unused;
    fill_client();
    assert_true(console_close(&console));
    assert_int_equal(console_open(&console, "serial2", CONSOLE_CLIENT, path), 0);
    while (recv(client, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    assert_is_closed(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_socket_is_its_owners),
        TEST(bytes_go_both_ways),
        TEST(without_a_client_bytes_are_dropped_and_counted),
        TEST(a_second_client_waits_until_the_first_is_gone),
        TEST(clients_come_and_go_without_an_end),
        TEST(who_has_said_all_still_reads_the_answer),
        TEST(what_a_client_leaves_unread_is_not_for_the_next),
        TEST(one_that_reads_nothing_holds_the_guest_up_for_ten_seconds_at_most),
        TEST(one_that_is_slow_is_not_taken_for_gone),
        TEST(one_that_has_all_and_is_silent_stays),
        TEST(one_that_sends_without_an_end_waits),
        TEST(the_end_waits_for_no_client),
    };

    return cmocka_run_group_tests_name("console_client", tests, NULL, NULL);
}
