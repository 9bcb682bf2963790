/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest was told of its CPU and another host cannot offer. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "boot/cpuid_compare.h"
#include "tests/unit/cpuid_hosts.h"

#define INTEL_COUNT (sizeof intel_host / sizeof intel_host[0])

static char bytes[512];
static struct kvm_cpuid_entry2 told[INTEL_COUNT], offered[INTEL_COUNT];

static int setup(void **unused)
{
    (void)unused;
    memcpy(told, intel_host, sizeof told);
    memcpy(offered, intel_host, sizeof offered);
    return 0;
}

static struct kvm_cpuid_entry2 *at(struct kvm_cpuid_entry2 *table, uint32_t leaf)
{
    for (size_t i = 0; i < INTEL_COUNT; i++)
        if (table[i].function == leaf)
            return &table[i];
    fail_msg("no leaf 0x%x", leaf);
    return NULL;
}

static const char *lacks(const struct kvm_cpuid_entry2 *of, size_t count)
{
    const struct cpuid_table then = {told, INTEL_COUNT}, now = {of, (uint32_t)count};
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    return cpuid_compare(&then, &now, &text) ? "nothing" : bytes;
}

static void assert_lacks(const char *names)
{
    assert_string_equal(lacks(offered, INTEL_COUNT), names);
}

static void the_same_host_lacks_nothing_nor_does_one_with_more(void **unused)
{
    (void)unused;
    assert_lacks("nothing");
    at(told, 7)->ebx &= ~(1u << 5);
    at(told, 1)->eax = 0x50000;
    assert_lacks("nothing");
}

static void features_are_called_as_linux_does(void **unused)
{
    (void)unused;
    at(offered, 1)->ecx &= ~(1u << 28 | 1u);
    at(offered, 7)->ebx &= ~(1u << 5 | 1u << 31);
    at(offered, 0x80000001)->edx &= ~(1u << 11);
    at(offered, 0x40000001)->eax &= ~(1u << 3);
    assert_lacks("pni, avx, avx2, avx512vl, syscall, kvmclock");
}

static void one_without_a_name_is_called_by_its_place(void **unused)
{
    (void)unused;
    at(told, 0x80000007)->edx |= 1u << 15;
    at(told, 1)->edx |= 1u << 10;
    assert_lacks("CPUID 0x1/0 EDX bit 10, CPUID 0x80000007/0 EDX bit 15");
}

static void what_the_guest_itself_switches_is_no_feature(void **unused)
{
    (void)unused;
    at(told, 1)->ecx |= 1u << 3 | 1u << 27;
    at(told, 7)->ecx |= 1u << 4;
    at(told, 7)->ebx |= 1u << 6 | 1u << 13;
    at(offered, 1)->ecx &= ~(1u << 3 | 1u << 27);
    at(offered, 7)->ecx &= ~(1u << 4);
    at(offered, 7)->ebx &= ~(1u << 6 | 1u << 13);
    assert_lacks("nothing");
}

static void of_many_the_first_are_named(void **unused)
{
    const char *text;

    (void)unused;
    at(offered, 7)->ebx = 0;
    text = lacks(offered, INTEL_COUNT);
    assert_ptr_equal(strstr(text, "fsgsbase, tsc_adjust, bmi1, hle, avx2, "), text);
    assert_non_null(strstr(text, " and 12 more"));
}

static void another_vendor_is_all_that_is_said(void **unused)
{
    (void)unused;
    assert_string_equal(lacks(amd_host, sizeof amd_host / sizeof amd_host[0]),
                        "a CPU of GenuineIntel; its own is of AuthenticAMD");
}

/* A leaf that the host does not have, and a table from a stranger with nothing in it. */
static void what_is_not_there_is_0(void **unused)
{
    const struct cpuid_table none = {NULL, 0}, all = {offered, INTEL_COUNT};
    struct text text;

    (void)unused;
    at(offered, 0x80000007)->function = 0x90000000;
    assert_lacks("nonstop_tsc");
    text_init(&text, bytes, sizeof bytes);
    assert_false(cpuid_compare(&none, &all, &text));
    assert_true(cpuid_compare(&none, &none, &text));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_host_lacks_nothing_nor_does_one_with_more),
        TEST(features_are_called_as_linux_does),
        TEST(one_without_a_name_is_called_by_its_place),
        TEST(what_the_guest_itself_switches_is_no_feature),
        TEST(of_many_the_first_are_named),
        TEST(another_vendor_is_all_that_is_said),
        TEST(what_is_not_there_is_0),
    };

    return cmocka_run_group_tests_name("cpuid_compare", tests, NULL, NULL);
}
