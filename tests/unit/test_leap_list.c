/* SPDX-License-Identifier: BSD-2-Clause */
/* leap-seconds.list, and what the host knows of TAI. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/leap_list.h"
#include "tests/unit/said.h"
#include "vmm/host/tai_offset.h"

/* 2017-01-01, when the offset became 37, and 2026-06-28. */
#define SINCE_2017 UINT64_C(1483228800)
#define EXPIRES    UINT64_C(1782604800)
#define LIST                                                                                       \
    "#\tA comment\n"                                                                               \
    "#$\t3676924800\n"                                                                             \
    "#@\t3991593600\n"                                                                             \
    "2272060800\t10\t# 1 Jan 1972\n"                                                               \
    "\n"                                                                                           \
    "3644697600\t36\t# 1 Jul 2015\r\n"                                                             \
    "3692217600 37\t# 1 Jan 2017"

static struct leap_list list;

static void a_list_has_an_offset_for_each_date_and_a_date_of_its_own(void **unused)
{
    int16_t sec = 0;

    (void)unused;
    assert_true(leap_list_parse(&list, LIST));
    assert_int_equal(list.count, 3);
    assert_int_equal(list.expires_sec, EXPIRES);
    assert_false(leap_list_offset(&list, 63071999, &sec));
    assert_true(leap_list_offset(&list, 63072000, &sec));
    assert_int_equal(sec, 10);
    assert_true(leap_list_offset(&list, SINCE_2017 - 1, &sec));
    assert_int_equal(sec, 36);
    assert_true(leap_list_offset(&list, SINCE_2017, &sec));
    assert_int_equal(sec, 37);
}

static void what_is_no_list_is_refused(void **unused)
{
    static const char *const texts[] = {
        "",
        "2272060800 10\n",
        "#@ 3991593600\n",
        "#@ soon\n2272060800 10\n",
        "#@ 3991593600\n2272060800\n",
        "#@ 3991593600\n2272060800 -10\n",
        "#@ 3991593600\n2272060800 10000\n",
        "#@ 3991593600\n1 10\n",
        "#@ 3991593600\n99999999999999999999 10\n",
        "#@ 3991593600\n2272060800 10\n2272060800 11\n",
        "#@ 3991593600\nLeap 1972 Jun 30\n",
        "#@ 3991593600\n2272060800 10.5\n",
        "#@ 3991593600\n2272060800 10 11\n",
        "#@ 3991593600\n2272060800-10 10\n",
        "#@ 3991593600x\n2272060800 10\n",
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(leap_list_parse(&list, texts[i]));
}

static void a_list_of_any_length_is_read_up_to_its_room(void **unused)
{
    char text[4000] = "#@ 3991593600\n";

    (void)unused;
    for (unsigned i = 0; i < LEAP_LIST_MAX; i++)
        sprintf(text + strlen(text), "%u %u\n", 2272060800u + i, 10 + i);
    assert_true(leap_list_parse(&list, text));
    sprintf(text + strlen(text), "%u 1\n", 2272060800u + LEAP_LIST_MAX);
    assert_false(leap_list_parse(&list, text));
}

/* A host whose kernel has that offset. */
static struct host_ntp kernel_says(int16_t sec)
{
    return (struct host_ntp){.tai_offset_sec = sec};
}

static void a_number_follows_the_leap_seconds_of_the_kernel(void **unused)
{
    struct tai_offset offset = {.source = TAI_OFFSET_NUMBER, .sec = 37};
    static const struct {
        int16_t kernel_sec;
        int16_t expected_sec;
    } rows[] = {{0, 37}, {1, 38}, {1, 38}, {0, 37}, {37, 37}, {38, 38}};
    int16_t sec;

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct host_ntp ntp = kernel_says(rows[i].kernel_sec);

        assert_true(tai_offset_at(&offset, SINCE_2017, &ntp, &sec));
        assert_int_equal(sec, rows[i].expected_sec);
    }
}

static void what_the_kernel_says_counts_if_somebody_has_set_it(void **unused)
{
    struct tai_offset offset = {.source = TAI_OFFSET_KERNEL};
    struct host_ntp unset = kernel_says(0), leapt = kernel_says(1), set = kernel_says(37);
    int16_t sec = 5;

    (void)unused;
    assert_false(tai_offset_at(&offset, SINCE_2017, &unset, &sec));
    assert_false(tai_offset_at(&offset, SINCE_2017, &leapt, &sec));
    assert_int_equal(sec, 5);
    assert_true(tai_offset_at(&offset, SINCE_2017, &set, &sec));
    assert_int_equal(sec, 37);
}

static void inside_a_leap_second_a_list_is_of_the_next_day(void **unused)
{
    struct tai_offset offset = {.source = TAI_OFFSET_LIST};
    struct host_ntp ntp = {.leap = VMCLOCK_LEAP_PRE_POS};
    int16_t sec;

    (void)unused;
    assert_true(leap_list_parse(&offset.list, LIST));
    assert_true(tai_offset_at(&offset, SINCE_2017 - 1, &ntp, &sec));
    assert_int_equal(sec, 36);
    ntp.leap = VMCLOCK_LEAP_POS;
    assert_true(tai_offset_at(&offset, SINCE_2017 - 1, &ntp, &sec));
    assert_int_equal(sec, 37);
}

static int open_text(struct tai_offset *offset, const char *text, uint64_t utc_sec)
{
    char path[] = "/tmp/leap-list-XXXXXX";
    const struct tai_offset_choice choice = {.source = TAI_OFFSET_LIST, .path = path};
    int fd = mkstemp(path), result;

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    said_begin();
    result = tai_offset_open(offset, &choice, utc_sec);
    unlink(path);
    return result;
}

static void a_list_of_the_users_that_has_expired_is_used_with_a_word_of_it(void **unused)
{
    struct tai_offset offset;

    (void)unused;
    assert_int_equal(open_text(&offset, LIST, EXPIRES - 1), 0);
    assert_string_equal(said(), "");
    said_end();
    assert_int_equal(open_text(&offset, LIST, EXPIRES), 0);
    assert_int_equal(offset.list.count, 3);
    assert_non_null(strstr(said(), " has expired: there may have been leap seconds"));
    said_end();
}

static void a_file_that_is_none_is_an_error(void **unused)
{
    struct tai_offset offset;

    (void)unused;
    assert_true(open_text(&offset, "no list", EXPIRES) < 0);
    assert_non_null(strstr(said(), ": it is no leap-seconds.list\n"));
    said_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_an_offset_for_each_date_and_a_date_of_its_own),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(a_list_of_any_length_is_read_up_to_its_room),
        cmocka_unit_test(a_number_follows_the_leap_seconds_of_the_kernel),
        cmocka_unit_test(what_the_kernel_says_counts_if_somebody_has_set_it),
        cmocka_unit_test(inside_a_leap_second_a_list_is_of_the_next_day),
        cmocka_unit_test(a_list_of_the_users_that_has_expired_is_used_with_a_word_of_it),
        cmocka_unit_test(a_file_that_is_none_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
