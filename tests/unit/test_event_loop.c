/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is called when, on eventfds and pipes, at times that the test says: nothing sleeps. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "vmm/host/event_loop.h"

#define START_NS       1000
#define COUNT          4
#define PATIENCE_TURNS 3

static struct event_loop loop;

/* An eventfd, or the end of a pipe; what its callback does beside being written down. */
struct member {
    struct event_source source;
    char name;
    int fd;
    bool drain;
    struct event_source *to_remove;
    struct event_source *to_silence;
    struct member *to_add;
    bool stop;
    short revents;
};

static struct member members[COUNT];
static char called[64];

static void on_ready(void *ctx, short revents)
{
    struct member *member = ctx;
    eventfd_t value;

    called[strlen(called)] = member->name;
    member->revents = revents;
    if (member->drain)
        assert_int_equal(eventfd_read(member->fd, &value), 0);
    if (member->to_remove != NULL)
        event_source_remove(member->to_remove);
    if (member->to_silence != NULL)
        event_source_wait_for(member->to_silence, 0);
    if (member->to_add != NULL)
        event_source_add(&loop, &member->to_add->source, member->to_add->fd, POLLIN, on_ready,
                         member->to_add);
    if (member->stop)
        event_loop_stop(&loop);
}

static void add(struct member *member)
{
    assert_int_equal(event_source_add(&loop, &member->source, member->fd, POLLIN, on_ready, member),
                     0);
}

/* Four eventfds a, b, c, d, all of them ready; the first three are in the loop. */
static int setup(void **unused)
{
    (void)unused;
    fake_clock_reset();
    fake_clock_pass_ns(START_NS);
    event_loop_init(&loop);
    memset(called, 0, sizeof called);
    for (int i = 0; i < COUNT; i++)
        members[i] = (struct member){
            .name = (char)('a' + i),
            .fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC),
        };
    for (int i = 0; i < COUNT - 1; i++)
        add(&members[i]);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    for (int i = 0; i < COUNT; i++)
        close(members[i].fd);
    return 0;
}

/* One turn, which never waits; who was called in it. */
static const char *turn(void)
{
    memset(called, 0, sizeof called);
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    return called;
}

static void ready_sources_are_called_in_the_order_of_the_table(void **state)
{
    (void)state;
    assert_string_equal(turn(), "abc");
    assert_int_equal(members[0].revents, POLLIN);
}

static void one_that_stays_ready_does_not_keep_out_the_others(void **state)
{
    (void)state;
    for (int i = 0; i < PATIENCE_TURNS; i++)
        assert_string_equal(turn(), "abc");
}

static void one_that_is_drained_is_not_called_again(void **state)
{
    (void)state;
    members[1].drain = true;
    assert_string_equal(turn(), "abc");
    assert_string_equal(turn(), "ac");
}

static void a_callback_removes_itself(void **state)
{
    (void)state;
    members[1].to_remove = &members[1].source;
    assert_string_equal(turn(), "abc");
    assert_string_equal(turn(), "ac");
}

static void one_that_is_removed_in_the_turn_is_not_called(void **state)
{
    (void)state;
    members[0].to_remove = &members[2].source;
    assert_string_equal(turn(), "ab");
    event_source_remove(&members[2].source);
    assert_string_equal(turn(), "ab");
}

static void one_that_nobody_waits_for_any_more_is_not_called(void **state)
{
    (void)state;
    members[0].to_silence = &members[1].source;
    assert_string_equal(turn(), "ac");
    members[0].to_silence = NULL;
    event_source_wait_for(&members[1].source, POLLIN);
    assert_string_equal(turn(), "abc");
}

/* d gets c's place in the table while c is ready. */
static void one_that_takes_the_place_of_a_removed_one_waits_for_its_own_turn(void **state)
{
    (void)state;
    members[0].to_remove = &members[2].source;
    members[0].to_add = &members[3];
    assert_string_equal(turn(), "ab");
    members[0].to_remove = NULL;
    members[0].to_add = NULL;
    assert_string_equal(turn(), "abd");
}

