/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that is saved and restored: what the new KVM is told, in which order, and what of time
 * the guest reads then. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/console_state.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_sleep.h"

#define MS       UINT64_C(1000000)
#define SEC      NS_PER_SEC
#define DEADLINE (2u << 17)
#define PERIODIC (1u << 17)
#define BY_1     0xb

static struct restore_rig rig;

static void put(unsigned vcpu, unsigned offset, uint32_t value)
{
    memcpy(fake_vcpu(vcpu)->lapic.regs + offset, &value, sizeof value);
}

static uint32_t reg(unsigned vcpu, unsigned offset)
{
    uint32_t value;

    memcpy(&value, fake_vcpu(vcpu)->lapic.regs + offset, sizeof value);
    return value;
}

static void start_count(unsigned vcpu, uint32_t mode, uint32_t initial, uint32_t left)
{
    put(vcpu, 0x320, mode | 0xec);
    put(vcpu, 0x380, initial);
    put(vcpu, 0x390, left);
    put(vcpu, 0x3e0, BY_1);
}

static void set_deadline(unsigned vcpu, uint64_t tsc)
{
    put(vcpu, 0x320, DEADLINE | 0xec);
    *fake_vcpu_find_msr(fake_vcpu(vcpu), MSR_TSC_DEADLINE) = tsc;
}

/* From the vCPU's making to where guest time goes on. */
static void the_orders_are_those_that_kvm_needs(void **unused)
{
    static const char *const calls[] = {
        "kvm_create_irqchip\n",      "kvm_create_vcpu 0\n",
        "kvm_create_vcpu 1\n",       "kvm_vcpu_set_cpuid 0\n",
        "kvm_vcpu_set_tsc_offset 0", "KVM_SET_MP_STATE 0\n",
        "kvm_vcpu_set_lapic 0\n",    "KVM_SET_MSRS 0\n",
        "KVM_SET_VCPU_EVENTS 0\n",   "kvm_vcpu_set_tsc_offset 1",
        "KVM_SET_VCPU_EVENTS 1\n",   "irqchip_load\n",
        "kvm_vcpu_set_tsc_offset 0", "kvm_vcpu_set_msr 0 0x6e0 1000000\n",
        "kvm_vcpu_set_tsc_offset 1",
    };
    const char *at;

    (void)unused;
    set_deadline(0, 1000000);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    at = fake_kvm_calls();
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const char *found = strstr(at, calls[i]);

        if (found == NULL)
            fail_msg("no %s in: %s", calls[i], at);
        at = found + strlen(calls[i]);
    }
    assert_null(strstr(at, "kvm_vcpu_set_lapic"));
}

static void counts_of_the_local_apic_go_on_where_they_were(void **unused)
{
    (void)unused;
    start_count(0, 0, 1000000, 400000);
    start_count(1, PERIODIC, 1000000, 300000);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(reg(0, 0x380), 1000000);
    assert_int_equal(reg(0, 0x390), 400000);
    assert_int_equal(reg(1, 0x380), 1000000);
    assert_int_equal(reg(1, 0x390), 300000);
}

static void in_an_advance_a_count_runs_out_and_a_periodic_one_keeps_its_phase(void **unused)
{
    uint64_t passed_ns;

    (void)unused;
    start_count(0, 0, 1000000, 400000);
    start_count(1, PERIODIC, 1000000, 300000);
    restore_rig_stop(&rig);
    passed_ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 5 * MS, RESTORE_ADVANCE), 0);
    passed_ns = restore_rig_guest_ns(&rig) - passed_ns;
    assert_int_equal(reg(0, 0x390), 1);
    assert_int_equal(reg(1, 0x390), 1000000 - (passed_ns - 300000) % 1000000);
}

/* A CPU that waits for its SIPI has no timer, whatever was read of it before. */
static void a_cpu_that_is_not_started_gets_no_deadline(void **unused)
{
    (void)unused;
    set_deadline(1, 1000000);
    fake_vcpu(1)->mp_state.mp_state = KVM_MP_STATE_INIT_RECEIVED;
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(fake_vcpu_msr(1, MSR_TSC_DEADLINE), 0);
    assert_int_equal(fake_vcpu(1)->mp_state.mp_state, KVM_MP_STATE_INIT_RECEIVED);
}

