/* SPDX-License-Identifier: BSD-2-Clause */
/* The samples of a guest's clocks on COM2: they come back as they were, between anything else. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/sample_stream.h"

static struct sample_stream sender, receiver;
static char bytes[65536];
static struct text sent;

static int setup(void **unused)
{
    (void)unused;
    sender = receiver = (struct sample_stream){.length = 0};
    text_init(&sent, bytes, sizeof bytes);
    return 0;
}

static struct sample_set set_of(uint64_t n)
{
    return (struct sample_set){
        .cpu = n % 3,
        .clock_ns = {UINT64_C(1795751967000000000) + 1000 * n, 5000 * n, 6000 * n, UINT64_MAX - n},
        .tsc = {1 << 30 | 10 * n, 1 << 30 | (10 * n + 1), 1 << 30 | (10 * n + 2),
                1 << 30 | (10 * n + 3), 1 << 30 | (10 * n + 4)},
    };
}

static void send_set(uint64_t n)
{
    struct sample_set set = set_of(n);

    sample_stream_add_set(&sender, &set, &sent);
}

/* Takes all that was sent; asserts that it makes one line of the kind, or none. */
static enum sample_line_kind take_all(void)
{
    enum sample_line_kind found = SAMPLE_TAKEN;

    assert_false(sent.cut);
    for (size_t i = 0; i < sent.length_bytes; i++) {
        enum sample_line_kind kind = sample_stream_take(&receiver, (uint8_t)bytes[i]);

        if (kind == SAMPLE_SET || kind == SAMPLE_CLOCKSOURCE || kind == SAMPLE_MESSAGE) {
            assert_int_equal(found, SAMPLE_TAKEN);
            found = kind;
        }
    }
    text_init(&sent, bytes, sizeof bytes);
    return found;
}

static void assert_set(uint64_t n)
{
    struct sample_set expected = set_of(n);

    assert_int_equal(take_all(), SAMPLE_SET);
    assert_memory_equal(&receiver.last, &expected, sizeof expected);
}

/* Not a set, whatever else. */
static void assert_none(const char *line)
{
    text_add(&sent, "%s", line);
    assert_int_equal(take_all(), SAMPLE_TAKEN);
}

static void sets_come_back_as_they_were(void **unused)
{
    (void)unused;
    for (uint64_t n = 0; n < 3 * SAMPLE_ABSOLUTE_EVERY; n++) {
        send_set(n * n);
        assert_set(n * n);
    }
}

static void a_clock_that_goes_back_comes_back_too(void **unused)
{
    (void)unused;
    send_set(1000);
    assert_set(1000);
    send_set(10);
    assert_set(10);
}

static void a_set_like_the_one_before_takes_few_bytes(void **unused)
{
    (void)unused;
    send_set(1);
    assert_true(sent.length_bytes > 64);
    assert_set(1);
    send_set(2);
    assert_true(sent.length_bytes < 64);
}

static void sets_of_their_own_come_again_and_again(void **unused)
{
    (void)unused;
    for (unsigned n = 0; n < SAMPLE_ABSOLUTE_EVERY; n++)
        send_set(n);
    text_init(&sent, bytes, sizeof bytes);
    send_set(SAMPLE_ABSOLUTE_EVERY);
    assert_set(SAMPLE_ABSOLUTE_EVERY);
}

static void a_difference_without_a_set_before_it_does_not_count(void **unused)
{
    (void)unused;
    assert_none("\001d 1 2 3 4 5 6 7 8 9 a\n");
}

static void after_a_line_that_is_none_no_difference_counts(void **unused)
{
    const char *const bad[] = {
        "\001a 1 2 3\n",
        "\001a 1 2 3 4 5 6 7 8 9 a b\n",
        "\001a 1 2 3 4 5 6 7 8 9 x\n",
        "\001a 1 2 3 4 5 6 7 8 9 \n",
        "\001a 1 2 3 4 5 6 7 8 9 12345678901234567\n",
        "\001\n",
        "\001z\n",
        "\001d 1 2\001z\n",
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setup(NULL);
        send_set(1);
        assert_set(1);
        assert_none(bad[i]);
        assert_none("\n\001d 1 2 3 4 5 6 7 8 9 a\n");
    }
}

static void a_line_that_is_too_long_is_none(void **unused)
{
    (void)unused;
    text_add(&sent, "\001a 1 2 3 4 5 6 7 8 9 ");
    for (unsigned i = 0; i < 2 * SAMPLE_LINE_BYTES; i++)
        text_add(&sent, "1");
    assert_none("\n");
    send_set(0);
    assert_set(0);
}

static void names_and_messages_come_back(void **unused)
{
    (void)unused;
    sample_stream_add_clocksource("kvm-clock", &sent);
    assert_int_equal(take_all(), SAMPLE_CLOCKSOURCE);
    assert_string_equal(receiver.line + SAMPLE_TEXT_AT, "kvm-clock");
    sample_stream_add_message(1000001, "clocksource: Switched to clocksource tsc", &sent);
    assert_int_equal(take_all(), SAMPLE_MESSAGE);
    assert_string_equal(receiver.line + SAMPLE_TEXT_AT,
                        "1.000001 clocksource: Switched to clocksource tsc");
}

static void a_line_without_a_text_is_none(void **unused)
{
    (void)unused;
    assert_none("\001c\n");
    assert_none("\001c \n");
    assert_none("\001k\n");
    assert_none("\001kernel\n");
}

static void what_is_outside_of_lines_is_left_alone(void **unused)
{
    const char *report = "\n{\"a\": 1}\n";
    unsigned others = 0;

    (void)unused;
    text_add(&sent, "%.5s", report);
    send_set(7);
    text_add(&sent, "%s", report + 5);
    for (size_t i = 0; i < sent.length_bytes; i++)
        if (sample_stream_take(&receiver, (uint8_t)bytes[i]) == SAMPLE_OTHER)
            assert_int_equal(bytes[i], report[others++]);
    assert_int_equal(others, strlen(report));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sets_come_back_as_they_were, setup),
        cmocka_unit_test_setup(a_clock_that_goes_back_comes_back_too, setup),
        cmocka_unit_test_setup(a_set_like_the_one_before_takes_few_bytes, setup),
        cmocka_unit_test_setup(sets_of_their_own_come_again_and_again, setup),
        cmocka_unit_test_setup(a_difference_without_a_set_before_it_does_not_count, setup),
        cmocka_unit_test_setup(after_a_line_that_is_none_no_difference_counts, setup),
        cmocka_unit_test_setup(a_line_that_is_too_long_is_none, setup),
        cmocka_unit_test_setup(names_and_messages_come_back, setup),
        cmocka_unit_test_setup(a_line_without_a_text_is_none, setup),
        cmocka_unit_test_setup(what_is_outside_of_lines_is_left_alone, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
