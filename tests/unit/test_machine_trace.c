/* SPDX-License-Identifier: BSD-2-Clause */
/* --trace of a machine: what happens to guest time is in the file, with the values that the guest
 * got. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot/acpi_map.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "tests/unit/trace_reader.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/vcpu_thread.h"

#define PAGE_GPA  0x8000
#define WALL_GPA  0x9000
#define PIT_LATCH 0x00

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct machine_trace trace;
static struct trace_reader reader;
static char path[] = "/tmp/minivmm-trace-XXXXXX";

static int make_file(void **unused)
{
    (void)unused;
    return close(mkstemp(path));
}

static int remove_file(void **unused)
{
    (void)unused;
    return unlink(path);
}

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.host.output_limit_bytes = UINT64_MAX;
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(machine_trace_open(machine, &trace, path), 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    if (machine->trace != NULL)
        machine_trace_close(machine);
    machine_rig_destroy(&rig);
    return 0;
}

/* The file is whole, and is read from its beginning. */
static void end_trace(void)
{
    machine_trace_close(machine);
    assert_false(machine->output_lost);
    trace_reader_open(&reader, path);
}

static struct trace_event find(enum trace_kind kind)
{
    struct trace_event event;

    assert_true(trace_reader_find(&reader, kind, &event));
    return event;
}

static uint64_t pass(struct access access)
{
    access.vcpu = 1;
    assert_true(door_pass(machine, &access));
    return access.value;
}

static uint64_t read_port(uint16_t port, unsigned size_bytes)
{
    return pass((struct access){.space = ACCESS_PORT, .addr = port, .size_bytes = size_bytes});
}

static void write_to(enum access_space space, uint64_t addr, unsigned size_bytes, uint64_t value)
{
    pass((struct access){space, true, size_bytes, 1, addr, value});
}

static void assert_read(enum trace_clock clock, uint64_t where, unsigned size_bytes, uint64_t value)
{
    struct trace_event event = find(TRACE_CLOCK_READ);

    assert_int_equal(trace_record_clock(&event.record), clock);
    assert_int_equal(trace_record_size_bytes(&event.record), size_bytes);
    assert_int_equal(event.record.where, (uint32_t)where);
    assert_int_equal(event.record.value, value);
    assert_int_equal(event.record.vcpu, 1);
    assert_int_equal(event.thread, 1);
    assert_int_equal(event.record.g_ns, timebase_ns(&machine->timebase, event.record.tsc));
}

static void each_read_of_a_clock_has_the_value_that_the_guest_got(void **unused)
{
    const uint64_t counter_gpa = ACPI_MAP_HPET_GPA + HPET_REG_COUNTER;
    uint16_t pm_port = ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR;
    uint64_t pm, pm_word, pit, rtc, hpet;

    (void)unused;
    write_to(ACCESS_MEMORY, ACPI_MAP_HPET_GPA + HPET_REG_CONFIG, 8, 1);
    fake_clock_pass_ns(123456789);
    pm = read_port(pm_port, 4);
    pm_word = read_port(pm_port, 2);
    pit = read_port(0x40, 1);
    rtc = read_port(0x71, 1);
    hpet = pass((struct access){.space = ACCESS_MEMORY, .addr = counter_gpa, .size_bytes = 8});
    assert_in_range(hpet, 12345678, 12345778);
    end_trace();
    assert_read(TRACE_CLOCK_PM, pm_port, 4, (uint32_t)pm);
    assert_read(TRACE_CLOCK_PM, pm_port, 2, (uint16_t)pm_word);
    assert_read(TRACE_CLOCK_PIT, 0x40, 1, (uint8_t)pit);
    assert_read(TRACE_CLOCK_RTC, 0x71, 1, (uint8_t)rtc);
    assert_read(TRACE_CLOCK_HPET, counter_gpa, 8, hpet);
    assert_int_equal(trace_reader_count(&reader, TRACE_CLOCK_READ), 0);
    trace_reader_close(&reader);
}