static void a_stop_is_at_once(void **state)
{
    (void)state;
    members[1].stop = true;
    assert_int_equal(event_loop_run(&loop), 0);
    assert_string_equal(called, "ab");
}

/* The read end of a pipe without a writer is POLLHUP for ever. */
static void a_hang_up_is_told_once(void **state)
{
    struct member reader = {.name = 'r'};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    reader.fd = ends[0];
    close(ends[1]);
    for (int i = 0; i < COUNT - 1; i++)
        event_source_remove(&members[i].source);
    add(&reader);
    assert_string_equal(turn(), "r");
    assert_int_equal(reader.revents, POLLHUP);
    assert_string_equal(turn(), "");
    event_source_wait_for(&reader.source, POLLIN);
    assert_string_equal(turn(), "r");
    close(ends[0]);
}

/* Nor is it told to who does not wait for anything. */
static void a_hang_up_does_not_wake_who_waits_for_nothing(void **state)
{
    struct member reader = {.name = 'r'};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    event_source_add(&loop, &reader.source, ends[0], 0, on_ready, &reader);
    assert_string_equal(turn(), "abc");
    close(ends[0]);
}

/* What is left in a pipe comes with the hang-up, as often as there is some. */
static void a_hang_up_does_not_keep_back_what_came_before(void **state)
{
    struct member reader = {.name = 'r'};
    char byte;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    reader.fd = ends[0];
    assert_int_equal(write(ends[1], "xy", 2), 2);
    close(ends[1]);
    add(&reader);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(turn(), "abcr");
        assert_int_equal(reader.revents, POLLIN | POLLHUP);
        assert_int_equal(read(ends[0], &byte, 1), 1);
    }
    assert_string_equal(turn(), "abcr");
    assert_string_equal(turn(), "abc");
    close(ends[0]);
}

static void a_full_table_says_so(void **state)
{
    struct event_source sources[EVENT_LOOP_MAX_SOURCES] = {0};
    struct event_deadline deadlines[EVENT_LOOP_MAX_DEADLINES + 1] = {0};
    int result = 0;
    unsigned count = COUNT - 1;

    (void)state;
    while (result == 0 && count < EVENT_LOOP_MAX_SOURCES)
        result = event_source_add(&loop, &sources[count++], members[3].fd, 0, on_ready, NULL);
    assert_int_equal(result, 0);
    assert_int_equal(
        event_source_add(&loop, &sources[0], members[3].fd, POLLIN, on_ready, &members[3]),
        -ENOSPC);
    event_source_remove(&sources[COUNT]);
    assert_int_equal(
        event_source_add(&loop, &sources[COUNT], members[3].fd, POLLIN, on_ready, &members[3]), 0);
    assert_string_equal(turn(), "abcd");
    for (unsigned i = 0; i < EVENT_LOOP_MAX_DEADLINES; i++)
        assert_int_equal(event_deadline_add(&loop, &deadlines[i], NULL, NULL), 0);
    assert_int_equal(event_deadline_add(&loop, &deadlines[EVENT_LOOP_MAX_DEADLINES], NULL, NULL),
                     -ENOSPC);
}

/* A deadline whose callback may set it again, or remove another. */
struct alarm {
    struct event_deadline deadline;
    char name;
    uint64_t again_ns;
    struct event_deadline *to_remove;
    bool stop;
};

static void on_alarm(void *ctx)
{
    struct alarm *alarm = ctx;

    called[strlen(called)] = alarm->name;
    if (alarm->again_ns != 0)
        event_deadline_set(&alarm->deadline, alarm->again_ns);
    if (alarm->to_remove != NULL)
        event_deadline_remove(alarm->to_remove);
    if (alarm->stop)
        event_loop_stop(&loop);
}

static void add_alarm(struct alarm *alarm, uint64_t at_ns)
{
    assert_int_equal(event_deadline_add(&loop, &alarm->deadline, on_alarm, alarm), 0);
    event_deadline_set(&alarm->deadline, at_ns);
}

