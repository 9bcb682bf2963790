/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The making and the end of a machine: what is left behind by one that cannot be made, and that its
 * threads run and end. Also built with TSan.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/vcpu_thread.h"

#define YEAR_2107_SEC UINT64_C(4323369600)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_end(&rig);
    log_set_verbose(false);
    return 0;
}

static void create(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
}

static unsigned open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static unsigned lines(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* The machine cannot be made; one line is said, and nothing is left. */
static void fail_to_create(const char *text)
{
    unsigned before = open_descriptors();
    const char *line;

    assert_true(machine_rig_create(&rig) < 0);
    line = said();
    assert_int_equal(lines(line), 1);
    if (text != NULL)
        assert_string_equal(line, text);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(fake_vcpu_count(), 0);
    assert_null(machine->memory_mapping);
}

static void whichever_call_of_kvm_fails_one_line_says_so_and_nothing_is_left(void **unused)
{
    static const char *const calls[] = {
        "kvm_open",           "kvm_ask_device",      "kvm_create_vm",
        "kvm_halt_in_guest",  "kvm_add_memory",      "kvm_intercept_hypercalls",
        "kvm_create_irqchip", "kvm_supported_cpuid", "kvm_create_vcpu",
        "kvm_vcpu_set_cpuid", "kvm_vcpu_get_sregs",  "kvm_vcpu_set_firmware_msrs",
        "kvm_vcpu_set_sregs", "kvm_vcpu_set_regs",   "kvm_capture_msrs",
        "kvm_add_smram",      "kvm_vcpu_set_msr",    "kvm_vcpu_get_lapic",
        "kvm_vcpu_set_lapic",
    };
    char expected[128];

    (void)unused;
    rig.config.halt_in_guest = 1;
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        snprintf(expected, sizeof expected, "minivmm: %s: Input/output error\n", calls[i]);
        fake_kvm_reset();
        fake_kvm_fail(calls[i], 0, EIO);
        fail_to_create(expected);
    }
}

static void a_second_vcpu_that_cannot_be_made_leaves_nothing_of_the_first(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_create_vcpu", 1, ENOMEM);
    fail_to_create("minivmm: kvm_create_vcpu: Cannot allocate memory\n");
}

static void a_file_that_cannot_be_opened_leaves_nothing(void **unused)
{
    (void)unused;
    rig.host.report_path = "/nowhere/report";
    fail_to_create("minivmm: report: cannot open '/nowhere/report': No such file or directory\n");
    rig.host.report_path = "/dev/null";
    rig.host.console = CONSOLE_FILE;
    rig.host.console_path = "/nowhere/console";
    fail_to_create("minivmm: console: cannot open '/nowhere/console': No such file or directory\n");
    rig.host.kernel_path = "/nowhere/kernel";
    fail_to_create("minivmm: /nowhere/kernel: No such file or directory\n");
}

/* With one more each time until it is made. */
static void a_host_without_descriptors_leaves_nothing(void **unused)
{
    unsigned used = open_descriptors();
    struct rlimit before, limit;
    int result = -1;

    (void)unused;
    rig.config.rtc_follows_host = 1;
    rig.host.report_path = "/dev/null";
    getrlimit(RLIMIT_NOFILE, &before);
    for (unsigned more = 0; result < 0; more++) {
        limit = (struct rlimit){used + more, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &limit);
        result = machine_rig_create(&rig);
        setrlimit(RLIMIT_NOFILE, &before);
        assert_true(more < 64);
        if (result < 0) {
            assert_int_equal(lines(said()), 1);
            assert_int_equal(open_descriptors(), used);
            assert_int_equal(fake_vcpu_count(), 0);
        }
    }
    machine_destroy(machine);
    assert_int_equal(open_descriptors(), used);
}

static void a_machine_that_ends_leaves_nothing(void **unused)
{
    unsigned before = open_descriptors();

    (void)unused;
    rig.host.report_path = "/dev/null";
    rig.config.rtc_follows_host = 1;
    create();
    assert_int_equal(machine_start(machine), 0);
    machine_destroy(machine);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(fake_vcpu_count(), 0);
    assert_string_equal(said(), "");
}

static void a_machine_that_nothing_has_ended_ends_with_an_error_of_the_host(void **unused)
{
    (void)unused;
    create();
    machine_destroy(machine);
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(machine->end_text, "");
}

