/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of --tsc. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "vmm/cmd/options_parse.h"
#include "vmm/cmd/tsc_options.h"

static void assert_request(const struct tsc_request *request, uint32_t khz, int64_t offset_ns)
{
    assert_int_equal(request->khz, khz);
    assert_int_equal(request->offset_ns, offset_ns);
}

static void a_rate_is_whole_kilohertz_from_1_mhz_to_10_ghz(void **unused)
{
    struct options options = {0};

    (void)unused;
    assert_true(tsc_options_apply(&options, "khz=1000"));
    assert_true(tsc_options_apply(&options, "khz=10000000"));
    for (unsigned i = 0; i < MACHINE_MAX_CPUS; i++)
        assert_request(&options.config.tsc[i], 10000000, 0);
    assert_true(options.config.tsc_asked);
    assert_int_equal(options.tsc_cpus_named, 0);
}

static void an_offset_has_a_sign_and_a_unit_or_is_in_nanoseconds(void **unused)
{
    static const struct {
        const char *value;
        int64_t ns;
    } rows[] = {
        {"offset=7", 7},           {"offset=+7ns", 7},
        {"offset=-7ns", -7},       {"offset=+15us", 15000},
        {"offset=-1ms", -1000000}, {"offset=+2s", 2000000000},
        {"offset=0", 0},           {"offset=-100000000s", INT64_C(-100000000000000000)},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options = {0};

        assert_true(tsc_options_apply(&options, rows[i].value));
        assert_request(&options.config.tsc[0], 0, rows[i].ns);
    }
}

static void a_vcpu_may_be_named_and_what_is_said_last_counts(void **unused)
{
    struct options options = {0};

    (void)unused;
    assert_true(tsc_options_apply(&options, "khz=2000000,offset=1us"));
    assert_true(tsc_options_apply(&options, "1:offset=+1ms"));
    assert_true(tsc_options_apply(&options, "3:khz=3700000,offset=-5"));
    assert_request(&options.config.tsc[0], 2000000, 1000);
    assert_request(&options.config.tsc[1], 2000000, 1000000);
    assert_request(&options.config.tsc[2], 2000000, 1000);
    assert_request(&options.config.tsc[3], 3700000, -5);
    assert_int_equal(options.tsc_cpus_named, 4);
    assert_true(tsc_options_apply(&options, "offset=9"));
    assert_request(&options.config.tsc[1], 2000000, 9);
    assert_true(tsc_options_apply(&options, "254:khz=1000"));
    assert_request(&options.config.tsc[254], 1000, 9);
    assert_int_equal(options.tsc_cpus_named, 255);
    assert_true(tsc_options_apply(&options, "0:offset=-1.5m"));
    assert_request(&options.config.tsc[0], 2000000, -90 * (int64_t)1000000000);
}

static void other_words_are_refused_and_change_nothing(void **unused)
{
    static const char *const refused[] = {"",
                                          "khz=",
                                          "khz=999",
                                          "khz=10000001",
                                          "khz=2.5",
                                          "khz=-1",
                                          "khz=2000000k",
                                          "offset=",
                                          "offset=+",
                                          "offset=ms",
                                          "offset=1.5",
                                          "offset=--1",
                                          "offset= 1",
                                          "offset=100000001s",
                                          "hz=1",
                                          "1:",
                                          "1",
                                          "255:offset=1",
                                          "-1:khz=1",
                                          "1:2:khz=1",
                                          "x:khz=2000000",
                                          "khz=2000000,",
                                          ",khz=1000",
                                          "khz=1000,hz",
                                          "khz=1000 ",
                                          "offset=99999999999999999999999s"};
    static const struct options untouched;

    (void)unused;
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct options options = {0};

        assert_false(tsc_options_apply(&options, refused[i]));
        assert_memory_equal(&options, &untouched, sizeof options);
    }
}

static void a_vcpu_that_is_not_there_is_refused_wherever_cpus_stands(void **unused)
{
    char *bad[] = {"minivmm", "--tsc", "2:offset=1", "--cpus", "2", "k", NULL};
    char *good[] = {"minivmm", "--tsc", "1:offset=1", "--cpus", "2", "k", NULL};
    static struct options options;
    char error[OPTIONS_ERROR_SIZE] = "";

    (void)unused;
    assert_int_equal(options_parse(6, good, &options, error, sizeof error), OPTIONS_RUN);
    assert_int_equal(options_parse(6, bad, &options, error, sizeof error), OPTIONS_BAD);
    assert_string_equal(error, "--tsc 2:...: vCPUs are 0 to 1; --cpus makes more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_whole_kilohertz_from_1_mhz_to_10_ghz),
        cmocka_unit_test(an_offset_has_a_sign_and_a_unit_or_is_in_nanoseconds),
        cmocka_unit_test(a_vcpu_may_be_named_and_what_is_said_last_counts),
        cmocka_unit_test(other_words_are_refused_and_change_nothing),
        cmocka_unit_test(a_vcpu_that_is_not_there_is_refused_wherever_cpus_stands),
    };

    return cmocka_run_group_tests_name("tsc_options", tests, NULL, NULL);
}
