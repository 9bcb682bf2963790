/* SPDX-License-Identifier: BSD-2-Clause */
/* The orders of a probe that a check has restored. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/machine_rig.h"
#include "vmm/cmd/probe_orders.h"
#include "vmm/host/console_state.h"
#include "vmm/machine/machine_create.h"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct probe_orders orders;
static struct event_loop loop;

static void make(const char *words)
{
    machine_rig_begin(&rig);
    strcpy(rig.host.probe_orders, words);
    assert_int_equal(machine_rig_create(&rig), 0);
    event_loop_init(&loop);
    assert_int_equal(probe_orders_attach(&orders, machine, &loop), 0);
}

/* The guest has not set the UART up, which so takes none of them yet. */
static void assert_in_com2(const char *words)
{
    char rest[64] = "";
    uint32_t count = console_input_count(&machine->report);

    assert_true(count < sizeof rest);
    console_input_copy(&machine->report, (uint8_t *)rest, count);
    assert_string_equal(rest, words);
}

static void they_come_on_com2(void **unused)
{
    (void)unused;
    make("probe.within=9\n");
    assert_in_com2("");
    event_loop_turn(&loop, 0);
    assert_in_com2("probe.within=9\n");
    event_loop_turn(&loop, 0);
    assert_in_com2("probe.within=9\n");
    machine_rig_destroy(&rig);
}

static void they_wait_for_the_steps_of_an_advance(void **unused)
{
    (void)unused;
    make("probe.within=9\n");
    machine->pause.behind_cycles = 1;
    event_loop_turn(&loop, 0);
    assert_in_com2("");
    machine->pause.behind_cycles = 0;
    event_deadline_set(&orders.look, 0);
    event_loop_turn(&loop, 0);
    assert_in_com2("probe.within=9\n");
    machine_rig_destroy(&rig);
}

static void a_boot_has_none(void **unused)
{
    (void)unused;
    make("");
    event_loop_turn(&loop, 0);
    assert_in_com2("");
    machine_rig_destroy(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_on_com2),
        cmocka_unit_test(they_wait_for_the_steps_of_an_advance),
        cmocka_unit_test(a_boot_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