static void every_vcpu_runs_and_the_timers_fire(void **unused)
{
    unsigned waits;

    (void)unused;
    create();
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        fake_vcpu_play(i, fake_exit_of(KVM_EXIT_IRQ_WINDOW_OPEN));
    assert_int_equal(machine_start(machine), 0);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
        fake_vcpu_await_halt(i);
        assert_int_equal(fake_vcpu(i)->answer_count, 1);
    }
    fake_clock_await_wait(1);
    waits = fake_clock_waits();
    fake_clock_advance_ns(NS_PER_SEC);
    fake_clock_await_wait(waits + 1);
    machine_destroy(machine);
}

static void the_end_takes_vcpus_out_of_the_guest_and_keeps_its_status(void **unused)
{
    (void)unused;
    create();
    fake_vcpu_play(1, fake_out(0xf4, 1, 0x15));
    assert_int_equal(machine_start(machine), 0);
    vcpu_join(&machine->vcpus[1]);
    machine_destroy(machine);
    assert_int_equal(machine->end_status, 0x2b);
}

static void wall_time_is_the_hosts_at_guest_time_0_or_the_date_that_is_asked_for(void **unused)
{
    uint64_t now_ns;

    (void)unused;
    create();
    now_ns = machine_lock(machine);
    machine_unlock(machine);
    assert_in_range(fake_clock_ns() + fake_clock.realtime_zero_ns - now_ns + 1000 -
                        machine->wall_zero_ns,
                    0, 2000);
    machine_destroy(machine);
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = 1000000000;
    create();
    assert_int_equal(machine->wall_zero_ns, 1000000000 * NS_PER_SEC);
    machine_destroy(machine);
}

static void a_date_that_kvm_clock_cannot_show_is_said(void **unused)
{
    (void)unused;
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = YEAR_2107_SEC;
    create();
    assert_non_null(strstr(said(), "to 2106-02-07T06:28:15"));
    machine_destroy(machine);
    rig.config.kvmclock = KVMCLOCK_OFF;
    create();
    assert_string_equal(said(), "");
    machine_destroy(machine);
}

static void pass(enum access_space space, bool is_write, uint64_t addr, uint64_t value)
{
    struct access access = {
        .space = space, .is_write = is_write, .size_bytes = 1, .addr = addr, .value = value};

    door_pass(machine, &access);
}

static void with_verbose_the_end_says_what_the_guest_met_nowhere(void **unused)
{
    const char *text;

    (void)unused;
    log_set_verbose(true);
    create();
    pass(ACCESS_PORT, false, 0x1234, 0);
    pass(ACCESS_MEMORY, false, 0xd0000000, 0);
    pass(ACCESS_MEMORY, true, 0xd0000008, 0);
    said();
    machine_destroy(machine);
    text = said();
    assert_non_null(strstr(text, "guest: 1 accesses to ports without a device, the last 0x1234\n"));
    assert_non_null(
        strstr(text, "guest: 2 accesses to addresses without a device, the last 0xd0000008\n"));
}

static void with_verbose_the_end_says_which_ticks_were_lost(void **unused)
{
    (void)unused;
    log_set_verbose(true);
    rig.config.pit_lost_ticks = LOST_TICKS_DROP;
    create();
    pass(ACCESS_PORT, true, 0x43, 0x34);
    pass(ACCESS_PORT, true, 0x40, 0xa9);
    pass(ACCESS_PORT, true, 0x40, 0x04);
    timerq_run(&machine->board.timers, machine_lock(machine) + NS_PER_SEC);
    machine_unlock(machine);
    said();
    machine_destroy(machine);
    assert_non_null(strstr(said(), "pit: 999 ticks dropped, 0 still owed\n"));
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whichever_call_of_kvm_fails_one_line_says_so_and_nothing_is_left),
        TEST(a_second_vcpu_that_cannot_be_made_leaves_nothing_of_the_first),
        TEST(a_file_that_cannot_be_opened_leaves_nothing),
        TEST(a_host_without_descriptors_leaves_nothing),
        TEST(a_machine_that_ends_leaves_nothing),
        TEST(a_machine_that_nothing_has_ended_ends_with_an_error_of_the_host),
        TEST(every_vcpu_runs_and_the_timers_fire),
        TEST(the_end_takes_vcpus_out_of_the_guest_and_keeps_its_status),
        TEST(wall_time_is_the_hosts_at_guest_time_0_or_the_date_that_is_asked_for),
        TEST(a_date_that_kvm_clock_cannot_show_is_said),
        TEST(with_verbose_the_end_says_what_the_guest_met_nowhere),
        TEST(with_verbose_the_end_says_which_ticks_were_lost),
    };

    return cmocka_run_group_tests_name("machine_create", tests, NULL, NULL);
}
