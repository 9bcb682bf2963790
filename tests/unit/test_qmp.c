/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP: negotiation, dispatch by a table, and what is wrong with what a client says. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_math.h"
#include "vmm/host/qmp.h"

#define PARSE_ERROR "{\"error\":{\"class\":\"GenericError\",\"desc\":\"JSON parse error: "

static struct qmp_session session;
static unsigned calls;

static json_t *count_call(struct qmp_call *call)
{
    calls++;
    assert_ptr_equal(call->server->ctx, &calls);
    return qmp_nothing();
}

static json_t *say_file(struct qmp_call *call)
{
    return json_pack("[s,I]", json_string_value(json_object_get(call->arguments, "file")),
                     json_integer_value(json_object_get(call->arguments, "number")));
}

static json_t *fail_twice(struct qmp_call *call)
{
    qmp_fail(call, "the %s is %s", "disk", "full \xe4\n");
    qmp_fail(call, "a second reason");
    return qmp_nothing();
}

static json_t *have_no_memory(struct qmp_call *call)
{
    (void)call;
    return NULL;
}

static const struct qmp_command rows[] = {
    {.name = "count", .run = count_call},
    {.name = "save",
     .run = say_file,
     .arguments = {{"file", QMP_STRING, false},
                   {"number", QMP_INT, true},
                   {"flag", QMP_BOOL, true}}},
    {.name = "fail", .run = fail_twice},
    {.name = "no-memory", .run = have_no_memory},
};

static const struct qmp_server server = {rows, sizeof rows / sizeof rows[0], "1.22.333-4-gabc",
                                         &calls};

static void assert_text(json_t *message, const char *expected)
{
    char *text;

    assert_non_null(message);
    text = json_dumps(message, QMP_TEXT_FLAGS | JSON_SORT_KEYS);
    assert_string_equal(text, expected);
    free(text);
    json_decref(message);
}

static void assert_answer(const char *request, const char *expected)
{
    assert_text(qmp_answer(&server, &session, request, strlen(request)), expected);
}

static void assert_error(const char *request, const char *error_class, const char *desc)
{
    char expected[512];

    snprintf(expected, sizeof expected, "{\"error\":{\"class\":\"%s\",\"desc\":\"%s\"}}",
             error_class, desc);
    assert_answer(request, expected);
}

static int setup(void **unused)
{
    (void)unused;
    session = (struct qmp_session){.negotiated = true};
    calls = 0;
    return 0;
}

static void the_greeting_has_the_version_and_no_capabilities(void **unused)
{
    (void)unused;
    assert_text(qmp_greeting(&server),
                "{\"QMP\":{\"capabilities\":[],\"version\":{\"package\":\"minivmm "
                "1.22.333-4-gabc\",\"qemu\":{\"major\":1,\"micro\":333,\"minor\":22}}}}");
}

static void before_the_negotiation_no_other_command_is_found(void **unused)
{
    (void)unused;
    session.negotiated = false;
    assert_error("{\"execute\":\"count\"}", "CommandNotFound",
                 "qmp_capabilities is to come first, before any other command");
    assert_int_equal(calls, 0);
    assert_answer("{\"execute\":\"qmp_capabilities\"}", "{\"return\":{}}");
    assert_true(session.negotiated);
    assert_answer("{\"execute\":\"count\"}", "{\"return\":{}}");
    assert_int_equal(calls, 1);
}

static void nothing_can_be_enabled_and_the_negotiation_is_once(void **unused)
{
    (void)unused;
    session.negotiated = false;
    assert_error("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}",
                 "GenericError", "there is no capability that could be enabled");
    assert_error("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":1}}", "GenericError",
                 "qmp_capabilities takes 'enable' alone, a list");
    assert_error("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"x\":[]}}", "GenericError",
                 "qmp_capabilities takes 'enable' alone, a list");
    assert_false(session.negotiated);
    assert_answer("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[]}}",
                  "{\"return\":{}}");
    assert_error("{\"execute\":\"qmp_capabilities\"}", "CommandNotFound",
                 "the capabilities are negotiated already");
}

static void the_id_is_any_value_and_comes_back(void **unused)
{
    (void)unused;
    assert_answer("{\"execute\":\"count\",\"id\":\"a\\u00e4\"}",
                  "{\"id\":\"a\\u00E4\",\"return\":{}}");
    assert_answer("{\"id\":[1,{\"b\":null}],\"execute\":\"count\"}",
                  "{\"id\":[1,{\"b\":null}],\"return\":{}}");
    assert_answer("{\"execute\":\"nix\",\"id\":7}",
                  "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"The command nix has not "
                  "been found\"},\"id\":7}");
}

static void an_id_has_a_bound(void **unused)
{
    static char request[2 * QMP_ID_MAX_BYTES];
    int length = QMP_ID_MAX_BYTES - 2;

    (void)unused;
    snprintf(request, sizeof request, "{\"execute\":\"count\",\"id\":\"%0*d\"}", length, 0);
    json_decref(qmp_answer(&server, &session, request, strlen(request)));
    assert_int_equal(calls, 1);
    snprintf(request, sizeof request, "{\"execute\":\"count\",\"id\":\"%0*d\"}", length + 1, 0);
    assert_error(request, "GenericError", "the id is longer than 4096 bytes");
    assert_int_equal(calls, 1);
}

