/* SPDX-License-Identifier: BSD-2-Clause */
/* --reboot again in the main loop: guests that reset before the loop has waited for anything. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/boot_files.h"
#include "vmm/cmd/fault_timeline.h"
#include "vmm/cmd/guest_control.h"
#include "vmm/cmd/main_loop.h"
#include "vmm/cmd/run_control.h"
#include "vmm/cmd/snapshot_trigger.h"
#include "vmm/host/signals.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/timer_thread.h"
#include "vmm/machine/vcpu_thread.h"

#define BOOTS_MAX  4
#define TIMEOUT_NS (5 * NS_PER_SEC)
#define TX_BYTES   3

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct boot_files files;
static int signal_fd;
static unsigned boots;
/* What time passes while a boot is made. */
static uint64_t boot_ns;

static void reset(void)
{
    machine_lock(machine);
    guest_end_reset(machine);
    machine_unlock(machine);
}

/* In the place of the threads: when machine_start has started the last one, the guest has reset. */
int vcpu_start(struct vcpu *vcpu)
{
    (void)vcpu;
    return 0;
}

void vcpu_join(struct vcpu *vcpu)
{
    (void)vcpu;
}

int timer_thread_start(struct machine *started)
{
    (void)started;
    fake_clock_advance_ns(boot_ns);
    if (++boots < BOOTS_MAX)
        reset();
    else
        machine_end(machine, EXIT_STATUS_KVM_UNABLE, "too many boots");
    return 0;
}

void timer_thread_join(struct machine *started)
{
    (void)started;
}

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.host.reboot_again = true;
    rig.host.output_limit_bytes = UINT64_MAX;
    fake_kvm.create_vm_ns = 15 * 1000000;
    boots = 0;
    boot_ns = 0;
    signal_fd = main_loop_open_signals();
    assert_true(signal_fd >= 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    boot_files_close(&files);
    machine_rig_end(&rig);
    signals_close(signal_fd);
    return 0;
}

static void make(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(boot_files_open(&rig.host, &files), 0);
    machine->boot_files = &files;
}

/* To the end; returns whether output was lost. */
static bool run(void)
{
    struct guest_control control = {.is_off = true, .machine = machine};
    struct snapshot_trigger snapshot = {0};
    struct fault_timeline faults = {.machine = machine};
    struct run_control run = {0};
    struct event_loop loop;

    event_loop_init(&loop);
    assert_int_equal(snapshot_trigger_open(&snapshot, machine), 0);
    assert_int_equal(machine_start(machine), 0);
    main_loop_run(&run, &control, &snapshot, &faults, machine, &loop, signal_fd);
    run_control_close(&run);
    machine_destroy(machine);
    snapshot_trigger_close(&snapshot);
    return machine->output_lost;
}

static void a_signal_ends_a_guest_that_resets_at_once(void **unused)
{
    (void)unused;
    make();
    raise(SIGINT);
    run();
    assert_int_equal(machine->end_status, EXIT_STATUS_INTERRUPTED);
    assert_int_equal(boots, 2);
}

static void a_limit_of_time_ends_it(void **unused)
{
    (void)unused;
    rig.host.timeout_ns = TIMEOUT_NS;
    boot_ns = TIMEOUT_NS;
    make();
    run();
    assert_int_equal(machine->end_status, EXIT_STATUS_TIMEOUT);
    assert_int_equal(boots, 2);
}

/* The ring is full when the guest resets, and so the transmitter has bytes as well. */
static void what_it_has_sent_is_written_before_the_next_boot(void **unused)
{
    int fd = memfd_create("output", MFD_CLOEXEC);
    char path[32];
    struct stat status;

    (void)unused;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    rig.host.console = CONSOLE_FILE;
    rig.host.console_path = path;
    make();
    while (console_put(&machine->console, 'x'))
        ;
    machine->board.com1.state.tx = (struct serial_fifo){"abc", TX_BYTES};
    assert_false(run());
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, CONSOLE_OUTPUT_SIZE + TX_BYTES);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_signal_ends_a_guest_that_resets_at_once),
        TEST(a_limit_of_time_ends_it),
        TEST(what_it_has_sent_is_written_before_the_next_boot),
    };

    return cmocka_run_group_tests_name("main_loop", tests, NULL, NULL);
}
