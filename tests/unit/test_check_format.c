/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats for people and programs: a name is words of a shell, and what is not known is left
 * out. */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

#include "check/format.h"

/* A guest that ended without a report, in that format. */
static const char *written(enum format format, const char *kernel, const char *options)
{
    static char bytes[4096];
    struct text text;
    json_t *results = json_pack("[{s:s, s:s, s:s, s:s, s:s, s:i, s:[], s:[], s:[], s:n}]", "kernel",
                                kernel, "options", options, "outcome", "no-report", "stage",
                                "silent", "detail", "the guest ended without a report", "status",
                                10, "verdicts", "checklist", "console", "guest");

    assert_non_null(results);
    text_init(&text, bytes, sizeof bytes);
    format_write(format, results, &text);
    json_decref(results);
    return bytes;
}

static void a_kernel_with_a_space_is_one_word_of_a_shell(void **unused)
{
    (void)unused;
    assert_non_null(strstr(written(FORMAT_TABLE, "my kernel", "--cpus 1"), "'my kernel' --cpus 1"));
    assert_non_null(strstr(written(FORMAT_TAP, "my kernel", "--cpus 1"), "'my kernel' --cpus 1"));
    assert_non_null(strstr(written(FORMAT_TABLE, "bzImage", "--cpus 1"), "bzImage --cpus 1"));
}

/* A guest that was judged and failed one expectation, whose usual cause that is, or NULL. */
static const char *failed(enum format format, const char *cause)
{
    static char bytes[4096];
    struct text text;
    json_t *results = json_pack(
        "[{s:s, s:s, s:s, s:s, s:n, s:i, s:[{s:s, s:s, s:s, s:s?, s:s?}], s:[], s:[], s:n}]",
        "kernel", "k", "options", "--cpus 1", "outcome", "judged", "stage", "probe", "detail",
        "status", 8, "verdicts", "expected", "status=4", "result", "failed", "seen", "0", "layer",
        cause == NULL ? NULL : "guest", "cause", cause, "checklist", "console", "guest");

    assert_non_null(results);
    text_init(&text, bytes, sizeof bytes);
    format_write(format, results, &text);
    json_decref(results);
    return bytes;
}

static bool says_usually(const char *text)
{
    return strstr(text, "sually") != NULL;
}

static void only_a_cause_that_is_known_is_told(void **unused)
{
    static const enum format formats[] = {FORMAT_TABLE, FORMAT_TAP, FORMAT_JUNIT, FORMAT_MARKDOWN,
                                          FORMAT_GITHUB};

    (void)unused;
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        assert_true(says_usually(failed(formats[i], "no kvm-clock")));
        assert_non_null(strstr(failed(formats[i], NULL), "status=4"));
        assert_false(says_usually(failed(formats[i], NULL)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_with_a_space_is_one_word_of_a_shell),
        cmocka_unit_test(only_a_cause_that_is_known_is_told),
    };

    return cmocka_run_group_tests_name("check_format", tests, NULL, NULL);
}
