/* SPDX-License-Identifier: BSD-2-Clause */
/* --reboot again: what a machine that boots again is, and what it goes on with. Also built with
 * TSan.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/boot_files.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/door.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_reboot.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_time.h"

#define COM1      0x3f8
#define RTC_INDEX 0x70
#define RTC_DATA  0x71
#define RTC_HOURS 0x04
#define PLACE_GPA 0x20000
#define BASE_SEC  UINT64_C(1893456000)
#define RUN_NS    (90 * NS_PER_SEC)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct boot_files files;
static struct machine_events events;

static int teardown(void **unused)
{
    (void)unused;
    machine_destroy(machine);
    boot_files_close(&files);
    machine_rig_end(&rig);
    return 0;
}

static void make(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(boot_files_open(&rig.host, &files), 0);
    machine->boot_files = &files;
}

static void out(uint64_t port, uint8_t value)
{
    struct access access = {
        .space = ACCESS_PORT, .is_write = true, .size_bytes = 1, .addr = port, .value = value};

    door_pass(machine, &access);
}

static uint8_t in(uint64_t port)
{
    struct access access = {.space = ACCESS_PORT, .size_bytes = 1, .addr = port};

    door_pass(machine, &access);
    return (uint8_t)access.value;
}

static uint8_t rtc(uint8_t reg)
{
    out(RTC_INDEX, reg);
    return in(RTC_DATA);
}

static void reset(void)
{
    machine_lock(machine);
    guest_end_reset(machine);
    machine_unlock(machine);
    machine_stop(machine);
}

/* The machine is stopped. What machine_reboot returns. */
static int boot_again(void)
{
    struct clock_bracket start = host_clock_bracket(CLOCK_MONOTONIC_RAW);

    assert_true(machine_reboot_is_due(machine));
    machine_reboot_begin(machine);
    fake_clock_pass_ns(15 * 1000000);
    return machine_reboot(machine, &start);
}

static void reset_and_boot(void)
{
    reset();
    assert_int_equal(boot_again(), 0);
}

static uint8_t *place(void)
{
    return guest_mem_at(&machine->memory, PLACE_GPA, 1);
}

static void memory_time_and_what_was_seen_of_the_console_begin_anew(void **unused)
{
    (void)unused;
    make();
    out(COM1, 'x');
    *place() = 1;
    fake_clock_advance_ns(RUN_NS);
    assert_true(machine_rig_guest_ns(&rig) >= RUN_NS);
    reset_and_boot();
    assert_int_equal(*place(), 0);
    assert_true(machine_rig_guest_ns(&rig) < NS_PER_SEC);
    assert_false(machine->com1_used);
    assert_false(machine_is_ending(machine));
    assert_int_equal(fake_vcpu_count(), MACHINE_RIG_CPUS);
    assert_string_equal(said(), "minivmm: boot 2: the guest has reset the machine\n");
}

static void run_and_update(void)
{
    fake_clock_pass_ns(RUN_NS);
    machine_lock(machine);
    machine_time_update(machine, fake_clock_ns());
    machine_unlock(machine);
}

/* Not the mean of all rates since the program's start. */
static void vmclock_goes_on_with_the_latest_rate(void **unused)
{
    const uint64_t slower_hz = FAKE_CLOCK_HZ - FAKE_CLOCK_HZ / 10000;
    const struct vmclock_page *page = &machine->board.vmclock.state.page;
    uint64_t period;

    (void)unused;
    rig.config.vmclock = VMCLOCK_UTC;
    make();
    run_and_update();
    period = page->counter_period_frac_sec;
    fake_clock.ntp.gain_ppt = 100010001;
    fake_host_set_tsc_hz(&fake_clock.host, slower_hz);
    run_and_update();
    reset_and_boot();
    assert_in_range(page->counter_period_frac_sec - period, period / 10000 - period / 1000000,
                    period / 10000 + period / 1000000);
}

static void wall_time_and_rtc_go_on(void **unused)
{
    uint64_t wall_zero_ns;

    (void)unused;
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = BASE_SEC;
    make();
    wall_zero_ns = machine->wall_zero_ns;
    assert_int_equal(wall_zero_ns, BASE_SEC * NS_PER_SEC);
    out(RTC_INDEX, 0x50);
    out(RTC_DATA, 0xa5);
    fake_clock_advance_ns(RUN_NS);
    reset_and_boot();
    assert_in_range(machine->wall_zero_ns - wall_zero_ns, RUN_NS, RUN_NS + NS_PER_SEC);
    assert_in_range(machine->rtc_zero_ns - wall_zero_ns, RUN_NS, RUN_NS + NS_PER_SEC);
    assert_int_equal(rtc(0x50), 0xa5);
}

