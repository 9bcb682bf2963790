/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket and its clients, also those that mean no good. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/said.h"
#include "vmm/host/control.h"

#define NEGOTIATE "{\"execute\":\"qmp_capabilities\"}"
#define GREETING                                                                                   \
    "{\"QMP\":{\"version\":{\"qemu\":{\"major\":1,\"minor\":2,\"micro\":3},\"package\":\"minivmm " \
    "1.2.3\"},\"capabilities\":[]}}\r\n"
#define NOTHING "{\"return\":{}}\r\n"
#define BAD                                                                                        \
    "{\"error\":{\"class\":\"GenericError\",\"desc\":\"JSON parse error: an object is expected, "  \
    "from { to }\"}}\r\n"
/* More than enough. */
#define TURNS 300

static char folder[64], path[96];
static struct control control;
static struct event_loop loop;
static unsigned calls;
/* A call of `happen` posts an event, which is sent when the server settles. */
static bool has_happened;

static json_t *count_call(struct qmp_call *call)
{
    (void)call;
    calls++;
    return qmp_nothing();
}

static json_t *happen(struct qmp_call *call)
{
    (void)call;
    has_happened = true;
    return qmp_nothing();
}

static json_t *say_much(struct qmp_call *call)
{
    static char text[100000];

    (void)call;
    memset(text, 'a', sizeof text - 1);
    return json_string(text);
}

static json_t *say_too_much(struct qmp_call *call)
{
    static char text[CONTROL_ANSWER_SIZE];

    (void)call;
    memset(text, 'a', sizeof text - 1);
    return json_string(text);
}

static const struct qmp_command rows[] = {
    {.name = "count", .run = count_call},
    {.name = "happen", .run = happen},
    {.name = "much", .run = say_much},
    {.name = "too-much", .run = say_too_much},
};

static const struct qmp_server server = {rows, sizeof rows / sizeof rows[0], "1.2.3", NULL};

static void settle(void *ctx)
{
    assert_ptr_equal(ctx, &control);
    if (has_happened)
        control_send_event(&control, qmp_event("HAPPENED", NULL, 0));
    has_happened = false;
}

