/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of a scenario: what is in it, and what is refused with which line. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "timelab/scenario_read.h"
#include "timelab/scenario_timeline.h"

static struct scenario scenario;
static char line[SCENARIO_ERROR_BYTES];

static bool read_text(const char *text)
{
    struct text error;

    text_init(&error, line, sizeof line);
    return scenario_read(&scenario, text, strlen(text), &error);
}

static int teardown(void **unused)
{
    (void)unused;
    scenario_close(&scenario);
    return 0;
}

static void assert_good(const char *text)
{
    if (!read_text(text))
        fail_msg("%s: %s", text, line);
}

static void assert_bad(const char *text, const char *message)
{
    assert_false(read_text(text));
    assert_string_equal(line, message);
    scenario_close(&scenario);
}

#define ONE_GUEST "{\"scenario\":1,\"guests\":{\"a\":{}}"
#define TWO       "{\"scenario\":1,\"guests\":{\"a\":{},\"b\":{}}"

/* A scenario with one guest and this timeline, or these expectations. */
static const char *with(const char *key, const char *list)
{
    static char text[8192];

    snprintf(text, sizeof text, ONE_GUEST ",\"end\":\"60s\",\"%s\":[%s]}", key, list);
    return text;
}

static void assert_bad_timeline(const char *list, const char *message)
{
    assert_bad(with("timeline", list), message);
}

static void assert_bad_expect(const char *list, const char *message)
{
    assert_bad(with("expect", list), message);
}

static void all_of_it_is_read(void **unused)
{
    (void)unused;
    assert_good(
        "{ \"scenario\": 1, \"name\": \"x-1\", \"best-effort\": true, \"end\": \"boot+60s\",\n"
        "  \"guests\": { \"a\": { \"kernel\": \"k\", \"initrd\": \"i\", "
        "\"options\": [\"--cpus\", \"2\"] } },\n"
        "  \"timeline\": [ { \"at\": \"boot+1.5s\", \"guest\": \"a\", \"fault\": \"jump\", "
        "\"by\": \"1h\" } ],\n"
        "  \"expect\": [ \"a:monotonic\", \"clocksource=hpet at fault1+2s\" ] }\n");
    assert_string_equal(scenario.name, "x-1");
    assert_true(scenario.best_effort && scenario.has_end);
    assert_int_equal(scenario.end.origin, ORIGIN_BOOT);
    assert_int_equal(scenario.end.after_ns, 60 * NS_PER_SEC);
    assert_int_equal(scenario.guest_count, 1);
    assert_string_equal(scenario.guests[0].name, "a");
    assert_string_equal(scenario.guests[0].kernel, "k");
    assert_string_equal(scenario.guests[0].initrd, "i");
    assert_int_equal(scenario.guests[0].option_count, 2);
    assert_string_equal(scenario.guests[0].options[1], "2");
    assert_int_equal(scenario.guests[0].checks.count, 1);
    assert_int_equal(scenario.entry_count, 1);
    assert_int_equal(scenario.entries[0].time.after_ns, 3 * NS_PER_SEC / 2);
    assert_string_equal(scenario.entries[0].stated.text, "boot+1500ms jump by=1h");
    assert_int_equal(scenario.expectation_count, 1);
    assert_string_equal(scenario.expectations[0].name, "hpet");
    assert_int_equal(scenario.expectations[0].from.origin, ORIGIN_FAULT);
    assert_int_equal(scenario.expectations[0].to.after_ns, 2 * NS_PER_SEC);
}

static void comments_end_with_their_line_and_are_none_in_a_text(void **unused)
{
    (void)unused;
    assert_good("// at the start \"\n{\"scenario\":1, // behind\n\"guests\":{\"a\":{\"kernel\":"
                "\"http://k\\\"//\"}}} // \\");
    assert_string_equal(scenario.guests[0].kernel, "http://k\"//");
    teardown(NULL);
    assert_bad("{\n // {\n x", "line 3, column 2: string or '}' expected near 'x'");
    assert_bad("/ {}", "line 1, column 1: '[' or '{' expected near '/'");
}