static void a_deadline_comes_once_and_after_the_sources(void **state)
{
    struct alarm alarm = {.name = '1'};

    (void)state;
    add_alarm(&alarm, START_NS + 1);
    assert_string_equal(turn(), "abc");
    fake_clock_pass_ns(1);
    assert_string_equal(turn(), "abc1");
    fake_clock_pass_ns(1);
    assert_string_equal(turn(), "abc");
}

static void a_deadline_that_is_not_set_does_not_come(void **state)
{
    struct alarm alarm = {.name = '1'};

    (void)state;
    add_alarm(&alarm, START_NS);
    event_deadline_set(&alarm.deadline, TIME_NEVER_NS);
    assert_string_equal(turn(), "abc");
}

static void a_deadline_set_again_in_the_past_comes_once_a_turn(void **state)
{
    struct alarm alarm = {.name = '1', .again_ns = START_NS};

    (void)state;
    add_alarm(&alarm, START_NS);
    for (int i = 0; i < PATIENCE_TURNS; i++)
        assert_string_equal(turn(), "abc1");
}

static void a_deadline_that_is_removed_in_the_turn_does_not_come(void **state)
{
    struct alarm first = {.name = '1'}, second = {.name = '2'};

    (void)state;
    add_alarm(&first, START_NS);
    add_alarm(&second, START_NS);
    first.to_remove = &second.deadline;
    assert_string_equal(turn(), "abc1");
    event_deadline_remove(&second.deadline);
}

static void a_deadline_ends_a_wait_without_an_end(void **state)
{
    struct alarm alarm = {.name = '1', .stop = true};

    (void)state;
    for (int i = 0; i < COUNT - 1; i++)
        event_source_remove(&members[i].source);
    add_alarm(&alarm, START_NS);
    assert_int_equal(event_loop_run(&loop), 0);
    assert_string_equal(called, "1");
}

static void the_wait_is_for_the_earliest_deadline(void **state)
{
    struct alarm alarms[3] = {0};

    (void)state;
    assert_int_equal(event_loop_left_ns(&loop, 100), TIME_NEVER_NS);
    add_alarm(&alarms[0], TIME_NEVER_NS);
    assert_int_equal(event_loop_left_ns(&loop, 100), TIME_NEVER_NS);
    add_alarm(&alarms[1], 1000);
    add_alarm(&alarms[2], 300);
    assert_int_equal(event_loop_left_ns(&loop, 100), 200);
    assert_int_equal(event_loop_left_ns(&loop, 299), 1);
    assert_int_equal(event_loop_left_ns(&loop, 300), 0);
    assert_int_equal(event_loop_left_ns(&loop, 5000), 0);
    event_deadline_remove(&alarms[2].deadline);
    assert_int_equal(event_loop_left_ns(&loop, 100), 900);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(ready_sources_are_called_in_the_order_of_the_table),
        LOOP_TEST(one_that_stays_ready_does_not_keep_out_the_others),
        LOOP_TEST(one_that_is_drained_is_not_called_again),
        LOOP_TEST(a_callback_removes_itself),
        LOOP_TEST(one_that_is_removed_in_the_turn_is_not_called),
        LOOP_TEST(one_that_nobody_waits_for_any_more_is_not_called),
        LOOP_TEST(one_that_takes_the_place_of_a_removed_one_waits_for_its_own_turn),
        LOOP_TEST(a_stop_is_at_once),
        LOOP_TEST(a_hang_up_is_told_once),
        LOOP_TEST(a_hang_up_does_not_wake_who_waits_for_nothing),
        LOOP_TEST(a_hang_up_does_not_keep_back_what_came_before),
        LOOP_TEST(a_full_table_says_so),
        LOOP_TEST(a_deadline_comes_once_and_after_the_sources),
        LOOP_TEST(a_deadline_that_is_not_set_does_not_come),
        LOOP_TEST(a_deadline_set_again_in_the_past_comes_once_a_turn),
        LOOP_TEST(a_deadline_that_is_removed_in_the_turn_does_not_come),
        LOOP_TEST(a_deadline_ends_a_wait_without_an_end),
        LOOP_TEST(the_wait_is_for_the_earliest_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