static void what_is_no_clock_is_no_read_of_one(void **unused)
{
    (void)unused;
    read_port(0x3fd, 1);
    read_port(0x80, 1);
    read_port(0x64, 1);
    read_port(0x300, 4);
    end_trace();
    assert_int_equal(trace_reader_count(&reader, TRACE_CLOCK_READ), 0);
    trace_reader_close(&reader);
}

static void each_of_a_string_of_reads_is_there(void **unused)
{
    struct access access = {.space = ACCESS_PORT, .size_bytes = 1, .addr = 0x71};
    uint8_t data[3];

    (void)unused;
    door_pass_string(machine, &access, data, 3);
    end_trace();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(find(TRACE_CLOCK_READ).record.value, data[i]);
    trace_reader_close(&reader);
}

static void a_write_of_a_clock_is_there(void **unused)
{
    struct trace_event event;

    (void)unused;
    write_to(ACCESS_PORT, 0x43, 1, 0x34);
    write_to(ACCESS_MSR, MSR_SYSTEM_TIME, 8, PAGE_GPA | 1);
    end_trace();
    event = find(TRACE_CLOCK_WRITE);
    assert_int_equal(trace_record_clock(&event.record), TRACE_CLOCK_PIT);
    assert_int_equal(event.record.value, 0x34);
    event = find(TRACE_CLOCK_WRITE);
    assert_int_equal(trace_record_clock(&event.record), TRACE_CLOCK_KVMCLOCK);
    assert_int_equal(event.record.value, PAGE_GPA | 1);
    trace_reader_close(&reader);
}

/* What a page shows at any time, with its own arithmetic, is what the trace has it show. */
static void a_publication_of_kvm_clock_is_what_the_page_says(void **unused)
{
    const struct pvclock_page *page;
    struct trace_record record;
    struct guest_tsc tsc;

    (void)unused;
    fake_clock_pass_ns(1000000);
    write_to(ACCESS_MSR, MSR_SYSTEM_TIME, 8, PAGE_GPA | 1);
    page = guest_mem_at(&machine->memory, PAGE_GPA, sizeof *page);
    tsc = trace.tscs[1].now;
    end_trace();
    record = find(TRACE_KVMCLOCK).record;
    assert_int_equal(record.vcpu, 1);
    assert_int_equal(record.value, page->system_time_ns);
    assert_int_equal(record.where, page->tsc_to_system_mul);
    assert_int_equal((int8_t)record.arg, page->tsc_shift);
    assert_int_equal(record.arg >> 8, page->flags);
    assert_int_equal(record.g_ns, record.value);
    assert_int_equal(guest_tsc_at(&tsc, record.tsc), page->tsc_timestamp);
    trace_reader_close(&reader);
}

static void the_page_of_wall_time_is_there(void **unused)
{
    (void)unused;
    write_to(ACCESS_MSR, MSR_WALL_CLOCK, 8, WALL_GPA);
    end_trace();
    assert_int_equal(find(TRACE_WALL).record.value, machine->wall_zero_ns);
    assert_int_equal(find(TRACE_WALL).record.value, machine->wall_zero_ns);
    trace_reader_close(&reader);
}

/* PIT, mode 2: a tick is due at its deadline, and rises when the host comes to it. */
static void an_interrupt_has_its_due_time_and_its_lateness(void **unused)
{
    struct trace_record record;
    uint64_t due_ns, now_ns;

    (void)unused;
    write_to(ACCESS_PORT, 0x43, 1, 0x34);
    write_to(ACCESS_PORT, 0x40, 1, 0xe8);
    write_to(ACCESS_PORT, 0x40, 1, 0x03);
    due_ns = timerq_next_deadline_ns(&machine->board.timers);
    fake_clock_pass_ns(due_ns + 5000 - machine_rig_guest_ns(&rig));
    now_ns = machine_lock(machine);
    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
    end_trace();
    record = find(TRACE_IRQ).record;
    assert_int_equal(record.where, 0);
    assert_int_equal(record.arg & TRACE_IRQ_HAS_DUE, TRACE_IRQ_HAS_DUE);
    assert_int_equal(record.value, due_ns);
    assert_int_equal(record.g_ns, now_ns);
    assert_true(now_ns >= due_ns + 5000);
    trace_reader_close(&reader);
}