static void what_is_no_scenario_is_refused(void **unused)
{
    static const char none[] = "it is no scenario: one begins with { \"scenario\": 1";
    static const char guests[] = "guests is to be an object with 1 to 4 of them, as {\"a\": {}}";

    (void)unused;
    assert_bad("", "line 1, column 0: '[' or '{' expected near end of file");
    assert_bad("[]", none);
    assert_bad("{\"scenario\":2}", none);
    assert_bad("{\"scenario\":1,\"scenario\":1}",
               "line 1, column 24: duplicate object key near '\"scenario\"'");
    assert_bad("{\"scenario\":1}", guests);
    assert_bad("{\"scenario\":1,\"guests\":{}}", guests);
    assert_bad("{\"scenario\":1,\"guests\":[]}", guests);
    assert_bad(ONE_GUEST ",\"trace\":\"x\"}",
               "'trace' is no key; known are scenario, name, guests, timeline, expect, "
               "best-effort, end, seed");
    assert_bad(ONE_GUEST ",\"name\":\"a/b\"}", "name is to have 1 to 32 letters, digits, - and _");
    assert_bad(ONE_GUEST ",\"best-effort\":1}", "best-effort is to be true or false");
    assert_bad(ONE_GUEST ",\"seed\":-1}", "seed is to be a whole number of up to 12 digits");
    assert_bad(ONE_GUEST ",\"seed\":1000000000000}",
               "seed is to be a whole number of up to 12 digits");
    assert_bad(ONE_GUEST ",\"seed\":\"1\"}", "seed is to be a whole number of up to 12 digits");
    assert_bad(ONE_GUEST ",\"end\":\"60\"}",
               "end is to be a time, as \"60s\", \"boot+60s\" or \"fault1+10s\"");
    assert_bad(ONE_GUEST ",\"end\":\"fault1\"}", "end: the timeline has no such entry");
    assert_bad(ONE_GUEST ",\"timeline\":{}}", "timeline is to be a list");
    assert_bad(ONE_GUEST ",\"expect\":\"monotonic\"}", "expect is to be a list");
}

static void bad_guests_are_named(void **unused)
{
    (void)unused;
    assert_bad("{\"scenario\":1,\"guests\":{\"\\u001b[2J\":{}}}",
               "guest '?[2J': its name has 1 to 32 letters, digits, - and _, and it is an object");
    assert_bad("{\"scenario\":1,\"guests\":{\"a\":{\"cpus\":2}}}",
               "guest a: 'cpus' is no key; known are kernel, initrd, options "
               "and time-rate");
    assert_bad("{\"scenario\":1,\"guests\":{\"a\":{\"kernel\":\"\"}}}",
               "guest a: kernel is to be the name of a file");
    assert_bad("{\"scenario\":1,\"guests\":{\"a\":{\"options\":[\"--cpus\",2]}}}",
               "guest a: options is to be a list of 64 words at most");
    assert_bad("{\"scenario\":1,\"guests\":{\"a\":{\"options\":\"--cpus 2\"}}}",
               "guest a: options is to be a list of 64 words at most");
}

static void bad_entries_are_named_by_their_number(void **unused)
{
    static const char at[] =
        "timeline entry 1: at is to be a guest time, as \"20s\" or \"boot+5s\"";

    (void)unused;
    assert_bad_timeline("1", "timeline entry 1: it is no object");
    assert_bad_timeline("{\"fault\":\"jump\",\"by\":\"1s\"}",
                        "timeline entry 1: it is to have either at or after");
    assert_bad_timeline("{\"at\":\"-1s\",\"fault\":\"jump\",\"by\":\"1s\"}", at);
    assert_bad_timeline("{\"at\":5,\"fault\":\"jump\",\"by\":\"1s\"}", at);
    assert_bad_timeline("{\"at\":\"fault1\",\"fault\":\"jump\",\"by\":\"1s\"}", at);
    assert_bad_timeline("{\"at\":\"1s\",\"plus\":\"1s\",\"fault\":\"jump\",\"by\":\"1s\"}",
                        "timeline entry 1: plus goes with after; give the time by at");
    assert_bad_timeline("{\"at\":\"1s\",\"fault\":\"jump\",\"by\":\"1s\"},"
                        "{\"at\":\"2s\",\"fault\":\"nix\"}",
                        "timeline entry 2: 'nix' is no fault; minivmm --faults lists them");
    assert_bad_timeline("{\"at\":\"1s\",\"fault\":\"jump\",\"bye\":\"1s\"}",
                        "timeline entry 1: jump has no argument 'bye'; it is jump by=TIME");
    assert_bad_timeline("{\"at\":\"1s\",\"guest\":\"b\",\"fault\":\"jump\",\"by\":\"1s\"}",
                        "timeline entry 1: there is no such guest");
    assert_bad(TWO ",\"timeline\":[{\"at\":\"1s\",\"fault\":\"jump\",\"by\":\"1s\"}]}",
               "timeline entry 1: guest is missing, as there are several");
    assert_bad_timeline("{\"at\":\"60s\",\"fault\":\"jump\",\"by\":\"1s\"}",
                        "timeline entry 1: it comes at 1m, and the scenario's end at 1m");
    assert_bad_timeline("{\"at\":\"1s\",\"fault\":\"hpet.rate\",\"ppb\":1},"
                        "{\"at\":\"2s\",\"fault\":\"hpet.rate\",\"ppb\":1},"
                        "{\"at\":\"1000ms\",\"fault\":\"hpet.rate\",\"ppb\":2}",
                        "timeline entries 1 and 3 contradict each other: both are hpet.rate at "
                        "1s");
}

