/* SPDX-License-Identifier: BSD-2-Clause */
/* The fault skip-idle: it switches on and off what --skip-idle has prepared. */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/skip_idle.h"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

/* --skip-idle off */
static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.host.skip_idle = (struct skip_idle_choice){.asked = true, .until_ns = TIME_NEVER_NS};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    return 0;
}

static struct fault fault_of(const char *words)
{
    char line[FAULT_ERROR_BYTES];
    struct fault fault;
    struct text why;

    text_init(&why, line, sizeof line);
    assert_true(fault_from_words(words, &fault, &why));
    return fault;
}

static bool is_possible(const char *words, char line[FAULT_ERROR_BYTES])
{
    struct fault fault = fault_of(words);
    struct text why;

    text_init(&why, line, FAULT_ERROR_BYTES);
    return machine_fault_is_possible(machine, &fault, &why);
}

/* As machine_fault_apply does, but that no vCPU has a thread that could be held. */
static void apply(const char *words)
{
    struct fault fault = fault_of(words);
    char line[FAULT_ERROR_BYTES];
    struct text why;

    text_init(&why, line, sizeof line);
    for (unsigned i = 0; i < machine_fault_world.count; i++)
        if (machine_fault_world.rows[i].kind == fault.kind) {
            machine_lock(machine);
            assert_true(machine_fault_world.rows[i].apply(machine, &fault, &why));
            machine_unlock(machine);
            return;
        }
    fail_msg("%s is none of the world's", words);
}

static void a_fault_switches_it_on_and_off(void **unused)
{
    char line[FAULT_ERROR_BYTES];

    (void)unused;
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(skip_idle_prepare(machine), 0);
    assert_int_equal(skip_idle_due_monotonic_ns(machine), TIME_NEVER_NS);
    assert_true(is_possible("skip-idle to=on", line));
    apply("skip-idle to=on");
    assert_int_equal(skip_idle_due_monotonic_ns(machine), fake_clock_ns());
    apply("skip-idle to=off");
    assert_int_equal(skip_idle_due_monotonic_ns(machine), TIME_NEVER_NS);
}

static void a_run_that_is_not_prepared_for_it_refuses_the_fault(void **unused)
{
    char line[FAULT_ERROR_BYTES];

    (void)unused;
    rig.host.skip_idle.asked = false;
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(skip_idle_prepare(machine), 0);
    machine_tsc_find_out(machine);
    assert_false(is_possible("skip-idle to=on", line));
    assert_string_equal(line, "skip-idle: this run cannot skip idle time; with --skip-idle off it "
                              "can, once the fault says so");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fault_switches_it_on_and_off),
        TEST(a_run_that_is_not_prepared_for_it_refuses_the_fault),
    };

    return cmocka_run_group_tests_name("skip_fault", tests, NULL, NULL);
}