static void out(uint64_t port, unsigned size_bytes, uint64_t value)
{
    struct access access = {
        .is_write = true, .size_bytes = size_bytes, .addr = port, .value = value};

    door_pass(&rig.rig.machine, &access);
}

/* GSI 9 is level-triggered, GSI 4 is not. */
static void lines_that_are_high_are_driven_again_if_they_are_level_triggered(void **unused)
{
    struct kvm_ioapic_state *ioapic = &fake_irqchip.state.chips[KVM_IRQCHIP_IOAPIC].chip.ioapic;

    (void)unused;
    for (unsigned pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
        ioapic->redirtbl[pin].fields.mask = 0;
    ioapic->redirtbl[9].fields.trig_mode = 1;
    /* COM1 is asked for the interrupt of an empty transmitter, and the power button for SCI. */
    out(0x3fc, 1, 0x0b);
    out(0x3f9, 1, 0x02);
    out(0x602, 2, 0x100);
    machine_lock(&rig.rig.machine);
    acpi_pm_press_power_button(&rig.rig.machine.board.pm, restore_rig_guest_ns(&rig));
    machine_unlock(&rig.rig.machine);
    assert_true(fake_irqchip.levels[4]);
    assert_true(fake_irqchip.levels[9]);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_true(fake_irqchip.levels[9]);
    assert_false(fake_irqchip.levels[4]);
    assert_true(rig.rig.machine.board.com1_irq.level);
}

static void input_that_the_guest_has_not_taken_comes_to_it(void **unused)
{
    static const uint8_t typed[] = "root\n";
    uint8_t byte;

    (void)unused;
    console_input_restore(&rig.rig.machine.console, typed, 5, 4);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(console_get(&rig.rig.machine.console, &byte));
        assert_int_equal(byte, typed[i]);
    }
    assert_false(console_get(&rig.rig.machine.console, &byte));
    assert_true(console_get_break(&rig.rig.machine.console));
    assert_true(console_get(&rig.rig.machine.console, &byte));
    assert_false(console_get(&rig.rig.machine.console, &byte));
}

/* What a client of --serial2 has sent. */
static void input_on_com2_comes_to_it_as_well(void **unused)
{
    uint8_t byte;

    (void)unused;
    console_input_restore(&rig.rig.machine.console, (const uint8_t *)"1", 1, CONSOLE_NO_BREAK);
    console_input_restore(&rig.rig.machine.report, (const uint8_t *)"2", 1, CONSOLE_NO_BREAK);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_true(console_get(&rig.rig.machine.console, &byte) && byte == '1');
    assert_false(console_get(&rig.rig.machine.console, &byte));
    assert_true(console_get(&rig.rig.machine.report, &byte) && byte == '2');
    assert_false(console_get(&rig.rig.machine.report, &byte));
}

static bool takes_nothing(void *ctx, uint8_t byte)
{
    (void)ctx;
    (void)byte;
    return false;
}

static uint64_t com1(uint64_t reg)
{
    return bus_read(&rig.rig.machine.board.buses[ACCESS_PORT], restore_rig_guest_ns(&rig),
                    0x3f8 + reg, 1);
}

/* The console of the process before was full. Else the guest would wait for the UART for ever. */
static void output_that_the_uart_holds_back_goes_to_the_new_console(void **unused)
{
    struct board *board = &rig.rig.machine.board;

    (void)unused;
    board->com1.wiring.tx = takes_nothing;
    bus_write(&board->buses[ACCESS_PORT], restore_rig_guest_ns(&rig), 0x3f8, 1, 'x');
    assert_int_equal(com1(5) & 0x20, 0);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(com1(5) & 0x60, 0x60);
}

