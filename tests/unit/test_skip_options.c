/* SPDX-License-Identifier: BSD-2-Clause */
/* What --skip-idle accepts. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/parse_rig.h"

static struct skip_idle_choice choice_of(const char *words)
{
    return parse_good(words).host.skip_idle;
}

static void on_is_without_limits(void **unused)
{
    struct skip_idle_choice choice = choice_of("--skip-idle|on|kernel");

    (void)unused;
    assert_true(choice.asked && choice.on);
    assert_int_equal(choice.max_speed, 0);
    assert_int_equal(choice.until_ns, TIME_NEVER_NS);
    assert_false(choice_of("kernel").asked);
}

static void it_may_stand_alone(void **unused)
{
    struct options options = parse_good("--skip-idle|kernel");

    (void)unused;
    assert_true(options.host.skip_idle.on);
    assert_string_equal(options.host.kernel_path, "kernel");
    assert_true(choice_of("--skip-idle|--cpus|2|kernel").on);
    assert_true(choice_of("kernel|--skip-idle").on);
    assert_int_equal(choice_of("--skip-idle=max-speed=7|kernel").max_speed, 7);
}

static void a_limit_is_on_as_well(void **unused)
{
    struct skip_idle_choice choice = choice_of("--skip-idle|max-speed=100,until=1.5h|kernel");

    (void)unused;
    assert_true(choice.asked && choice.on);
    assert_int_equal(choice.max_speed, 100);
    assert_int_equal(choice.until_ns, UINT64_C(5400) * NS_PER_SEC);
}

static void off_can_have_one_too(void **unused)
{
    struct skip_idle_choice choice = choice_of("--skip-idle|max-speed=2,off|kernel");

    (void)unused;
    assert_true(choice.asked && !choice.on);
    assert_int_equal(choice.max_speed, 2);
}

static void a_guest_that_is_restored_can_have_it(void **unused)
{
    (void)unused;
    assert_true(choice_of("restore|--skip-idle|on|file").on);
}

static void nothing_else_is_accepted(void **unused)
{
    static const char *const values[] = {
        "",
        "yes",
        "on,",
        "max-speed=1",
        "max-speed=",
        "max-speed=2x",
        "max-speed",
        "until=",
        "until=0s",
        "until=-1s",
        "until=10",
        "on;off",
        ",on",
        "on,on,fast",
        "max-speed=1000000001",
        "until=00000000000000000000000000000001s",
    };
    char words[128];

    (void)unused;
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct parsed parsed;

        snprintf(words, sizeof words, "--skip-idle=%s|kernel", values[i]);
        parsed = parse(words);
        assert_int_equal(parsed.verdict, OPTIONS_BAD);
        assert_non_null(strstr(parsed.error, "accepted is on, off, max-speed=N from 2 on"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_is_without_limits),
        cmocka_unit_test(it_may_stand_alone),
        cmocka_unit_test(a_limit_is_on_as_well),
        cmocka_unit_test(off_can_have_one_too),
        cmocka_unit_test(a_guest_that_is_restored_can_have_it),
        cmocka_unit_test(nothing_else_is_accepted),
    };

    return cmocka_run_group_tests_name("skip_options", tests, NULL, NULL);
}