static int setup(void **unused)
{
    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/test_control.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    calls = 0;
    fake_clock_reset();
    said_begin();
    event_loop_init(&loop);
    assert_int_equal(control_open(&control, path, &server, settle, &control), 0);
    assert_int_equal(control_attach(&control, &loop), 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    control_close(&control);
    said_end();
    return rmdir(folder);
}

static void turn(unsigned turns)
{
    while (turns-- > 0)
        assert_int_equal(event_loop_turn(&loop, 0), 0);
}

static int connect_client(void)
{
    int fd = unix_socket_connect(path);

    assert_true(fd >= 0);
    turn(3);
    return fd;
}

static void send_bytes(int fd, const void *bytes, size_t size_bytes)
{
    assert_int_equal(send(fd, bytes, size_bytes, MSG_NOSIGNAL), size_bytes);
    turn(TURNS);
}

static void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* What has come for the client; *ended, if not NULL: and then the end. */
static const char *received(int fd, bool *ended)
{
    static char bytes[2 * CONTROL_OUTPUT_SIZE];
    size_t length = 0;
    ssize_t count;

    do {
        count = recv(fd, bytes + length, sizeof bytes - 1 - length, MSG_DONTWAIT);
        length += count > 0 ? (size_t)count : 0;
        turn(3);
    } while (count > 0);
    if (ended != NULL)
        *ended = count == 0 || errno == ECONNRESET;
    bytes[length] = '\0';
    return bytes;
}

static int negotiated_client(void)
{
    int fd = connect_client();

    send_text(fd, NEGOTIATE);
    assert_string_equal(received(fd, NULL), GREETING NOTHING);
    return fd;
}

static unsigned clients(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        count += control.clients[i].fd >= 0;
    return count;
}

static void a_client_negotiates_and_commands(void **unused)
{
    int fd = connect_client();

    (void)unused;
    assert_string_equal(received(fd, NULL), GREETING);
    send_text(fd, NEGOTIATE "\n{\"execute\":\"count\",\"id\":1}\r\n");
    assert_string_equal(received(fd, NULL), NOTHING "{\"return\":{},\"id\":1}\r\n");
    assert_int_equal(calls, 1);
    close(fd);
    turn(3);
    assert_int_equal(clients(), 0);
}

static void objects_may_come_in_pieces_and_without_a_newline(void **unused)
{
    static const char request[] = "{\"execute\":\"count\"}";
    int fd = negotiated_client();

    (void)unused;
    for (size_t i = 0; i < sizeof request - 1; i++) {
        assert_int_equal(calls, 0);
        send_bytes(fd, request + i, 1);
    }
    assert_int_equal(calls, 1);
    send_text(fd, "{\"execute\":\"count\"}{\"execute\":\"count\"}");
    assert_int_equal(calls, 3);
    close(fd);
}

static void what_a_command_brings_about_comes_before_its_answer(void **unused)
{
    int fd = negotiated_client();
    int other = negotiated_client();
    int third = connect_client();

    (void)unused;
    received(third, NULL);
    send_text(fd, "{\"execute\":\"happen\"}");
    assert_string_equal(received(fd, NULL), "{\"timestamp\":{\"seconds\":0,\"microseconds\":0},"
                                            "\"event\":\"HAPPENED\"}\r\n" NOTHING);
    assert_string_equal(received(other, NULL), "{\"timestamp\":{\"seconds\":0,\"microseconds\":0},"
                                               "\"event\":\"HAPPENED\"}\r\n");
    assert_string_equal(received(third, NULL), "");
    close(fd);
    close(other);
    close(third);
}

static void an_answer_that_is_too_long_is_an_error(void **unused)
{
    int fd = negotiated_client();

    (void)unused;
    send_text(fd, "{\"execute\":\"too-much\"}");
    assert_non_null(strstr(received(fd, NULL), "the answer is too long"));
    send_text(fd, "{\"execute\":\"much\"}");
    assert_int_equal(strlen(received(fd, NULL)), 100000 - 1 + strlen("{\"return\":\"\"}\r\n"));
    close(fd);
}

static void one_error_stands_for_a_line_that_is_no_object(void **unused)
{
    int fd = negotiated_client();

    (void)unused;
    send_text(fd, "hello, is this a shell?\n\n{\"execute\":\"count\"}\n");
    assert_string_equal(received(fd, NULL), BAD NOTHING);
    send_text(fd, "{\"execute\":\"co\xff{\"execute\":\"count\"}");
    assert_string_equal(received(fd, NULL), BAD NOTHING);
    close(fd);
}

static void half_an_object_and_then_the_end_is_no_command(void **unused)
{
    int fd = negotiated_client();

    (void)unused;
    send_text(fd, "{\"execute\":\"count\"");
    close(fd);
    turn(TURNS);
    assert_int_equal(calls, 0);
    assert_int_equal(clients(), 0);
}

static void who_has_said_all_is_still_answered(void **unused)
{
    int fd = connect_client();
    bool ended;

    (void)unused;
    assert_int_equal(send(fd, NEGOTIATE "{\"execute\":\"count\"}", 49, 0), 49);
    shutdown(fd, SHUT_WR);
    turn(TURNS);
    assert_string_equal(received(fd, &ended), GREETING NOTHING NOTHING);
    assert_true(ended);
    assert_int_equal(clients(), 0);
    close(fd);
}

static void an_object_has_a_bound(void **unused)
{
    static char object[CONTROL_INPUT_SIZE];
    int fd = negotiated_client();
    bool ended;

    (void)unused;
    memset(object, ' ', sizeof object);
    memcpy(object, "{\"execute\":\"count\"", 18);
    object[sizeof object - 1] = '}';
    send_bytes(fd, object, sizeof object);
    assert_string_equal(received(fd, &ended), NOTHING);
    assert_false(ended);
    object[sizeof object - 1] = ' ';
    send_bytes(fd, object, sizeof object);
    assert_string_equal(received(fd, &ended),
                        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"the object is longer "
                        "than 65536 bytes; the connection ends\"}}\r\n");
    assert_true(ended);
    assert_int_equal(clients(), 0);
    close(fd);
}

static void an_object_may_not_be_deep(void **unused)
{
    static char object[20000];
    int fd = negotiated_client();

    (void)unused;
    memset(object, ']', sizeof object);
    memset(object, '[', sizeof object / 2);
    memcpy(object, "{\"id\":", 6);
    memset(object + sizeof object / 2 - 6, '[', 6);
    object[sizeof object - 1] = '}';
    object[sizeof object - 2] = '}';
    send_bytes(fd, object, sizeof object);
    assert_non_null(strstr(received(fd, NULL), "JSON parse error: "));
    close(fd);
}

static void send_all_it_takes(int fd, const char *text)
{
    unsigned idle = 0;

    while (idle < 100) {
        idle = send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? idle + 1 : 0;
        turn(3);
    }
}

static void who_does_not_read_its_answers_is_not_read_either(void **unused)
{
    int fd = negotiated_client(), other = negotiated_client();
    unsigned before;

    (void)unused;
    send_all_it_takes(fd, "{\"execute\":\"much\"}{\"execute\":\"count\"}");
    before = calls;
    turn(TURNS);
    assert_int_equal(calls, before);
    send_text(other, "{\"execute\":\"count\"}");
    assert_string_equal(received(other, NULL), NOTHING);
    for (unsigned i = 0; i < 1000 && *received(fd, NULL) != '\0'; i++)
        ;
    assert_true(calls > before + 10);
    assert_int_equal(clients(), 2);
    close(fd);
    close(other);
}

static void who_does_not_read_its_events_is_disconnected(void **unused)
{
    int fd = negotiated_client(), other = negotiated_client();
    unsigned sent = 0;

    (void)unused;
    while (clients() == 2 && sent < 20000) {
        control_send_event(&control, qmp_event("HAPPENED", NULL, 0));
        sent++;
        received(other, NULL);
    }
    assert_int_equal(clients(), 1);
    assert_true(sent > CONTROL_OUTPUT_SIZE / 100);
    assert_string_equal(
        said(), "minivmm: control: a client does not read what it is sent, and is disconnected\n");
    close(fd);
    close(other);
}

static void a_client_too_many_is_told_and_the_others_stay(void **unused)
{
    int fds[CONTROL_MAX_CLIENTS], one_more;
    bool ended;

    (void)unused;
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        fds[i] = negotiated_client();
    one_more = connect_client();
    assert_non_null(strstr(received(one_more, &ended), "as many clients as it can"));
    assert_true(ended);
    close(one_more);
    assert_int_equal(clients(), CONTROL_MAX_CLIENTS);
    close(fds[3]);
    turn(3);
    fds[3] = negotiated_client();
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        close(fds[i]);
}

static void clients_come_and_go_a_hundred_times(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100; i++) {
        int fd = unix_socket_connect(path);

        assert_true(fd >= 0);
        close(fd);
        turn(3);
    }
    assert_int_equal(clients(), 0);
    close(negotiated_client());
}