static void arguments_reach_the_command_once_their_types_are_right(void **unused)
{
    (void)unused;
    assert_answer(
        "{\"execute\":\"save\",\"arguments\":{\"file\":\"f\",\"number\":-3,\"flag\":true}}",
        "{\"return\":[\"f\",-3]}");
    assert_answer("{\"execute\":\"save\",\"arguments\":{\"file\":\"\"}}", "{\"return\":[\"\",0]}");
    assert_error("{\"execute\":\"save\"}", "GenericError", "the argument 'file' is missing");
    assert_error("{\"execute\":\"save\",\"arguments\":{\"file\":1}}", "GenericError",
                 "the argument 'file' is to be a string");
    assert_error("{\"execute\":\"save\",\"arguments\":{\"file\":\"f\",\"number\":1.5}}",
                 "GenericError", "the argument 'number' is to be an integer");
    assert_error("{\"execute\":\"save\",\"arguments\":{\"file\":\"f\",\"flag\":0}}", "GenericError",
                 "the argument 'flag' is to be true or false");
    assert_error("{\"execute\":\"count\",\"arguments\":{\"file\":\"f\"}}", "GenericError",
                 "count has no argument 'file'");
    assert_int_equal(calls, 0);
}

static void what_a_command_says_is_the_answer(void **unused)
{
    (void)unused;
    assert_error("{\"execute\":\"fail\"}", "GenericError", "the disk is full ??");
    assert_error("{\"execute\":\"no-memory\"}", "GenericError", "no memory for the answer");
}

static void a_member_that_is_wrong_is_named(void **unused)
{
    (void)unused;
    assert_error("{}", "GenericError", "QMP input lacks member 'execute'");
    assert_error("{\"execute\":1}", "GenericError", "QMP input member 'execute' must be a string");
    assert_error("{\"execute\":\"count\",\"arguments\":[]}", "GenericError",
                 "QMP input member 'arguments' must be an object");
    assert_error("{\"exec-oob\":\"count\"}", "GenericError",
                 "QMP input member 'exec-oob' is unexpected");
    assert_error("[]", "GenericError", "QMP input must be a JSON object");
    assert_int_equal(calls, 0);
}

/* Whatever it is, it is an error, and no command runs. */
static void assert_parse_error(const char *request, size_t length)
{
    json_t *message = qmp_answer(&server, &session, request, length);
    char *text = json_dumps(message, QMP_TEXT_FLAGS | JSON_SORT_KEYS);

    assert_memory_equal(text, PARSE_ERROR, strlen(PARSE_ERROR));
    free(text);
    json_decref(message);
}

static void what_is_no_json_is_an_error(void **unused)
{
    static const char *const wrong[] = {"{\"execute\":}",
                                        "{\"execute\":\"count\"",
                                        "{'execute':'count'}",
                                        "{\"execute\":\"count\",\"execute\":\"count\"}",
                                        "{\"execute\":\"co\xff\"}",
                                        "{\"execute\":\"count\",\"id\":1e999}",
                                        "{\"execute\":\"count\",\"id\":99999999999999999999}",
                                        "{\"execute\":\"count\\u0000\"}"};

    (void)unused;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_parse_error(wrong[i], strlen(wrong[i]));
    assert_parse_error("", 0);
    assert_int_equal(calls, 0);
}

static void deep_nesting_is_an_error(void **unused)
{
    static char deep[60000];

    (void)unused;
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"id\":", 6);
    assert_parse_error(deep, sizeof deep);
}

static void an_event_has_its_time_and_data_if_there_is_any(void **unused)
{
    uint64_t at_ns = UINT64_C(1700000000) * NS_PER_SEC + 123456789;

    (void)unused;
    assert_text(
        qmp_event("STOP", NULL, at_ns),
        "{\"event\":\"STOP\",\"timestamp\":{\"microseconds\":123456,\"seconds\":1700000000}}");
    assert_text(qmp_event("RTC_CHANGE", json_pack("{s:i}", "offset", -2), at_ns),
                "{\"data\":{\"offset\":-2},\"event\":\"RTC_CHANGE\",\"timestamp\":{"
                "\"microseconds\":123456,\"seconds\":1700000000}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_greeting_has_the_version_and_no_capabilities, setup),
        cmocka_unit_test_setup(before_the_negotiation_no_other_command_is_found, setup),
        cmocka_unit_test_setup(nothing_can_be_enabled_and_the_negotiation_is_once, setup),
        cmocka_unit_test_setup(the_id_is_any_value_and_comes_back, setup),
        cmocka_unit_test_setup(an_id_has_a_bound, setup),
        cmocka_unit_test_setup(arguments_reach_the_command_once_their_types_are_right, setup),
        cmocka_unit_test_setup(what_a_command_says_is_the_answer, setup),
        cmocka_unit_test_setup(a_member_that_is_wrong_is_named, setup),
        cmocka_unit_test_setup(what_is_no_json_is_an_error, setup),
        cmocka_unit_test_setup(deep_nesting_is_an_error, setup),
        cmocka_unit_test_setup(an_event_has_its_time_and_data_if_there_is_any, setup),
    };

    return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
