/* SPDX-License-Identifier: BSD-2-Clause */
/* Results in every format, byte for byte, and that the largest one fits its room. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "check/format.h"
#include "check/result.h"
#include "tests/unit/report_file.h"

static const struct expectation monotonic = {.text = "monotonic"};
static const struct expectation tsc = {.text = "clocksource=tsc", .profile = "tsc"};
static const struct expectation realtime = {.text = "realtime<=1s", .profile = "tsc"};

/* A guest that was judged: one expectation of each result. */
static json_t *judged(void)
{
    struct run_result result = {.kernel = "vmlinuz",
                                .options = "--nvram 'a b'",
                                .machine = "--nvram 'a b'",
                                .run_ns = 2345678901,
                                .outcome = OUTCOME_JUDGED,
                                .status = 11,
                                .stage = WATCH_DONE,
                                .boot_ns = 1500000000,
                                .console = "one\n<two>"};
    struct verdict *verdicts = result.verdicts.items;

    result.verdicts.count = 3;
    verdicts[0] = (struct verdict){.expectation = &monotonic,
                                   .result = VERDICT_OK,
                                   .seen = "went back 0 times",
                                   .numbers = {{"backwards_count", 0}, {"read_count", 77}},
                                   .number_count = 2};
    verdicts[1] = (struct verdict){.expectation = &tsc,
                                   .result = VERDICT_FAILED,
                                   .seen = "it's \"hpet\" #2",
                                   .cause = cause_of(CAUSE_TSC_TOLD_UNSTABLE)};
    verdicts[2] = (struct verdict){
        .expectation = &realtime, .result = VERDICT_NOT_APPLICABLE, .seen = "another date"};
    return result_to_json(&result);
}

static json_t *hung(void)
{
    struct run_result result = {.kernel = "k",
                                .options = "--initrd a#b",
                                .outcome = OUTCOME_HUNG,
                                .status = 12,
                                .stage = WATCH_KERNEL,
                                .detail = "no report in 5 s & more",
                                .console = "tail"};

    return result_to_json(&result);
}

/* What a format makes of one result, or of two if other is not NULL. It takes them over. */
static const char *written(enum format format, json_t *one, json_t *other)
{
    static char bytes[FORMAT_FRAME_BYTES + 2 * FORMAT_RESULT_BYTES];
    json_t *results = json_array();
    struct text text;

    json_array_append_new(results, one);
    if (other != NULL)
        json_array_append_new(results, other);
    text_init(&text, bytes, sizeof bytes);
    format_write(format, results, &text);
    assert_false(text.cut);
    json_decref(results);
    return bytes;
}

static void a_table_has_a_line_for_each_expectation(void **unused)
{
    (void)unused;
    assert_string_equal(
        written(FORMAT_TABLE, judged(), NULL),
        "vmlinuz --nvram 'a b'\n"
        "  ok      monotonic                 went back 0 times\n"
        "  FAILED  clocksource=tsc           it's \"hpet\" #2\n"
        "            expected  clocksource=tsc, of profile tsc\n"
        "            layer     guest kernel timekeeping\n"
        "            usually   tsc=unstable is on the kernel command line: take it away\n"
        "  n/a     realtime<=1s              another date\n"
        "  the console's last lines\n"
        "    | one\n"
        "    | <two>\n"
        "  verdict: FAILED (1 ok, 1 failed, 1 n/a), the probe ran after 1.500 s\n");
}

static void a_table_of_several_ends_with_their_count(void **unused)
{
    const char *table = written(FORMAT_TABLE, hung(), hung());

    (void)unused;
    assert_non_null(strstr(table, "k --initrd a#b\n"
                                  "  hung: no report in 5 s & more\n"
                                  "  the console's last lines\n"
                                  "    | tail\n"
                                  "  verdict: not judged\n"));
    assert_non_null(strstr(table, "\n2 checks, 2 failed\n"));
}

static void in_tap_a_hash_is_escaped_and_a_quote_is_doubled(void **unused)
{
    (void)unused;
    assert_string_equal(
        written(FORMAT_TAP, judged(), hung()),
        "TAP version 13\n"
        "1..5\n"
        "ok 1 - vmlinuz --nvram 'a b': the guest reported\n"
        "ok 2 - vmlinuz --nvram 'a b': monotonic: went back 0 times\n"
        "not ok 3 - vmlinuz --nvram 'a b': clocksource=tsc: it's \"hpet\" \\#2\n"
        "  ---\n"
        "  expected: 'clocksource=tsc'\n"
        "  seen: 'it''s \"hpet\" #2'\n"
        "  layer: 'guest kernel timekeeping'\n"
        "  usually: 'tsc=unstable is on the kernel command line: take it away'\n"
        "  ...\n"
        "ok 4 - vmlinuz --nvram 'a b': realtime<=1s: not applicable # SKIP another date\n"
        "not ok 5 - k --initrd a\\#b: the guest reported: no report in 5 s & more\n"
        "  ---\n"
        "  outcome: 'hung'\n"
        "  stage: 'kernel'\n"
        "  ...\n"
        "# | tail\n");
}

