/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that are damaged, or made by a stranger: refused in a line, or a machine that runs. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"

#define FLIPS 1500

static struct restore_rig rig;
static uint8_t *whole;

static int setup(void **unused)
{
    (void)unused;
    rig = (struct restore_rig){.memory_fd = -1, .request.at_sec = RESTORE_AT_MAX_SEC};
    machine_rig_make(&rig.rig);
    restore_rig_save_and_destroy(&rig);
    whole = malloc(rig.size_bytes);
    memcpy(whole, rig.records, rig.size_bytes);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_end(&rig.rig);
    restore_rig_end(&rig);
    free(whole);
    return 0;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 24;
}

/* Whether there was a machine; it has had a second then, and is gone. */
static bool becomes_a_machine(enum restore_time time)
{
    fake_kvm_reset();
    if (restore_rig_restore_after(&rig, NS_PER_SEC, time) != 0) {
        assert_non_null(strstr(said(), "minivmm: "));
        return false;
    }
    fake_clock_pass_ns(NS_PER_SEC);
    machine_lock(&rig.rig.machine);
    timerq_run(&rig.rig.machine.board.timers, machine_now(&rig.rig.machine));
    machine_unlock(&rig.rig.machine);
    machine_destroy(&rig.rig.machine);
    said();
    return true;
}

static void any_byte_may_be_another(void **unused)
{
    unsigned machines = 0;
    uint64_t seed = 1;

    (void)unused;
    for (unsigned i = 0; i < FLIPS; i++) {
        size_t at = next_random(&seed) % rig.size_bytes;

        rig.records[at] ^= (uint8_t)(1 << next_random(&seed) % 8);
        machines +=
            becomes_a_machine(next_random(&seed) % 2 == 0 ? RESTORE_FREEZE : RESTORE_ADVANCE);
        memcpy(rig.records, whole, rig.size_bytes);
    }
    assert_in_range(machines, FLIPS / 10, FLIPS - 10);
}

/* The records of time, in which each field is a number that is computed with. */
static void any_field_of_time_may_be_extreme(void **unused)
{
    static const uint64_t values[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 62};
    static const struct {
        enum record_type type;
        size_t size_bytes;
    } rows[] = {
        {RECORD_TIMEBASE, sizeof(struct timebase_record)},
        {RECORD_TIME, sizeof(struct time_record)},
        {RECORD_VCPU_TIME, sizeof(struct vcpu_time_record)},
        {RECORD_MACHINE, sizeof(struct machine_record)},
        {RECORD_HOST, sizeof(struct host_record)},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t at = 0; at < rows[i].size_bytes; at += 8)
            for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
                uint8_t *record = restore_rig_record(&rig, rows[i].type, 0, rows[i].size_bytes);

                memcpy(record + at, &values[j], sizeof values[j]);
                becomes_a_machine(RESTORE_FREEZE);
                becomes_a_machine(RESTORE_ADVANCE);
                becomes_a_machine(RESTORE_AT);
                memcpy(rig.records, whole, rig.size_bytes);
            }
}

static void a_stream_that_is_cut_off_is_refused(void **unused)
{
    size_t size_bytes = rig.size_bytes;

    (void)unused;
    for (size_t cut = 0; cut < size_bytes; cut += 97) {
        rig.size_bytes = cut;
        assert_false(becomes_a_machine(RESTORE_FREEZE));
    }
    rig.size_bytes = size_bytes;
    assert_true(becomes_a_machine(RESTORE_FREEZE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_byte_may_be_another),
        TEST(any_field_of_time_may_be_extreme),
        TEST(a_stream_that_is_cut_off_is_refused),
    };

    return cmocka_run_group_tests_name("restore_damaged", tests, NULL, NULL);
}
