/* SPDX-License-Identifier: BSD-2-Clause */
/* The texts of --expect. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "check/expectation.h"

static struct expectation_list list;
static char error[512];
static const struct check_machine whole_machine = {
    .kvmclock = true, .hpet = true, .pmtimer = true, .cpu_count = 1};

static const struct expectation *good(const char *text)
{
    list.count = 0;
    error[0] = '\0';
    assert_true(expectation_add(&list, text, error, sizeof error));
    assert_string_equal(error, "");
    return &list.items[0];
}

static void assert_bad(const char *text, const char *message)
{
    list.count = 0;
    assert_false(expectation_add(&list, text, error, sizeof error));
    assert_string_equal(error, message);
    assert_int_equal(list.count, 0);
}

static void each_kind_has_its_text(void **unused)
{
    (void)unused;
    assert_int_equal(good("clocksource=kvm-clock")->kind, EXPECT_CLOCKSOURCE);
    assert_string_equal(list.items[0].names.names[0], "kvm-clock");
    assert_int_equal(good("available=tsc,acpi_pm")->kind, EXPECT_AVAILABLE);
    assert_int_equal(list.items[0].names.count, 2);
    assert_string_equal(list.items[0].names.names[1], "acpi_pm");
    assert_int_equal(good("clockevent=lapic-deadline")->kind, EXPECT_CLOCKEVENT);
    assert_int_equal(good("broadcast=none")->kind, EXPECT_BROADCAST);
    assert_string_equal(list.items[0].names.names[0], "none");
    assert_int_equal(good("cpus=4")->kind, EXPECT_CPUS);
    assert_int_equal(list.items[0].limit, 4);
    assert_int_equal(good("stable")->kind, EXPECT_STABLE);
    assert_int_equal(good("checks")->kind, EXPECT_CHECKS);
    assert_int_equal(good("drift<=50ppb")->kind, EXPECT_DRIFT);
    assert_int_equal(good("monotonic")->kind, EXPECT_MONOTONIC);
    assert_int_equal(good("realtime<=10ms")->kind, EXPECT_REALTIME);
    assert_int_equal(good("dmesg!=un stable")->kind, EXPECT_DMESG);
    assert_string_equal(list.items[0].text + list.items[0].word_offset, "un stable");
    assert_int_equal(good("boot<=30s")->kind, EXPECT_BOOT);
    assert_string_equal(list.items[0].text, "boot<=30s");
    assert_null(list.items[0].profile);
}

static void limits_are_in_ppb_and_ns(void **unused)
{
    (void)unused;
    assert_int_equal(good("drift<=50ppb")->limit, 50);
    assert_int_equal(good("drift<=0ppb")->limit, 0);
    assert_int_equal(good("drift<=1.5ppm")->limit, 1500);
    assert_int_equal(good("realtime<=7ns")->limit, 7);
    assert_int_equal(good("realtime<=0.25us")->limit, 250);
    assert_int_equal(good("realtime<=10ms")->limit, 10000000);
    assert_int_equal(good("realtime<=1.5m")->limit, INT64_C(90000000000));
    assert_int_equal(good("boot<=999999999.999999999s")->limit, 999999999999999999);
}

static void an_unknown_expectation_is_named_with_what_is_known(void **unused)
{
    static const char *const texts[] = {"",          "clocksource", "drift", "drift>=5ppb",
                                        "Monotonic", "dmesg=x"};

    (void)unused;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char message[512];

        snprintf(message, sizeof message,
                 "--expect '%s': no such expectation; known are clocksource=NAME, "
                 "available=NAME,..., clockevent=NAME, broadcast=NAME, cpus=N, drift<=N, "
                 "monotonic, realtime<=T, dmesg!=TEXT, stable, checks, boot<=T and profile=NAME",
                 texts[i]);
        assert_bad(texts[i], message);
    }
}

static void assert_values_bad(const char *const *values, const char *start, const char *accepted)
{
    for (; *values != NULL; values++) {
        char text[256], message[512];

        snprintf(text, sizeof text, "%s%s", start, *values);
        snprintf(message, sizeof message, "--expect '%s': accepted is %s", text, accepted);
        assert_bad(text, message);
    }
}

#define LONG_NAME  "a2345678901234567890123456789012"
#define FORTY      "1234567890123456789012345678901234567890"
#define MANY_NAMES "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"

static void a_malformed_value_is_named_with_what_is_accepted(void **unused)
{
    static const char *const names[] = {"", "a b", "a,b", "a/b", "tsc\n", LONG_NAME, NULL};
    static const char *const lists[] = {"", ",", "a,", ",a", "a,,b", MANY_NAMES, NULL};
    static const char *const rates[] = {"",      "5",     "ppb",    "-1ppb",   "+1ppb",
                                        "5 ppb", "5ppbs", "0x5ppb", "5ms",     "1234567890ppb",
                                        "5.ppb", ".5ppm", "5e3ppb", "1..5ppm", "5ppt",
                                        NULL};
    static const char *const times[] = {"",    "5",   "5x",  "-5ms",         "+5ms",
                                        "5 s", "5s ", "5.s", "12345678901s", NULL};
    static const char *const counts[] = {"", "0", "-1", "1.5", "2 ", "two", "1234567890", NULL};
    static const char *const words[] = {"", FORTY FORTY FORTY "12345678", FORTY FORTY FORTY FORTY,
                                        NULL};
    static const char *const nothing[] = {"=1", " ", "ally", NULL};

    (void)unused;
    assert_values_bad(names,
                      "clocksource=", "clocksource=NAME with one name of letters, digits, - and _");
    assert_values_bad(names,
                      "clockevent=", "clockevent=NAME with one name of letters, digits, - and _");
    assert_values_bad(
        names, "broadcast=", "broadcast=NAME with one name of letters, digits, - and _, or none");
    assert_values_bad(counts, "cpus=", "cpus=N with N from 1 to 999999999");
    assert_values_bad(lists, "available=",
                      "available=NAME,NAME,... with up to 16 names of letters, digits, - and _");
    assert_values_bad(rates, "drift<=", "drift<=N with N a number of ppb or ppm");
    assert_values_bad(times, "realtime<=", "realtime<=T with T a length of time, as 10ms or 1.5s");
    assert_values_bad(times, "boot<=", "boot<=T with T a length of time, as 10ms or 1.5s");
    assert_values_bad(words, "dmesg!=", "dmesg!=TEXT with 1 to 127 bytes");
    assert_values_bad(nothing, "monotonic", "monotonic, with nothing behind it");
    assert_values_bad(nothing, "stable", "stable, with nothing behind it");
    assert_values_bad(nothing, "checks", "checks, with nothing behind it");
}

static void a_profile_stands_for_its_expectations(void **unused)
{
    static const char *const names[] = {"default", "kvm-clock", "tsc", "hpet", "acpi_pm"};

    (void)unused;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[64];

        snprintf(text, sizeof text, "profile=%s", names[i]);
        good(text);
        assert_true(list.count >= 4);
        assert_string_equal(list.items[0].profile, names[i]);
    }
    assert_bad("profile=xen", "--expect 'profile=xen': accepted is profile=NAME with NAME default, "
                              "kvm-clock, tsc, hpet or acpi_pm");
}

static void expectations_beyond_the_room_are_refused(void **unused)
{
    (void)unused;
    list.count = 0;
    for (unsigned i = 0; i < EXPECTATIONS_MAX - 1; i++)
        assert_true(expectation_add(&list, "monotonic", error, sizeof error));
    assert_false(expectation_add(&list, "profile=tsc", error, sizeof error));
    assert_int_equal(list.count, EXPECTATIONS_MAX - 1);
    assert_true(expectation_add(&list, "monotonic", error, sizeof error));
    assert_false(expectation_add(&list, "monotonic", error, sizeof error));
    assert_string_equal(error, "--expect 'monotonic': accepted are 32 expectations at most");
}

static void the_smallest_drift_limit_says_how_well_the_rate_must_be_known(void **unused)
{
    (void)unused;
    good("monotonic");
    assert_int_equal(expectation_list_drift_ppb(&list), 0);
    assert_true(expectation_add(&list, "drift<=1ppm", error, sizeof error));
    assert_true(expectation_add(&list, "drift<=50ppb", error, sizeof error));
    assert_true(expectation_add(&list, "drift<=2ppm", error, sizeof error));
    assert_int_equal(expectation_list_drift_ppb(&list), 50);
}

static bool can_hold(const char *text, const struct check_machine *machine)
{
    good(text);
    return expectation_list_can_hold(&list, machine, error, sizeof error);
}

static void what_the_machine_lacks_cannot_be_expected(void **unused)
{
    const struct check_machine bare = {.other_date = true};
    const struct check_machine restored = {.date_stood_still = true};

    (void)unused;
    assert_true(can_hold("available=kvm-clock,hpet,acpi_pm", &whole_machine));
    assert_false(can_hold("clocksource=hpet", &bare));
    assert_string_equal(error, "--expect 'clocksource=hpet' contradicts --no-hpet: leave one of "
                               "them out");
    assert_false(can_hold("available=tsc,kvm-clock", &bare));
    assert_string_equal(error, "--expect 'available=tsc,kvm-clock' contradicts --kvmclock off: "
                               "leave one of them out");
    assert_false(can_hold("clocksource=acpi_pm", &bare));
    assert_false(can_hold("clockevent=hpet", &bare));
    assert_false(can_hold("broadcast=hpet", &bare));
    assert_true(can_hold("cpus=1", &whole_machine));
    assert_false(can_hold("cpus=2", &whole_machine));
    assert_string_equal(error, "--expect 'cpus=2' contradicts the number of vCPUs: "
                               "give as many by --cpus");
    assert_false(can_hold("profile=hpet", &bare));
    assert_string_equal(error, "--expect 'clocksource=hpet' of profile hpet contradicts --no-hpet: "
                               "leave one of them out");
    assert_false(can_hold("realtime<=1s", &bare));
    assert_string_equal(error, "--expect 'realtime<=1s' contradicts an --rtc or a --time-rate "
                               "that gives the guest "
                               "another date: leave one of them out");
    assert_true(can_hold("profile=default", &bare));
    assert_false(can_hold("realtime<=1s", &restored));
    assert_string_equal(error,
                        "--expect 'realtime<=1s' contradicts --from without --time advance, "
                        "which leaves the guest the date of the save: leave one of them out");
    assert_true(can_hold("profile=default", &restored));
}

static void two_expectations_that_exclude_each_other_are_refused(void **unused)
{
    (void)unused;
    good("clocksource=tsc");
    assert_true(expectation_add(&list, "clocksource=tsc", error, sizeof error));
    assert_true(expectation_list_can_hold(&list, &whole_machine, error, sizeof error));
    assert_true(expectation_add(&list, "profile=hpet", error, sizeof error));
    assert_false(expectation_list_can_hold(&list, &whole_machine, error, sizeof error));
    assert_string_equal(error, "--expect 'clocksource=hpet' of profile hpet contradicts "
                               "clocksource=tsc: leave one of them out");
}

static void a_text_has_one_in_a_line_with_blanks_and_remarks_between(void **unused)
{
    (void)unused;
    list.count = 0;
    assert_true(expectation_add_lines(&list,
                                      "# what we rely on\n\n  monotonic \r\n\tdmesg!=a b # c\n"
                                      "profile=tsc",
                                      error, sizeof error));
    assert_int_equal(list.count, 7);
    assert_string_equal(list.items[0].text, "monotonic");
    assert_string_equal(list.items[1].text, "dmesg!=a b # c");
    assert_string_equal(list.items[2].profile, "tsc");
}

static void of_a_text_the_line_that_is_wrong_is_named(void **unused)
{
    char text[EXPECTATION_TEXT_BYTES + 20];

    (void)unused;
    list.count = 0;
    assert_false(expectation_add_lines(&list, "stable\n\ncpus=x\n", error, sizeof error));
    assert_string_equal(error,
                        "line 3: --expect 'cpus=x': accepted is cpus=N with N from 1 to 999999999");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(expectation_add_lines(&list, text, error, sizeof error));
    assert_string_equal(error, "line 1: it is longer than an expectation can be");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_has_one_in_a_line_with_blanks_and_remarks_between),
        cmocka_unit_test(of_a_text_the_line_that_is_wrong_is_named),
        cmocka_unit_test(each_kind_has_its_text),
        cmocka_unit_test(limits_are_in_ppb_and_ns),
        cmocka_unit_test(an_unknown_expectation_is_named_with_what_is_known),
        cmocka_unit_test(a_malformed_value_is_named_with_what_is_accepted),
        cmocka_unit_test(a_profile_stands_for_its_expectations),
        cmocka_unit_test(expectations_beyond_the_room_are_refused),
        cmocka_unit_test(the_smallest_drift_limit_says_how_well_the_rate_must_be_known),
        cmocka_unit_test(what_the_machine_lacks_cannot_be_expected),
        cmocka_unit_test(two_expectations_that_exclude_each_other_are_refused),
    };

    return cmocka_run_group_tests_name("check_expectation", tests, NULL, NULL);
}
