/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of a fault's arguments: what is taken in each unit, and how each is printed. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "timelab/fault_value.h"

static const char *const words[] = {"white", "walk"};
static const struct fault_argument duration = {
    .name = "by", .unit = FAULT_DURATION, .min = -1000, .max = 60000000000};
static const struct fault_argument count = {
    .name = "every", .unit = FAULT_COUNT, .min = 1, .max = 1000};
static const struct fault_argument frequency = {
    .name = "hz", .unit = FAULT_HZ, .min = 1, .max = 1000000};
static const struct fault_argument share = {
    .name = "p", .unit = FAULT_SHARE, .min = 1, .max = 1000000};
static const struct fault_argument word = {
    .name = "kind", .unit = FAULT_WORD, .min = 0, .max = 1, .words = words};
static const struct fault_argument vcpu = {
    .name = "vcpu", .unit = FAULT_VCPU, .min = 0, .max = 254};
static const struct fault_argument vcpus = {
    .name = "vcpu", .unit = FAULT_VCPU, .min = FAULT_ALL_VCPUS, .max = 254};

static int64_t value_of(const struct fault_argument *argument, const char *text)
{
    int64_t value = -77;

    assert_true(fault_value_from_text(argument, text, &value));
    return value;
}

static void assert_bad(const struct fault_argument *argument, const char *text)
{
    int64_t value = -77;

    assert_false(fault_value_from_text(argument, text, &value));
    assert_int_equal(value, -77);
}

/* As words and as JSON, which is read back as the same. */
static void assert_forms(const struct fault_argument *argument, int64_t value, const char *as_text,
                         const char *as_json)
{
    char bytes[64], *dump;
    int64_t again = -77;
    struct text text;
    json_t *json;

    text_init(&text, bytes, sizeof bytes);
    fault_value_add(argument, value, &text);
    assert_string_equal(bytes, as_text);
    assert_int_equal(value_of(argument, as_text), value);
    json = fault_value_to_json(argument, value);
    dump = json_dumps(json, JSON_ENCODE_ANY);
    assert_string_equal(dump, as_json);
    assert_true(fault_value_from_json(argument, json, &again));
    assert_int_equal(again, value);
    free(dump);
    json_decref(json);
}

static bool takes_json(const struct fault_argument *argument, const char *bytes)
{
    json_t *json = json_loads(bytes, JSON_DECODE_ANY, NULL);
    int64_t value = -77;
    bool taken;

    assert_non_null(json);
    taken = fault_value_from_json(argument, json, &value);
    json_decref(json);
    return taken;
}

static void each_unit_has_its_forms(void **unused)
{
    (void)unused;
    assert_forms(&duration, -1000, "-1us", "\"-1us\"");
    assert_forms(&count, 17, "17", "17");
    assert_forms(&frequency, 1000000, "1000000", "1000000");
    assert_forms(&share, 500000, "50%", "\"50%\"");
    assert_forms(&share, 1000000, "100%", "\"100%\"");
    assert_forms(&share, 1, "0.0001%", "\"0.0001%\"");
    assert_forms(&share, 12500, "1.25%", "\"1.25%\"");
    assert_forms(&share, 1000, "0.1%", "\"0.1%\"");
    assert_forms(&word, 1, "walk", "\"walk\"");
    assert_forms(&vcpu, 3, "3", "3");
    assert_forms(&vcpus, 0, "0", "0");
    assert_forms(&vcpus, FAULT_ALL_VCPUS, "all", "\"all\"");
}

static void every_share_is_read_back(void **unused)
{
    (void)unused;
    for (int64_t ppm = 1; ppm <= 1000000; ppm += 7) {
        char bytes[32];
        struct text text;

        text_init(&text, bytes, sizeof bytes);
        fault_value_add(&share, ppm, &text);
        assert_int_equal(value_of(&share, bytes), ppm);
    }
}

static void what_is_no_value_is_refused(void **unused)
{
    static const char *const bad_shares[] = {"",       "%",   "50",   "0%",       "101%", "1000%",
                                             "1.%",    ".5%", "-1%",  "0.00001%", "1 %",  "5%%",
                                             "1.2.3%", "+1%", "1e1%", "100.0001%"};
    static const char *const bad_counts[] = {"",  "0",  "1001", "1.5",
                                             "x", "-1", "1 ",   "99999999999999999999"};

    (void)unused;
    for (size_t i = 0; i < sizeof bad_shares / sizeof bad_shares[0]; i++)
        assert_bad(&share, bad_shares[i]);
    for (size_t i = 0; i < sizeof bad_counts / sizeof bad_counts[0]; i++)
        assert_bad(&count, bad_counts[i]);
    assert_bad(&word, "");
    assert_bad(&word, "pink");
    assert_bad(&word, "0");
    assert_bad(&vcpu, "all");
    assert_bad(&vcpu, "255");
    assert_bad(&vcpus, "-1");
    assert_bad(&duration, "61s");
    assert_bad(&duration, "1");
}

static void json_of_another_type_is_refused(void **unused)
{
    (void)unused;
    assert_true(takes_json(&count, "5"));
    assert_false(takes_json(&count, "\"5\""));
    assert_false(takes_json(&count, "5.0"));
    assert_false(takes_json(&share, "5"));
    assert_false(takes_json(&share, "0.5"));
    assert_false(takes_json(&word, "0"));
    assert_false(takes_json(&word, "true"));
    assert_false(takes_json(&vcpu, "\"all\""));
    assert_false(takes_json(&vcpus, "\"1\""));
    assert_false(takes_json(&vcpus, "-1"));
    assert_false(takes_json(&vcpus, "null"));
    assert_false(takes_json(&duration, "{}"));
}

static void assert_told(const struct fault_argument *argument, const char *usage, const char *range)
{
    char bytes[128];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    fault_value_add_usage(argument, &text);
    assert_string_equal(bytes, usage);
    text_init(&text, bytes, sizeof bytes);
    fault_value_add_range(argument, &text);
    assert_string_equal(bytes, range);
}

static void what_a_value_is_is_told(void **unused)
{
    (void)unused;
    assert_told(&duration, "TIME", "a time from -1us to 1m");
    assert_told(&count, "N", "a whole number from 1 to 1000");
    assert_told(&frequency, "HZ", "whole Hz from 1 to 1000000");
    assert_told(&share, "SHARE", "a share from 0.0001% to 100%");
    assert_told(&word, "white|walk", "one of white, walk");
    assert_told(&vcpu, "VCPU", "a vCPU from 0 to 254");
    assert_told(&vcpus, "VCPU", "a vCPU from 0 to 254, or all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_unit_has_its_forms),
        cmocka_unit_test(every_share_is_read_back),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(json_of_another_type_is_refused),
        cmocka_unit_test(what_a_value_is_is_told),
    };

    return cmocka_run_group_tests_name("fault_value", tests, NULL, NULL);
}