/* COM1's, as no timer of it makes it. */
static void an_interrupt_without_a_timer_was_due_when_it_rose(void **unused)
{
    struct trace_record record;

    (void)unused;
    write_to(ACCESS_PORT, 0x3fc, 1, 0x08);
    write_to(ACCESS_PORT, 0x3f9, 1, 0x02);
    end_trace();
    record = find(TRACE_IRQ).record;
    assert_int_equal(record.where, 4);
    assert_int_equal(record.arg & TRACE_IRQ_HAS_DUE, 0);
    assert_int_equal(record.value, record.g_ns);
    trace_reader_close(&reader);
}

static void a_new_rate_is_no_step(void **unused)
{
    struct trace_record record;

    (void)unused;
    fake_clock_pass_ns(NS_PER_SEC);
    machine_lock(machine);
    machine_time_update(machine, host_monotonic_ns());
    machine_unlock(machine);
    end_trace();
    find(TRACE_TIMEBASE);
    record = find(TRACE_TIMEBASE).record;
    assert_int_equal(record.tsc, machine->timebase.host_tsc);
    assert_int_equal(record.g_ns, machine->timebase.guest_ns);
    assert_int_equal(record.where, machine->timebase.scale.mul);
    assert_int_equal((int8_t)record.arg, machine->timebase.scale.shift);
    trace_reader_close(&reader);
    trace_reader_open(&reader, path);
    assert_int_equal(trace_reader_count(&reader, TRACE_STEP), 0);
    trace_reader_close(&reader);
}

static void an_update_says_the_hosts_clock_and_the_error(void **unused)
{
    struct trace_record record;

    (void)unused;
    fake_clock_pass_ns(NS_PER_SEC);
    machine_lock(machine);
    machine_time_update(machine, host_monotonic_ns());
    machine_unlock(machine);
    end_trace();
    record = find(TRACE_HOST_CLOCK).record;
    assert_int_equal(record.value, machine->time.raw.latest.clock_ns);
    assert_int_equal(record.tsc, clock_bracket_middle(&machine->time.raw.latest));
    record = find(TRACE_STEERING).record;
    assert_in_range(record.value + 1000, 0, 2000);
    assert_in_range(record.where, 1, 1000000);
    trace_reader_close(&reader);
}

static void a_jump_is_a_fault_and_a_step(void **unused)
{
    char line[FAULT_ERROR_BYTES];
    struct trace_event event;
    uint64_t now_ns;

    (void)unused;
    assert_int_equal(machine_start(machine), 0);
    now_ns = machine_rig_guest_ns(&rig);
    assert_true(machine_rig_apply_fault(&rig, "jump by=1h", line));
    machine_stop(machine);
    end_trace();
    event = find(TRACE_FAULT);
    assert_string_equal(event.text, "jump by=1h");
    assert_in_range(event.record.g_ns, now_ns, now_ns + 1000000);
    event = find(TRACE_STEP);
    assert_in_range(event.record.value, 3600 * NS_PER_SEC, 3600 * NS_PER_SEC + 1000000);
    trace_reader_close(&reader);
}

static void a_step_says_why(void **unused)
{
    struct trace_record record;
    uint64_t now_ns;

    (void)unused;
    now_ns = machine_lock(machine);
    timebase_set_ns(&machine->timebase, host_tsc(), now_ns + 3600 * NS_PER_SEC);
    machine_trace_why(machine, TRACE_STEP_SKIP_IDLE);
    machine_unlock(machine);
    end_trace();
    record = find(TRACE_STEP).record;
    assert_int_equal(record.arg, TRACE_STEP_SKIP_IDLE);
    assert_in_range(record.value, 3600 * NS_PER_SEC - 1000000, 3600 * NS_PER_SEC);
    trace_reader_close(&reader);
}

