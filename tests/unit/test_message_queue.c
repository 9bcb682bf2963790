/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that wait: their order, their bound, and what is said of those that are lost. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "vmm/host/message_queue.h"

static struct message_queue queue;

static int reset(void **unused)
{
    (void)unused;
    memset(&queue, 0, sizeof queue);
    return 0;
}

static void assert_next(const char *expected)
{
    char line[MESSAGE_LINE_BYTES + 1];
    size_t length = message_queue_peek(&queue, line, "\n");

    line[length] = '\0';
    assert_string_equal(line, expected);
    message_queue_drop(&queue, length);
}

/* 100 bytes with its end. */
static void put_number(unsigned number)
{
    char text[100];

    snprintf(text, sizeof text, "%099u", number);
    message_queue_put(&queue, text, "\n");
}

/* Until a line does not fit; returns how many fit. */
static unsigned fill(void)
{
    for (unsigned count = 0;; count++) {
        put_number(count);
        if (queue.lost_count > 0)
            return count;
    }
}

static void lines_come_in_order_each_with_its_end(void **unused)
{
    (void)unused;
    message_queue_put(&queue, "one", "\n");
    message_queue_put(&queue, "two", "\r\n");
    assert_false(message_queue_is_empty(&queue));
    assert_next("one\n");
    assert_next("two\r\n");
    assert_true(message_queue_is_empty(&queue));
    assert_next("");
}

static void what_is_left_of_a_line_comes_before_the_next(void **unused)
{
    (void)unused;
    message_queue_put(&queue, "one", "\n");
    message_queue_put(&queue, "two", "\n");
    message_queue_drop(&queue, 2);
    assert_next("e\n");
    assert_next("two\n");
}

static void it_is_bounded_and_says_in_place_how_many_are_lost(void **unused)
{
    char expected[101];
    unsigned fitted = fill();

    (void)unused;
    assert_in_range(fitted, MESSAGE_QUEUE_BYTES / 100 - 2, MESSAGE_QUEUE_BYTES / 100);
    put_number(fitted + 1);
    message_queue_drop(&queue, 200);
    message_queue_put(&queue, "behind", "\n");
    for (unsigned i = 2; i < fitted; i++) {
        snprintf(expected, sizeof expected, "%099u\n", i);
        assert_next(expected);
    }
    assert_next("minivmm: messages lost: 2, as nobody read stderr\n");
    assert_next("behind\n");
    assert_true(message_queue_is_empty(&queue));
}

static void lost_ones_are_told_of_behind_the_last_that_fitted(void **unused)
{
    unsigned fitted = fill();

    (void)unused;
    message_queue_drop(&queue, 100 * (size_t)fitted);
    assert_false(message_queue_is_empty(&queue));
    assert_next("minivmm: messages lost: 1, as nobody read stderr\n");
    assert_true(message_queue_is_empty(&queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines_come_in_order_each_with_its_end, reset),
        cmocka_unit_test_setup(what_is_left_of_a_line_comes_before_the_next, reset),
        cmocka_unit_test_setup(it_is_bounded_and_says_in_place_how_many_are_lost, reset),
        cmocka_unit_test_setup(lost_ones_are_told_of_behind_the_last_that_fitted, reset),
    };

    return cmocka_run_group_tests_name("message_queue", tests, NULL, NULL);
}
