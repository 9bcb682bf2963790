/* SPDX-License-Identifier: BSD-2-Clause */
/* The name of a result in the formats for people and programs: words of a shell. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_with_a_space_is_one_word_of_a_shell),
    };

    return cmocka_run_group_tests_name("check_format", tests, NULL, NULL);
}
