/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's bounded text, its figures with units, and its JSON writer. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/text.h"
#include "guest-images/probe/json.h"

static const char *duration(int64_t ns, bool always_signed)
{
    static char bytes[32];
    struct text text;

    text_init(&text, bytes, sizeof(bytes));
    text_add_duration(&text, ns, always_signed);
    return bytes;
}

static const char *rate(int64_t ppb)
{
    static char bytes[40];
    struct text text;

    text_init(&text, bytes, sizeof(bytes));
    text_add_ppb(&text, ppb);
    return bytes;
}

static void text_that_does_not_fit_is_cut_and_never_written_past_the_end(void **unused)
{
    char bytes[9] = "........";
    struct text text;

    (void)unused;
    text_init(&text, bytes, 5);
    text_add(&text, "abc");
    assert_false(text.cut);
    text_add(&text, "%d", 123456);
    assert_true(text.cut);
    assert_string_equal(bytes, "abc1");
    text_add(&text, "more");
    assert_string_equal(bytes, "abc1");
    assert_int_equal(text.length_bytes, 4);
    assert_memory_equal(bytes + 5, "...", 3);
}

static void durations_have_a_unit_that_fits_them(void **unused)
{
    (void)unused;
    assert_string_equal(duration(0, false), "0 ns");
    assert_string_equal(duration(41, false), "41 ns");
    assert_string_equal(duration(999, true), "+999 ns");
    assert_string_equal(duration(1250, false), "1.3 us");
    assert_string_equal(duration(-1200, true), "-1.2 us");
    assert_string_equal(duration(350000, true), "+350 us");
    assert_string_equal(duration(-12340000, false), "-12.3 ms");
    assert_string_equal(duration(1999600000, false), "2.000 s");
    assert_string_equal(duration(INT64_MIN, false), "-9223372036.855 s");
}

static void rates_have_a_sign_and_a_unit_that_fits_them(void **unused)
{
    (void)unused;
    assert_string_equal(rate(3), "+3 ppb");
    assert_string_equal(rate(-9999), "-9999 ppb");
    assert_string_equal(rate(127000), "+127.0 ppm");
    assert_string_equal(rate(-5000000), "-5000 ppm");
    assert_string_equal(rate(-1000000000), "-100.000 %");
    assert_string_equal(rate(INT64_MIN), "-922337203685.478 %");
}

static void json_puts_commas_between_values_and_none_behind_the_last(void **unused)
{
    char bytes[200];
    struct text text;
    struct json json;

    (void)unused;
    text_init(&text, bytes, sizeof(bytes));
    json_init(&json, &text);
    json_open_object(&json, NULL);
    json_add_int(&json, "a_ns", -5);
    json_open_array(&json, "list");
    json_add_uint(&json, NULL, UINT64_MAX);
    json_add_bool(&json, NULL, true);
    json_close_array(&json);
    json_open_array(&json, "empty");
    json_close_array(&json);
    json_add_null(&json, "none");
    json_close_object(&json);
    assert_string_equal(bytes, "{\n\"a_ns\":-5,\n\"list\":[18446744073709551615,true],\n"
                               "\"empty\":[],\n\"none\":null\n}\n");
}

static void json_strings_are_printable_ascii_whatever_the_bytes(void **unused)
{
    char bytes[100];
    struct text text;
    struct json json;

    (void)unused;
    text_init(&text, bytes, sizeof(bytes));
    json_init(&json, &text);
    json_add_string(&json, NULL, "a\"b\\c\n\x01\x7f\xc3\xff~/");
    assert_string_equal(bytes, "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\\u00c3\\u00ff~/\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_does_not_fit_is_cut_and_never_written_past_the_end),
        cmocka_unit_test(durations_have_a_unit_that_fits_them),
        cmocka_unit_test(rates_have_a_sign_and_a_unit_that_fits_them),
        cmocka_unit_test(json_puts_commas_between_values_and_none_behind_the_last),
        cmocka_unit_test(json_strings_are_printable_ascii_whatever_the_bytes),
    };

    return cmocka_run_group_tests_name("probe_text", tests, NULL, NULL);
}
