/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a JSON object ends in a stream of bytes. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/host/json_frame.h"

/* A letter for what is said of each byte: - between, i inside, E the end, B bad. */
static const char *verdicts(const char *bytes)
{
    static char said[256];
    struct json_frame frame = {0};
    size_t length = strlen(bytes);

    for (size_t i = 0; i < length; i++)
        said[i] = "-iEB"[json_frame_take(&frame, (uint8_t)bytes[i])];
    said[length] = '\0';
    return said;
}

static void an_object_ends_with_its_own_brace(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("{}"), "iE");
    assert_string_equal(verdicts("{\"a\":{\"b\":[1,{}]}}"), "iiiiiiiiiiiiiiiiiE");
}

static void nothing_need_stand_between_two_objects_and_white_space_may(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("{}{}"), "iEiE");
    assert_string_equal(verdicts(" {}\r\n\t {}\n"), "-iE----iE-");
}

static void braces_in_a_string_do_not_count(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("{\"}\":1}"), "iiiiiiE");
    assert_string_equal(verdicts("{\"\\\"}\":1}"), "iiiiiiiiE");
    assert_string_equal(verdicts("{\"\\\\\":1}"), "iiiiiiiE");
}

static void what_is_no_object_is_bad_byte_after_byte(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("a1]{}"), "BBBiE");
    assert_string_equal(verdicts("}{}"), "BiE");
}

/* Else an object in an array would be taken for one by itself. */
static void an_array_is_framed_as_a_whole(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("[{},{}]{}"), "iiiiiiEiE");
}

static void no_control_character_is_in_a_string(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("{\"a\n{}"), "iiiBiE");
    assert_string_equal(verdicts("{\n\"a\"\t}"), "iiiiiiE");
}

static void what_may_begin_again_is_an_object_or_a_line(void **unused)
{
    (void)unused;
    assert_true(json_frame_may_begin('{') && json_frame_may_begin('[') &&
                json_frame_may_begin('\n'));
    assert_false(json_frame_may_begin('}') || json_frame_may_begin('"') ||
                 json_frame_may_begin(0xff));
}

static void a_control_character_or_ff_takes_it_back_to_the_start(void **unused)
{
    (void)unused;
    assert_string_equal(verdicts("{\"a\x01{}"), "iiiBiE");
    assert_string_equal(verdicts("{[\xff{}"), "iiBiE");
    assert_string_equal(verdicts("{\"a\\\x1b{}"), "iiiiBiE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_ends_with_its_own_brace),
        cmocka_unit_test(nothing_need_stand_between_two_objects_and_white_space_may),
        cmocka_unit_test(braces_in_a_string_do_not_count),
        cmocka_unit_test(what_is_no_object_is_bad_byte_after_byte),
        cmocka_unit_test(an_array_is_framed_as_a_whole),
        cmocka_unit_test(no_control_character_is_in_a_string),
        cmocka_unit_test(what_may_begin_again_is_an_object_or_a_line),
        cmocka_unit_test(a_control_character_or_ff_takes_it_back_to_the_start),
    };

    return cmocka_run_group_tests_name("json_frame", tests, NULL, NULL);
}