static void a_host_without_descriptors_is_left_alone_for_a_second(void **unused)
{
    struct rlimit before, none;
    int fd = unix_socket_connect(path);

    (void)unused;
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){1, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    control.listen_source.ready(control.listen_source.ctx, POLLIN);
    setrlimit(RLIMIT_NOFILE, &before);
    turn(10);
    assert_int_equal(clients(), 0);
    fake_clock_pass_ns(NS_PER_SEC);
    turn(10);
    assert_int_equal(clients(), 1);
    assert_string_equal(received(fd, NULL), GREETING);
    close(fd);
}

static void at_the_end_clients_get_what_waits_for_them(void **unused)
{
    int fd = negotiated_client();
    bool ended;

    (void)unused;
    control_send_event(&control, qmp_event("HAPPENED", NULL, 0));
    control_close(&control);
    assert_non_null(strstr(received(fd, &ended), "HAPPENED"));
    assert_true(ended);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_client_negotiates_and_commands),
        TEST(objects_may_come_in_pieces_and_without_a_newline),
        TEST(what_a_command_brings_about_comes_before_its_answer),
        TEST(an_answer_that_is_too_long_is_an_error),
        TEST(one_error_stands_for_a_line_that_is_no_object),
        TEST(half_an_object_and_then_the_end_is_no_command),
        TEST(who_has_said_all_is_still_answered),
        TEST(an_object_has_a_bound),
        TEST(an_object_may_not_be_deep),
        TEST(who_does_not_read_its_answers_is_not_read_either),
        TEST(who_does_not_read_its_events_is_disconnected),
        TEST(a_client_too_many_is_told_and_the_others_stay),
        TEST(clients_come_and_go_a_hundred_times),
        TEST(a_host_without_descriptors_is_left_alone_for_a_second),
        TEST(at_the_end_clients_get_what_waits_for_them),
    };

    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
