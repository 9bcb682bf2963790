/* SPDX-License-Identifier: BSD-2-Clause */
/* The MSRs of the computer, and which of them KVM is told of. */
#include "tests/unit/unit.h"

#include "vmm/machine/board.h"

static bool access_msr(struct board *board, bool is_write, uint32_t msr)
{
    struct access access = {
        .space = ACCESS_MSR, .is_write = is_write, .size_bytes = 8, .addr = msr};

    return board_access(board, 0, &access);
}

#define CLOCK_RANGES 4
#define STEAL_RANGES 1

/* The ranges that are there whatever becomes of kvm-clock and steal time. */
static unsigned count_other_ranges(void)
{
    const struct board_config config = {.cpu_count = 1, .kvmclock = KVMCLOCK_KERNEL};
    struct msr_range ranges[BOARD_MAX_MSR_RANGES];

    return board_msr_ranges(&config, ranges);
}

/* Whether KVM is told of all MSRs that the board answers, and what becomes of a read of each. */
static void msrs_that_are_captured_are_those_that_the_board_knows(void **unused)
{
    struct board_config config = {.cpu_count = 1, .steal = true};
    struct msr_range ranges[BOARD_MAX_MSR_RANGES];
    struct board board;
    unsigned count = board_msr_ranges(&config, ranges);

    (void)unused;
    board_init(&board, &config, &(struct board_hooks){0}, 0);
    assert_int_equal(count, CLOCK_RANGES + STEAL_RANGES + count_other_ranges());
    for (unsigned i = 0; i < count; i++)
        for (unsigned n = 0; n < ranges[i].count; n++)
            assert_int_equal(access_msr(&board, false, ranges[i].first_msr + n), ranges[i].reads);
    assert_int_equal(board.buses[ACCESS_MSR].unclaimed_count, 0);
    assert_int_equal(ranges[0].first_msr, 0x11);
    assert_int_equal(ranges[4].first_msr, 0x4b564d03);
}

static void msrs_of_a_clock_that_is_off_are_captured_to_be_refused(void **unused)
{
    const struct board_config config = {.cpu_count = 1, .kvmclock = KVMCLOCK_OFF};
    struct msr_range ranges[BOARD_MAX_MSR_RANGES];
    struct board board;

    (void)unused;
    board_init(&board, &config, &(struct board_hooks){0}, 0);
    assert_int_equal(board_msr_ranges(&config, ranges), CLOCK_RANGES + count_other_ranges());
    assert_false(access_msr(&board, false, 0x4b564d00));
    assert_false(access_msr(&board, true, 0x4b564d01));
    assert_false(access_msr(&board, true, 0x12));
}

static bool is_clock_msr(uint32_t msr)
{
    return msr == 0x10 || msr == 0x11 || msr == 0x12 || msr == 0x3b ||
           (msr >= 0x4b564d00 && msr <= 0x4b564d03);
}

static void a_clock_of_kvms_has_no_msr_captured(void **unused)
{
    const struct board_config config = {.cpu_count = 1, .kvmclock = KVMCLOCK_KERNEL};
    struct msr_range ranges[BOARD_MAX_MSR_RANGES];

    unsigned count = board_msr_ranges(&config, ranges);

    (void)unused;
    for (unsigned i = 0; i < count; i++)
        for (uint32_t msr = 0; msr < ranges[i].count; msr++)
            assert_false(is_clock_msr(ranges[i].first_msr + msr));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(msrs_that_are_captured_are_those_that_the_board_knows),
        cmocka_unit_test(msrs_of_a_clock_that_is_off_are_captured_to_be_refused),
        cmocka_unit_test(a_clock_of_kvms_has_no_msr_captured),
    };

    return cmocka_run_group_tests_name("board_msrs", tests, NULL, NULL);
}
