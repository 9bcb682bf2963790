/* SPDX-License-Identifier: BSD-2-Clause */
/* Escape key of an interactive console. */
#include "tests/unit/unit.h"

#include "vmm/host/escape_key.h"

#define CTRL_A 0x01

static void other_keys_are_sent_as_they_are(void **unused)
{
    struct escape_key escape = {0};

    (void)unused;
    for (unsigned byte = 0; byte < 256; byte++)
        if (byte != CTRL_A)
            assert_int_equal(escape_parse(&escape, (uint8_t)byte), ESCAPE_SEND);
}

static void ctrl_a_x_ends_and_x_alone_does_not(void **unused)
{
    struct escape_key escape = {0};

    (void)unused;
    assert_int_equal(escape_parse(&escape, 'x'), ESCAPE_SEND);
    assert_int_equal(escape_parse(&escape, CTRL_A), ESCAPE_DROP);
    assert_int_equal(escape_parse(&escape, 'x'), ESCAPE_END);
}

static void ctrl_a_twice_sends_one_and_is_not_a_prefix_any_more(void **unused)
{
    struct escape_key escape = {0};

    (void)unused;
    assert_int_equal(escape_parse(&escape, CTRL_A), ESCAPE_DROP);
    assert_int_equal(escape_parse(&escape, CTRL_A), ESCAPE_SEND);
    assert_int_equal(escape_parse(&escape, 'x'), ESCAPE_SEND);
}

static void ctrl_a_b_is_a_break_and_ctrl_a_question_mark_asks_for_the_keys(void **unused)
{
    struct escape_key escape = {0};

    (void)unused;
    assert_int_equal(escape_parse(&escape, 'b'), ESCAPE_SEND);
    assert_int_equal(escape_parse(&escape, CTRL_A), ESCAPE_DROP);
    assert_int_equal(escape_parse(&escape, 'b'), ESCAPE_BREAK);
    assert_int_equal(escape_parse(&escape, '?'), ESCAPE_SEND);
    assert_int_equal(escape_parse(&escape, CTRL_A), ESCAPE_DROP);
    assert_int_equal(escape_parse(&escape, '?'), ESCAPE_HELP);
    assert_int_equal(escape_parse(&escape, 'x'), ESCAPE_SEND);
}

static void another_key_after_ctrl_a_is_dropped_and_the_next_one_is_sent(void **unused)
{
    struct escape_key escape = {0};

    (void)unused;
    assert_int_equal(escape_parse(&escape, CTRL_A), ESCAPE_DROP);
    assert_int_equal(escape_parse(&escape, 'q'), ESCAPE_DROP);
    assert_int_equal(escape_parse(&escape, 'x'), ESCAPE_SEND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_keys_are_sent_as_they_are),
        cmocka_unit_test(ctrl_a_x_ends_and_x_alone_does_not),
        cmocka_unit_test(ctrl_a_twice_sends_one_and_is_not_a_prefix_any_more),
        cmocka_unit_test(ctrl_a_b_is_a_break_and_ctrl_a_question_mark_asks_for_the_keys),
        cmocka_unit_test(another_key_after_ctrl_a_is_dropped_and_the_next_one_is_sent),
    };

    return cmocka_run_group_tests_name("escape_key", tests, NULL, NULL);
}
