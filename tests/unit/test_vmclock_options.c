/* SPDX-License-Identifier: BSD-2-Clause */
/* --vmclock and --tai-offset. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/parse_rig.h"

static void tai_is_the_default_and_only_who_asks_has_asked(void **unused)
{
    struct options options = parse_good("k");

    (void)unused;
    assert_int_equal(options.config.vmclock, VMCLOCK_TAI);
    assert_false(options.host.vmclock_asked);
    options = parse_good("--vmclock=tai|k");
    assert_int_equal(options.config.vmclock, VMCLOCK_TAI);
    assert_true(options.host.vmclock_asked);
    assert_int_equal(parse_good("--vmclock=utc|k").config.vmclock, VMCLOCK_UTC);
    assert_int_equal(parse_good("--vmclock=off|k").config.vmclock, VMCLOCK_OFF);
}

static void another_clock_is_refused(void **unused)
{
    (void)unused;
    assert_string_equal(parse("--vmclock=gps|k").error,
                        "--vmclock 'gps': accepted is tai, utc or off");
}

static void a_tai_offset_is_a_number_the_hosts_or_a_file(void **unused)
{
    struct tai_offset_choice choice = parse_good("k").host.tai_offset;

    (void)unused;
    assert_int_equal(choice.source, TAI_OFFSET_UNSAID);
    choice = parse_good("--tai-offset=37|k").host.tai_offset;
    assert_int_equal(choice.source, TAI_OFFSET_NUMBER);
    assert_int_equal(choice.sec, 37);
    assert_int_equal(parse_good("--tai-offset=1000|k").host.tai_offset.sec, 1000);
    choice = parse_good("--tai-offset=host|k").host.tai_offset;
    assert_int_equal(choice.source, TAI_OFFSET_KERNEL);
    choice = parse_good("--tai-offset=leap-seconds.list|k").host.tai_offset;
    assert_int_equal(choice.source, TAI_OFFSET_LIST);
    assert_string_equal(choice.path, "leap-seconds.list");
}

static void a_tai_offset_that_is_none_is_refused(void **unused)
{
    static const char accepted[] =
        "accepted is a number from 0 to 1000, host, or the name of a file";

    (void)unused;
    assert_non_null(strstr(parse("--tai-offset=1001|k").error, accepted));
    assert_non_null(strstr(parse("--tai-offset=99999999999999999999|k").error, accepted));
    assert_non_null(strstr(parse("--tai-offset=|k").error, accepted));
}

static void a_clock_that_shows_no_offset_is_given_none(void **unused)
{
    static const char wrong[] =
        "--tai-offset is shown to the guest by --vmclock tai only; leave it out";

    (void)unused;
    assert_string_equal(parse("--vmclock=utc|--tai-offset=37|k").error, wrong);
    assert_string_equal(parse("--tai-offset=host|--vmclock=off|k").error, wrong);
    assert_string_equal(parse("check|--tai-offset=host|--vmclock=off|k").error, wrong);
    parse_good("--tai-offset=37|--vmclock=tai|k");
}

static void a_restore_has_the_offset_and_not_the_clock(void **unused)
{
    (void)unused;
    assert_int_equal(parse("restore|--tai-offset=37|f").options.host.tai_offset.sec, 37);
    assert_int_equal(parse("restore|--vmclock=off|f").verdict, OPTIONS_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tai_is_the_default_and_only_who_asks_has_asked),
        cmocka_unit_test(another_clock_is_refused),
        cmocka_unit_test(a_tai_offset_is_a_number_the_hosts_or_a_file),
        cmocka_unit_test(a_tai_offset_that_is_none_is_refused),
        cmocka_unit_test(a_clock_that_shows_no_offset_is_given_none),
        cmocka_unit_test(a_restore_has_the_offset_and_not_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