static void a_vcpu_in_smm_is_neither_saved_nor_restored(void **unused)
{
    struct kvm_vcpu_events *events;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    events = (void *)restore_rig_record(&rig, RECORD_VCPU_EVENTS, 1, sizeof *events);
    ((uint8_t *)events)[offsetof(struct kvm_vcpu_events, smi.smm)] = 1;
    assert_int_not_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_non_null(strstr(said(), "vCPU 1: it is in system management mode"));
    ((uint8_t *)events)[offsetof(struct kvm_vcpu_events, smi.smm)] = 0;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void a_date_of_ones_own_is_not_for_an_rtc_that_follows_the_host(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig.rig);
    machine_rig_begin(&rig.rig);
    rig.rig.config.rtc_follows_host = 1;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), -EINVAL);
    assert_non_null(strstr(said(), "--time at=: its RTC follows the host's clock"));
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void nor_for_a_guest_whose_ptp_kvm_gives_the_hosts(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig.rig);
    machine_rig_begin(&rig.rig);
    rig.rig.config.ptp_kvm = PTP_KVM_HOST;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_AT), -EINVAL);
    assert_non_null(strstr(said(), "--time at=: its ptp_kvm tells it the host's date"));
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void a_restored_machine_is_saved_and_restored_as_well(void **unused)
{
    uint64_t tsc;

    (void)unused;
    set_deadline(0, 77000000000);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    fake_clock_pass_ns(3 * SEC);
    restore_rig_stop(&rig);
    tsc = fake_vcpu_tsc(0);
    restore_rig_end(&rig);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 9 * SEC, RESTORE_FREEZE), 0);
    assert_int_equal(fake_vcpu_tsc(0), tsc);
    assert_int_equal(fake_vcpu_msr(0, MSR_TSC_DEADLINE), 77000000000);
}

static void each_restore_is_another_machine(void **unused)
{
    uint8_t saved[GENERATION_ID_BYTES], first[GENERATION_ID_BYTES];

    (void)unused;
    memcpy(saved, rig.rig.machine.generation_id, sizeof saved);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    memcpy(first, rig.rig.machine.generation_id, sizeof first);
    assert_memory_not_equal(first, saved, sizeof saved);
    machine_destroy(&rig.rig.machine);
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_memory_not_equal(rig.rig.machine.generation_id, saved, sizeof saved);
    assert_memory_not_equal(rig.rig.machine.generation_id, first, sizeof first);
}

static void what_this_kvm_lacks_and_the_guest_has_is_named(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    fake_kvm.tsc_deadline = false;
    assert_int_not_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_non_null(
        strstr(said(), "saved: this KVM lacks a TSC-deadline timer, which the guest has"));
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

/* The guest sleeps, and is paused; somebody may wake it. Whether the restored one is to wake. */
static bool wakes_after_a_restore(bool is_woken)
{
    struct pollfd due = {.events = POLLIN};
    bool wakes;

    restore_rig_make(&rig);
    rig.rig.machine.board.pm.state.asleep = rig.rig.machine.sleep.has_begun = true;
    restore_rig_stop(&rig);
    if (is_woken)
        assert_true(machine_sleep_wake(&rig.rig.machine));
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_true(machine_sleep_is_asleep(&rig.rig.machine));
    due.fd = rig.rig.machine.sleep.fd;
    wakes = poll(&due, 1, 0) == 1;
    assert_int_equal(rig.rig.machine.sleep.wake_is_asked, wakes);
    restore_rig_destroy(&rig);
    return wakes;
}

static void a_guest_that_is_woken_in_a_pause_wakes_after_the_restore(void **unused)
{
    (void)unused;
    assert_true(wakes_after_a_restore(true));
    assert_false(wakes_after_a_restore(false));
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, restore_rig_setup, restore_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_orders_are_those_that_kvm_needs),
        TEST(counts_of_the_local_apic_go_on_where_they_were),
        TEST(in_an_advance_a_count_runs_out_and_a_periodic_one_keeps_its_phase),
        TEST(a_cpu_that_is_not_started_gets_no_deadline),
        TEST(lines_that_are_high_are_driven_again_if_they_are_level_triggered),
        TEST(input_that_the_guest_has_not_taken_comes_to_it),
        TEST(input_on_com2_comes_to_it_as_well),
        TEST(output_that_the_uart_holds_back_goes_to_the_new_console),
        TEST(a_vcpu_in_smm_is_neither_saved_nor_restored),
        TEST(a_date_of_ones_own_is_not_for_an_rtc_that_follows_the_host),
        TEST(nor_for_a_guest_whose_ptp_kvm_gives_the_hosts),
        TEST(a_restored_machine_is_saved_and_restored_as_well),
        TEST(each_restore_is_another_machine),
        cmocka_unit_test(a_guest_that_is_woken_in_a_pause_wakes_after_the_restore),
        TEST(what_this_kvm_lacks_and_the_guest_has_is_named),
    };

    return cmocka_run_group_tests_name("machine_restore", tests, NULL, NULL);
}