static void an_entry_can_wait_for_a_line(void **unused)
{
    (void)unused;
    assert_good(TWO ",\"timeline\":[{\"after\":\"b:dmesg~x: (y|z)\",\"plus\":\"1s\","
                    "\"fault\":\"jump\",\"by\":\"1s\"}]}");
    assert_int_equal(scenario.entries[0].guest, 1);
    assert_true(pattern_matches(&scenario.entries[0].after, "[ 1.0] x: zzz"));
    assert_false(pattern_matches(&scenario.entries[0].after, "x: a"));
    assert_string_equal(scenario.entries[0].stated.text,
                        "after b:dmesg~x: (y|z) plus 1s jump by=1s");
    teardown(NULL);
    assert_bad(TWO ",\"timeline\":[{\"after\":\"b:dmesg~x\",\"guest\":\"a\",\"fault\":\"jump\","
                   "\"by\":\"1s\"}]}",
               "timeline entry 1: after and guest are to name the same guest");
    assert_bad_timeline("{\"after\":\"x\",\"fault\":\"jump\",\"by\":\"1s\"}",
                        "timeline entry 1: after is to be dmesg~PATTERN, or GUEST:dmesg~PATTERN");
    assert_bad_timeline("{\"after\":\"dmesg~x\",\"plus\":\"boot\",\"fault\":\"jump\","
                        "\"by\":\"1s\"}",
                        "timeline entry 1: plus is to be a length of time, as \"1s\"");
}

static void what_is_no_pattern_is_refused(void **unused)
{
    (void)unused;
    assert_bad_timeline("{\"after\":\"dmesg~(a{1,255}){1,255}\",\"fault\":\"jump\"}",
                        "timeline entry 1: after: a pattern has no {; \\{ is a brace");
    assert_bad_timeline("{\"after\":\"dmesg~\",\"fault\":\"jump\"}",
                        "timeline entry 1: after: a pattern has 1 to 127 bytes");
    assert_good(with("expect", "\"dmesg~\\\\[ *1\\\\.\\\\{x\""));
    assert_true(pattern_matches(&scenario.expectations[0].pattern, "[  1.{x"));
}

static void assert_clauses(const char *text, const char *from, const char *to)
{
    char list[256], bytes[64] = "";
    struct timed_expectation *one = &scenario.expectations[0];
    struct text out;

    snprintf(list, sizeof list, "\"%s\"", text);
    assert_good(with("expect", list));
    text_init(&out, bytes, sizeof bytes);
    if (one->has_from)
        scenario_time_add(&one->from, &out);
    assert_string_equal(bytes, from);
    text_init(&out, bytes, sizeof bytes);
    if (one->has_to)
        scenario_time_add(&one->to, &out);
    assert_string_equal(bytes, to);
    scenario_close(&scenario);
}

static void clauses_say_when_it_is_to_hold(void **unused)
{
    (void)unused;
    assert_clauses("dmesg~x", "", "");
    assert_clauses("dmesg~x from 1s", "1s", "");
    assert_clauses("dmesg~x y to boot+1s", "", "boot+1s");
    assert_clauses("dmesg!~x from 1.5s  to 2s", "1500ms", "2s");
    assert_clauses("dmesg~at the end within 2s of 20s", "20s", "22s");
    assert_clauses("clocksource=tsc at boot+20s", "boot+20s", "boot+20s");
    assert_clauses("clocksource=tsc from boot", "boot", "");
    assert_clauses("dmesg~within x of 20s", "", "");
}