static void junit_is_xml_with_a_suite_for_each_guest(void **unused)
{
    (void)unused;
    assert_string_equal(written(FORMAT_JUNIT, judged(), hung()),
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<testsuites name=\"minivmm check\">\n"
                        " <testsuite name=\"vmlinuz --nvram 'a b'\" time=\"2.345\" tests=\"4\" "
                        "failures=\"1\" errors=\"0\" "
                        "skipped=\"1\">\n"
                        "  <testcase classname=\"vmlinuz --nvram 'a b'\" name=\"the guest "
                        "reported\" time=\"2.345\"></testcase>\n"
                        "  <testcase classname=\"vmlinuz --nvram 'a b'\" name=\"monotonic\" "
                        "time=\"0\"></testcase>\n"
                        "  <testcase classname=\"vmlinuz --nvram 'a b'\" name=\"clocksource=tsc\" "
                        "time=\"0\"><failure "
                        "type=\"guest kernel timekeeping\" message=\"it's &quot;hpet&quot; #2\">"
                        "expected clocksource=tsc\n"
                        "seen it's &quot;hpet&quot; #2\n"
                        "usually tsc=unstable is on the kernel command line: take it away\n"
                        "</failure></testcase>\n"
                        "  <testcase classname=\"vmlinuz --nvram 'a b'\" name=\"realtime&lt;=1s\" "
                        "time=\"0\"><skipped "
                        "message=\"another date\"/></testcase>\n"
                        "  <system-out>| one\n"
                        "| &lt;two&gt;\n"
                        "</system-out>\n"
                        " </testsuite>\n"
                        " <testsuite name=\"k --initrd a#b\" time=\"0.000\" tests=\"1\" "
                        "failures=\"0\" errors=\"1\" "
                        "skipped=\"0\">\n"
                        "  <testcase classname=\"k --initrd a#b\" name=\"the guest reported\" "
                        "time=\"0.000\"><error type=\"hung\" "
                        "message=\"no report in 5 s &amp; more\"/></testcase>\n"
                        "  <system-out>| tail\n"
                        "</system-out>\n"
                        " </testsuite>\n"
                        "</testsuites>\n");
}

static void markdown_has_a_row_for_each_guest_and_then_what_failed(void **unused)
{
    (void)unused;
    assert_string_equal(
        written(FORMAT_MARKDOWN, judged(), hung()),
        "## minivmm check: 0 of 2 ok\n"
        "\n"
        "| | check | clocksource | ok | failed | n/a | time |\n"
        "|---|---|---|---|---|---|---|\n"
        "| **FAILED** | vmlinuz \\-\\-nvram 'a b' |  | 1 | 1 | 1 | 2.3 s |\n"
        "| **FAILED** | k \\-\\-initrd a\\#b |  | 0 | 0 | 0 |  |\n"
        "\n"
        "### vmlinuz \\-\\-nvram 'a b'\n"
        "\n"
        "- **clocksource=tsc**: it's \"hpet\" \\#2. Usually: tsc=unstable is on the kernel command "
        "line: take it away\n"
        "\n"
        "### k \\-\\-initrd a\\#b\n"
        "\n"
        "- hung: no report in 5 s \\& more\n");
}

static void github_gets_an_annotation_for_each_failure(void **unused)
{
    json_t *result = judged();

    (void)unused;
    json_object_set_new(result, "kernel", json_string("/tmp/vmlinuz"));
    json_object_set_new(result, "machine", json_string("50%:a,b"));
    assert_string_equal(written(FORMAT_GITHUB, result, hung()),
                        "::error title=vmlinuz 50%25%3Aa%2Cb::clocksource=tsc: it's \"hpet\" "
                        "#2%0Ausually: tsc=unstable is on the kernel command line: take it away\n"
                        "::error title=k --initrd a#b::hung: no report in 5 s & more\n"
                        "::notice title=minivmm check::0 of 2 ok\n");
}

static void numbers_stand_beside_the_text(void **unused)
{
    json_t *result = judged();
    const json_t *verdicts = json_object_get(result, "verdicts");
    const json_t *numbers = json_object_get(json_array_get(verdicts, 0), "numbers");

    (void)unused;
    assert_int_equal(json_integer_value(json_object_get(numbers, "read_count")), 77);
    assert_int_equal(json_object_size(numbers), 2);
    assert_int_equal(json_object_size(json_object_get(json_array_get(verdicts, 1), "numbers")), 0);
    assert_int_equal(json_integer_value(json_object_get(result, "run_ns")), 2345678901);
    json_decref(result);
}

static void json_is_the_document_of_the_results(void **unused)
{
    json_t *results = json_array(), *expected;
    json_t *document = json_loads(written(FORMAT_JSON, judged(), hung()), 0, NULL);

    (void)unused;
    json_array_append_new(results, judged());
    json_array_append_new(results, hung());
    expected = result_document(results);
    assert_non_null(document);
    assert_true(json_equal(document, expected));
    assert_true(json_is_false(json_object_get(document, "ok")));
    json_decref(expected);
    json_decref(document);
}