static void an_exit_has_its_reason_and_its_place(void **unused)
{
    struct trace_event event;

    (void)unused;
    fake_vcpu_play(0, fake_out(0x80, 1, 7));
    fake_vcpu_play(0, fake_mmio_read(ACPI_MAP_HPET_GPA, 8));
    assert_int_equal(vcpu_start(&machine->vcpus[0]), 0);
    fake_vcpu_await_halt(0);
    machine_stop(machine);
    end_trace();
    event = find(TRACE_EXIT);
    assert_int_equal(event.record.arg, KVM_EXIT_IO);
    assert_int_equal(event.record.where, 0x80);
    assert_int_equal(event.record.vcpu, 0);
    assert_int_equal(event.record.g_ns, timebase_ns(&machine->timebase, event.record.tsc));
    event = find(TRACE_EXIT);
    assert_int_equal(event.record.arg, KVM_EXIT_MMIO);
    assert_int_equal(event.record.where, ACPI_MAP_HPET_GPA);
    assert_int_equal(trace_reader_count(&reader, TRACE_EXIT), 0);
    trace_reader_close(&reader);
}

static void lines_of_the_console_are_there(void **unused)
{
    (void)unused;
    for (const char *at = "hello\r\nworld\nno line"; *at != '\0'; at++)
        write_to(ACCESS_PORT, 0x3f8, 1, (uint8_t)*at);
    end_trace();
    assert_string_equal(find(TRACE_CONSOLE).text, "hello");
    assert_string_equal(find(TRACE_CONSOLE).text, "world");
    assert_int_equal(trace_reader_count(&reader, TRACE_CONSOLE), 0);
    trace_reader_close(&reader);
}

/* Whoever reads it goes by the TSC: what is before a boot's `wall` is of the boot before. */
static void the_mark_of_a_boot_comes_behind_its_start(void **unused)
{
    uint64_t start_tsc;

    (void)unused;
    machine->reboots = 1;
    machine_lock(machine);
    machine_trace_boot(machine);
    machine_unlock(machine);
    end_trace();
    find(TRACE_WALL);
    start_tsc = find(TRACE_WALL).record.tsc;
    assert_true(find(TRACE_MARK).record.tsc >= start_tsc);
    assert_int_equal(trace_reader_count(&reader, TRACE_MARK), 0);
    trace_reader_close(&reader);
}

static void a_machine_without_a_trace_has_none(void **unused)
{
    (void)unused;
    machine_trace_close(machine);
    read_port(0x40, 1);
    machine_trace_why(machine, TRACE_STEP_SKIP_IDLE);
    machine_trace_close(machine);
    trace_reader_open(&reader, path);
    assert_int_equal(trace_reader_count(&reader, TRACE_CLOCK_READ), 0);
    trace_reader_close(&reader);
}

static void lost_records_are_lost_output(void **unused)
{
    (void)unused;
    trace.writer.limit_bytes = 0;
    read_port(0x40, 1);
    machine_trace_close(machine);
    assert_true(machine->output_lost);
    assert_non_null(strstr(said(), "records are missing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_read_of_a_clock_has_the_value_that_the_guest_got,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_clock_is_no_read_of_one, setup, teardown),
        cmocka_unit_test_setup_teardown(each_of_a_string_of_reads_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_write_of_a_clock_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_publication_of_kvm_clock_is_what_the_page_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_page_of_wall_time_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(an_interrupt_has_its_due_time_and_its_lateness, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_interrupt_without_a_timer_was_due_when_it_rose, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_new_rate_is_no_step, setup, teardown),
        cmocka_unit_test_setup_teardown(an_update_says_the_hosts_clock_and_the_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_jump_is_a_fault_and_a_step, setup, teardown),
        cmocka_unit_test_setup_teardown(a_step_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(an_exit_has_its_reason_and_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_of_the_console_are_there, setup, teardown),
        cmocka_unit_test_setup_teardown(the_mark_of_a_boot_comes_behind_its_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_machine_without_a_trace_has_none, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_records_are_lost_output, setup, teardown),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