static void bad_expectations_are_named_by_their_number(void **unused)
{
    (void)unused;
    assert_bad_expect("1", "expectation 1: it is to be a text of 159 bytes at most");
    assert_bad_expect("\"b:monotonic\"",
                      "expectation 1: there is no guest of that name before the colon");
    assert_bad(TWO ",\"expect\":[\"monotonic\"]}",
               "expectation 1: there are several guests: it is to begin with the name of one, "
               "as a:");
    assert_bad_expect("\"monotonic\",\"drift<=1\"",
                      "expectation 2: --expect 'drift<=1': accepted is drift<=N with N a number of "
                      "ppb or ppm");
    assert_bad_expect("\"monotonic at 5s\"", "expectation 1: at, from, to and within are for "
                                             "dmesg~, dmesg!~, clocksource=, drift and offset");
    assert_bad_expect("\"status=\"",
                      "expectation 1: status=N is the status of the run, from 0 to 255");
    assert_bad_expect("\"status=256\"",
                      "expectation 1: status=N is the status of the run, from 0 to 255");
    assert_bad_expect("\"back>=1\"", "expectation 1: back>= and back<= have a length of time "
                                     "behind them, as 1ms");
    assert_bad_expect(
        "\"drift>=1s\"",
        "expectation 1: drift>= and drift<= have a number of ppb or ppm behind them, as 400ppm");
    assert_bad_expect("\"clocksource=tsc to 5s\"",
                      "expectation 1: clocksource= is for a time, by at, or from one on, by from");
    assert_bad_expect("\"dmesg~x at 1s at 2s\"", "expectation 1: its time is said twice");
    assert_bad_expect("\"dmesg~x from 1s within 2s of 1s\"",
                      "expectation 1: its time is said twice");
    assert_bad_expect("\"dmesg~(\"", "expectation 1: a ( has no ) behind it");
}

static void what_cannot_hold_is_refused(void **unused)
{
    (void)unused;
    assert_bad_expect("\"status=0\",\"status=4\"", "'status=4': a run has one status");
    assert_bad_expect("\"clocksource=tsc at 5s\",\"clocksource=hpet at 5s\"",
                      "'clocksource=hpet at 5s': there is one clocksource at a time");
    assert_bad_expect("\"dmesg~x from 5s to 4s\"",
                      "'dmesg~x from 5s to 4s': its time ends before it begins");
    assert_bad_expect("\"dmesg~x at 61s\"",
                      "'dmesg~x at 61s': it is about a time after the scenario's end, 1m");
    assert_bad_expect("\"dmesg~x from fault1\"",
                      "'dmesg~x from fault1': the guest's timeline has no such entry");
    assert_good(with("expect", "\"clocksource=tsc at 5s\",\"clocksource=hpet at 6s\""));
}

static void an_offset_and_a_rate_of_a_part_of_the_run_need_samples(void **unused)
{
    (void)unused;
    assert_good(with("expect", "\"drift<=1ppm\",\"drift>=1ppm\""));
    assert_int_equal(scenario.guests[0].checks.count, 1);
    assert_int_equal(scenario.expectations[0].kind, TIMED_DRIFT_LEAST);
    assert_false(scenario_needs_samples(&scenario, 0));
    teardown(NULL);
    assert_good(with("expect", "\"drift<=1ppm from 2s\",\"drift>=2ppb at 3s\",\"offset<=1.5ms\","
                               "\"offset>=2us to 4s\""));
    assert_int_equal(scenario.guests[0].checks.count, 0);
    assert_int_equal(scenario.expectations[0].kind, TIMED_RATE_MOST);
    assert_int_equal(scenario.expectations[0].limit, 1000);
    assert_int_equal(scenario.expectations[1].kind, TIMED_RATE_LEAST);
    assert_int_equal(scenario.expectations[2].kind, TIMED_OFFSET_MOST);
    assert_int_equal(scenario.expectations[2].limit, 1500000);
    assert_int_equal(scenario.expectations[3].kind, TIMED_OFFSET_LEAST);
    assert_true(scenario_needs_samples(&scenario, 0));
    teardown(NULL);
    assert_bad_expect(
        "\"offset<=fault1\"",
        "expectation 1: offset>= and offset<= have a length of time behind them, as 1ms");
    assert_bad_expect("\"drift<=1s from 2s\"",
                      "expectation 1: drift>= and drift<= have a number of "
                      "ppb or ppm behind them, as 400ppm");
}