static void json_is_ascii_whatever_is_in_it(void **unused)
{
    json_t *result = hung();
    const char *text;

    (void)unused;
    json_object_set_new(result, "more", json_string("\302\2331m\303\251"));
    text = written(FORMAT_JSON, result, NULL);
    assert_non_null(strstr(text, "\"more\": \"\\u009B1m\\u00E9\""));
}

static void a_guest_that_failed_gets_the_checklist_in_every_format_for_people(void **unused)
{
    static const enum format formats[] = {FORMAT_TABLE, FORMAT_TAP, FORMAT_JUNIT};
    struct run_result result = {.kernel = "k", .options = "o", .status = 11, .console = ""};

    (void)unused;
    result.report = report_file_read("kvm-clock");
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (unsigned item = 0; item < CHECKLIST_COUNT; item++)
            assert_non_null(strstr(written(formats[i], result_to_json(&result), NULL),
                                   checklist_question((enum checklist_item)item)));
}

static json_t *text_of(size_t length, char c)
{
    char text[RESULT_TEXT_BYTES];

    memset(text, c, length);
    return json_stringn(text, length);
}

static json_t *verdict_of(char c)
{
    static const char *const keys[] = {"expected", "profile", "seen", "layer", "cause"};
    json_t *verdict = json_pack("{s:s}", "result", "failed");

    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set_new(verdict, keys[i], text_of(RESULT_DETAIL_BYTES - 1, c));
    return verdict;
}

/* The largest result that result_read lets through, of one character. */
static json_t *largest_of(char c)
{
    static const char *const keys[] = {"kernel",  "options", "machine",
                                       "outcome", "detail",  "stage"};
    json_t *result =
        json_pack("{s:i, s:[], s:[], s:[]}", "status", 11, "verdicts", "checklist", "console");

    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set_new(result, keys[i], text_of(RESULT_TEXT_BYTES - 1, c));
    for (unsigned i = 0; i < EXPECTATIONS_MAX; i++)
        json_array_append_new(json_object_get(result, "verdicts"), verdict_of(c));
    for (unsigned i = 0; i < CHECKLIST_COUNT; i++)
        json_array_append_new(json_object_get(result, "checklist"),
                              json_pack("{s:o, s:o}", "question",
                                        text_of(RESULT_DETAIL_BYTES - 1, c), "answer",
                                        text_of(RESULT_DETAIL_BYTES - 1, c)));
    for (unsigned i = 0; i < RESULT_CONSOLE_LINES; i++)
        json_array_append_new(json_object_get(result, "console"),
                              text_of(RESULT_TEXT_BYTES - 1, c));
    return result;
}

static void the_largest_result_fits_its_room_whatever_is_escaped(void **unused)
{
    (void)unused;
    for (unsigned format = FORMAT_TABLE; format <= FORMAT_GITHUB; format++)
        for (const char *c = "a\"'\\#&%"; *c != '\0'; c++)
            assert_true(strlen(written((enum format)format, largest_of(*c), NULL)) <
                        FORMAT_RESULT_BYTES);
}

static void every_cause_fits_where_a_document_is_read(void **unused)
{
    (void)unused;
    for (unsigned id = 0; id < CAUSE_COUNT; id++)
        assert_true(strlen(cause_of((enum cause_id)id)->text) < RESULT_DETAIL_BYTES);
}

static void formats_are_found_by_name(void **unused)
{
    enum format format;

    (void)unused;
    assert_true(format_find("table", &format) && format == FORMAT_TABLE);
    assert_true(format_find("tap", &format) && format == FORMAT_TAP);
    assert_true(format_find("junit", &format) && format == FORMAT_JUNIT);
    assert_true(format_find("json", &format) && format == FORMAT_JSON);
    assert_true(format_find("markdown", &format) && format == FORMAT_MARKDOWN);
    assert_true(format_find("github", &format) && format == FORMAT_GITHUB);
    assert_false(format_find("", &format));
    assert_false(format_find("TAP", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_has_a_line_for_each_expectation),
        cmocka_unit_test(a_table_of_several_ends_with_their_count),
        cmocka_unit_test(in_tap_a_hash_is_escaped_and_a_quote_is_doubled),
        cmocka_unit_test(junit_is_xml_with_a_suite_for_each_guest),
        cmocka_unit_test(markdown_has_a_row_for_each_guest_and_then_what_failed),
        cmocka_unit_test(github_gets_an_annotation_for_each_failure),
        cmocka_unit_test(numbers_stand_beside_the_text),
        cmocka_unit_test(json_is_the_document_of_the_results),
        cmocka_unit_test(json_is_ascii_whatever_is_in_it),
        cmocka_unit_test(a_guest_that_failed_gets_the_checklist_in_every_format_for_people),
        cmocka_unit_test(the_largest_result_fits_its_room_whatever_is_escaped),
        cmocka_unit_test(every_cause_fits_where_a_document_is_read),
        cmocka_unit_test(formats_are_found_by_name),
    };

    return cmocka_run_group_tests_name("check_results", tests, NULL, NULL);
}