static void a_date_that_the_guest_has_set_stays(void **unused)
{
    uint8_t other_hours;

    (void)unused;
    make();
    assert_false(machine_rtc_has_other_date(machine));
    other_hours = rtc(RTC_HOURS) == 0x07 ? 0x08 : 0x07;
    out(RTC_INDEX, RTC_HOURS);
    out(RTC_DATA, other_hours);
    reset_and_boot();
    assert_int_equal(rtc(RTC_HOURS), other_hours);
    assert_true(machine_rtc_has_other_date(machine));
}

static void input_that_was_not_read_comes_again(void **unused)
{
    (void)unused;
    make();
    serial_give_unread(&machine->board.com1, &(struct serial_fifo){"abc", 3});
    out(COM1 + 4, 2);
    assert_int_equal(in(COM1), 'a');
    reset_and_boot();
    assert_int_equal(in(COM1 + 5) & 1, 0);
    out(COM1 + 4, 2);
    assert_int_equal(in(COM1), 'b');
    assert_int_equal(in(COM1), 'c');
}

static void output_that_the_host_had_no_room_for_is_lost(void **unused)
{
    (void)unused;
    make();
    machine->board.com1.state.tx = (struct serial_fifo){"abc", 3};
    reset_and_boot();
    assert_int_equal(machine->console.output_lost_bytes, 3);
}

static void clients_hear_of_the_reset_and_of_the_end_of_a_pause(void **unused)
{
    (void)unused;
    make();
    assert_int_equal(machine_events_open(&events), 0);
    machine->events = &events;
    machine->pause.active = true;
    machine_lock(machine);
    guest_end_system_reset(machine);
    machine_unlock(machine);
    machine_stop(machine);
    assert_int_equal(boot_again(), 0);
    assert_false(machine->pause.active);
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_RESET);
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_RESUMED);
    machine_rig_assert_no_event(&rig, &events);
    machine_events_close(&events);
    machine->events = NULL;
}

static void assert_is_the_end(void)
{
    machine_stop(machine);
    assert_false(machine_reboot_is_due(machine));
}

static void a_panic_is_the_end(void **unused)
{
    (void)unused;
    make();
    for (const char *byte = "[    1.0] Kernel panic - not syncing: x\n"; *byte != '\0'; byte++)
        out(COM1, (uint8_t)*byte);
    out(0x64, 0xfe);
    assert_is_the_end();
}

static void a_power_off_is_the_end(void **unused)
{
    (void)unused;
    make();
    machine_lock(machine);
    guest_end_power_off(machine);
    machine_unlock(machine);
    assert_is_the_end();
}

static void without_files_a_reset_is_the_end(void **unused)
{
    (void)unused;
    make();
    machine->boot_files = NULL;
    reset();
    assert_is_the_end();
}

static void a_host_that_cannot_is_said_and_ends_the_run(void **unused)
{
    (void)unused;
    make();
    reset();
    said();
    fake_kvm_fail("kvm_create_vm", 0, EIO);
    assert_int_equal(boot_again(), -EIO);
    assert_string_equal(said(),
                        "minivmm: boot 2: the guest reset the machine without a byte to COM1; "
                        "if it panicked, console=ttyS0 shows it\n"
                        "minivmm: kvm_create_vm: Input/output error\n");
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
}

static void of_a_boot_that_fails_halfway_no_vcpu_is_left(void **unused)
{
    (void)unused;
    make();
    reset();
    fake_kvm_fail("kvm_vcpu_set_cpuid", 1, EIO);
    assert_int_equal(boot_again(), -EIO);
    assert_null(machine->vcpus);
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_time_and_what_was_seen_of_the_console_begin_anew),
        TEST(vmclock_goes_on_with_the_latest_rate),
        TEST(wall_time_and_rtc_go_on),
        TEST(a_date_that_the_guest_has_set_stays),
        TEST(input_that_was_not_read_comes_again),
        TEST(output_that_the_host_had_no_room_for_is_lost),
        TEST(clients_hear_of_the_reset_and_of_the_end_of_a_pause),
        TEST(a_panic_is_the_end),
        TEST(a_power_off_is_the_end),
        TEST(without_files_a_reset_is_the_end),
        TEST(a_host_that_cannot_is_said_and_ends_the_run),
        TEST(of_a_boot_that_fails_halfway_no_vcpu_is_left),
    };

    return cmocka_run_group_tests_name("machine_reboot", tests, NULL, NULL);
}