static void times_are_read_and_said_alike(void **unused)
{
    static const char *const good[] = {"0s",      "20s",        "1500ms", "boot",
                                       "boot+5s", "fault64+1s", "fault1", "36500d"};
    static const char *const bad[] = {
        "",       "5",       "-5s",     "+5s",     "boot+",  "boot5s", "boot+-5s", "fault",
        "fault0", "fault65", "fault1+", "fault01", "36501d", "b",      "5s ",      "boot+5"};
    struct scenario_time time;

    (void)unused;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char bytes[64];
        struct text text;

        text_init(&text, bytes, sizeof bytes);
        assert_true(scenario_time_parse(good[i], &time));
        scenario_time_add(&time, &text);
        assert_string_equal(bytes, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (scenario_time_parse(bad[i], &time))
            fail_msg("'%s' is read as a time", bad[i]);
}

/* Timeline entries at 1 s, 2 s and so on. */
static const char *many_entries(unsigned count)
{
    static char list[4096];
    struct text text;

    text_init(&text, list, sizeof list);
    for (unsigned i = 1; i <= count; i++)
        text_add(&text, "%s{\"at\":\"%us\",\"fault\":\"jump\",\"by\":\"1s\"}", i > 1 ? "," : "", i);
    return list;
}

static void a_guest_has_so_many_entries_and_no_more(void **unused)
{
    (void)unused;
    assert_good(with("timeline", many_entries(SCENARIO_VERDICTS_MAX)));
    teardown(NULL);
    assert_bad_timeline(many_entries(SCENARIO_VERDICTS_MAX + 1),
                        "timeline entry 32: a guest has 31 entries and expectations at most");
}

static bool has_key(const char *const *keys, const char *key)
{
    while (*keys != NULL && strcmp(*keys, key) != 0)
        keys++;
    return *keys != NULL;
}

/* The properties of an object in the schema are the keys, and no others. */
static void assert_same_keys(const json_t *properties, const char *const *keys, const char *other)
{
    const char *key;
    json_t *value;

    assert_true(json_is_object(properties));
    for (unsigned i = 0; keys[i] != NULL; i++)
        if (json_object_get(properties, keys[i]) == NULL)
            fail_msg("the schema lacks %s", keys[i]);
    json_object_foreach((json_t *)properties, key, value)
    {
        (void)value;
        if (!has_key(keys, key) && strcmp(key, other) != 0)
            fail_msg("the schema has %s, which the parser has not", key);
    }
}

static void the_schema_has_the_keys_of_the_parser(void **unused)
{
    json_t *schema = json_load_file("timelab/scenario.schema.json", 0, NULL);
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *guests = json_object_get(properties, "guests");
    const json_t *entry = json_object_get(json_object_get(properties, "timeline"), "items");

    (void)unused;
    assert_non_null(schema);
    assert_same_keys(properties, scenario_keys, "");
    assert_same_keys(json_object_get(json_object_get(guests, "additionalProperties"), "properties"),
                     scenario_guest_keys, "");
    assert_same_keys(json_object_get(entry, "properties"), scenario_entry_keys, "fault");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(properties, "scenario"), "const")),
        SCENARIO_VERSION);
    json_decref(schema);
}

static void a_file_has_so_many_bytes_and_no_more(void **unused)
{
    static char bytes[SCENARIO_MAX_BYTES + 1];
    struct text error;

    (void)unused;
    memset(bytes, ' ', sizeof bytes);
    text_init(&error, line, sizeof line);
    assert_false(scenario_read(&scenario, bytes, sizeof bytes, &error));
    assert_string_equal(line, "a scenario has 262144 bytes at most");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_of_it_is_read, teardown),
        cmocka_unit_test_teardown(comments_end_with_their_line_and_are_none_in_a_text, teardown),
        cmocka_unit_test_teardown(what_is_no_scenario_is_refused, teardown),
        cmocka_unit_test_teardown(bad_guests_are_named, teardown),
        cmocka_unit_test_teardown(bad_entries_are_named_by_their_number, teardown),
        cmocka_unit_test_teardown(an_entry_can_wait_for_a_line, teardown),
        cmocka_unit_test_teardown(what_is_no_pattern_is_refused, teardown),
        cmocka_unit_test_teardown(clauses_say_when_it_is_to_hold, teardown),
        cmocka_unit_test_teardown(bad_expectations_are_named_by_their_number, teardown),
        cmocka_unit_test_teardown(what_cannot_hold_is_refused, teardown),
        cmocka_unit_test_teardown(an_offset_and_a_rate_of_a_part_of_the_run_need_samples, teardown),
        cmocka_unit_test_teardown(times_are_read_and_said_alike, teardown),
        cmocka_unit_test_teardown(a_guest_has_so_many_entries_and_no_more, teardown),
        cmocka_unit_test_teardown(the_schema_has_the_keys_of_the_parser, teardown),
        cmocka_unit_test_teardown(a_file_has_so_many_bytes_and_no_more, teardown),
    };

    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
