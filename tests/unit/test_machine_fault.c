/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of a machine: what of its time they move, and when they are refused. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "kvmclock/pvclock.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_pause.h"

#define SEC      NS_PER_SEC
#define HOUR_NS  (3600 * SEC)
#define PAGE_GPA 0x8000
/* Calls that read clocks take time, and a thread may make some. */
#define SLACK_NS 1000000
#define DEADLINE (2u << 17)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct machine_events events;
static char line[FAULT_ERROR_BYTES];

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine->events = NULL;
    machine_rig_destroy(&rig);
    return 0;
}

static void start(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
}

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig, words, line);
}

static void put_lapic(unsigned vcpu, unsigned offset, uint32_t value)
{
    memcpy(fake_vcpu(vcpu)->lapic.regs + offset, &value, sizeof value);
}

static uint32_t lapic_count(unsigned vcpu)
{
    uint32_t value;

    memcpy(&value, fake_vcpu(vcpu)->lapic.regs + 0x390, sizeof value);
    return value;
}

static struct pvclock_page *enable_page(unsigned vcpu)
{
    struct access access = {.space = ACCESS_MSR,
                            .addr = MSR_SYSTEM_TIME,
                            .vcpu = vcpu,
                            .is_write = true,
                            .size_bytes = 8,
                            .value = PAGE_GPA + 64 * vcpu + 1};
    uint64_t now_ns = machine_lock(machine);

    assert_true(board_access(&machine->board, now_ns, &access));
    machine_unlock(machine);
    return guest_mem_at(&machine->memory, PAGE_GPA + 64 * vcpu, sizeof(struct pvclock_page));
}

static void a_jump_moves_every_clock_by_the_same(void **unused)
{
    struct pvclock_page *pages[MACHINE_RIG_CPUS];
    uint64_t tsc, ns, page_ns, ahead;

    (void)unused;
    start();
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        pages[i] = enable_page(i);
    ns = machine_rig_guest_ns(&rig);
    tsc = fake_vcpu_tsc(0);
    page_ns = pvclock_read_ns(pages[0], tsc);
    ahead = fake_vcpu_tsc(1) - fake_vcpu_tsc(0);
    assert_true(apply("jump by=1h"));
    assert_in_range(machine_rig_guest_ns(&rig), ns + HOUR_NS, ns + HOUR_NS + SLACK_NS);
    assert_in_range(fake_vcpu_tsc(0) - tsc + SLACK_NS, 3600 * FAKE_CLOCK_HZ,
                    3600 * FAKE_CLOCK_HZ + 2 * SLACK_NS);
    assert_int_equal(fake_vcpu_tsc(1) - fake_vcpu_tsc(0), ahead);
    tsc = fake_vcpu_tsc(0);
    assert_in_range(pvclock_read_ns(pages[0], tsc), page_ns + HOUR_NS,
                    page_ns + HOUR_NS + SLACK_NS);
    assert_int_equal(pvclock_read_ns(pages[1], tsc + ahead), pvclock_read_ns(pages[0], tsc));
    assert_int_equal(pages[0]->flags, PVCLOCK_TSC_STABLE);
    assert_int_equal(pages[1]->flags, PVCLOCK_TSC_STABLE);
    assert_false(fake_vcpu(0)->guest_stopped);
}

/* What a page shows and guest time are one function before and after. */
static void kvm_clock_stays_guest_time_to_the_nanosecond(void **unused)
{
    struct pvclock_page *page;
    uint64_t tsc;

    (void)unused;
    start();
    page = enable_page(1);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(apply("jump by=123456789ns"));
        machine_lock(machine);
        tsc = guest_tsc_at(&machine->board.kvmclock.clock.vcpus[1].tsc,
                           machine->timebase.host_tsc + 1000);
        assert_int_equal(pvclock_read_ns(page, tsc),
                         timebase_ns(&machine->timebase, machine->timebase.host_tsc + 1000));
        assert_int_equal(machine->board.kvmclock.clock.vcpus[1].tsc.offset,
                         fake_vcpu(1)->tsc_offset);
        machine_unlock(machine);
    }
}

static void timers_of_the_local_apic_lose_what_has_passed(void **unused)
{
    (void)unused;
    start();
    put_lapic(0, 0x320, DEADLINE | 0xec);
    *fake_vcpu_find_msr(fake_vcpu(0), MSR_TSC_DEADLINE) = 77;
    put_lapic(1, 0x320, 0xec);
    put_lapic(1, 0x380, 4000000000u);
    put_lapic(1, 0x390, 3000000000u);
    put_lapic(1, 0x3e0, 0xb);
    fake_kvm_forget_calls();
    assert_true(apply("jump by=2s"));
    assert_non_null(strstr(strstr(fake_kvm_calls(), "kvm_vcpu_set_tsc_offset 0"),
                           "kvm_vcpu_set_msr 0 0x6e0 77\n"));
    assert_in_range(lapic_count(1), 1000000000 - SLACK_NS, 1000000000);
    assert_true(apply("jump by=1h"));
    assert_int_equal(lapic_count(1), 1);
}

static void with_kvms_own_clock_that_is_moved_as_well(void **unused)
{
    uint64_t clock_ns;

    (void)unused;
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    start();
    clock_ns = fake_kvm_clock_ns();
    assert_true(apply("jump by=1h"));
    assert_in_range(fake_kvm_clock_ns(), clock_ns + HOUR_NS, clock_ns + HOUR_NS + SLACK_NS);
    assert_int_equal(fake_kvm_count("kvm_vcpu_guest_stopped"), 0);
}

static void out(uint64_t now_ns, uint16_t port, uint8_t value)
{
    struct access access = {
        .space = ACCESS_PORT, .addr = port, .is_write = true, .size_bytes = 1, .value = value};

    board_access(&machine->board, now_ns, &access);
}

/* A tick each millisecond, once the timer thread has seen to all that was due. */
static void of_a_periodic_tick_one_comes(void **unused)
{
    uint64_t now_ns;
    unsigned waits;

    (void)unused;
    start();
    now_ns = machine_lock(machine);
    out(now_ns, 0x43, 0x34);
    out(now_ns, 0x40, 0xa9);
    out(now_ns, 0x40, 0x04);
    waits = fake_clock_waits();
    machine_unlock(machine);
    assert_true(apply("jump by=1h"));
    fake_clock_await_wait(waits + 1);
    now_ns = machine_lock(machine);
    assert_int_equal(machine->board.pit.state.ticks.owed, 0);
    assert_in_range(timerq_next_deadline_ns(&machine->board.timers), now_ns, now_ns + 2 * SLACK_NS);
    machine_unlock(machine);
}

/* Without that it would sleep until the next update of guest time. */
static void the_timer_thread_waits_anew_for_what_comes_sooner_now(void **unused)
{
    uint64_t until_ns;
    unsigned waits;

    (void)unused;
    start();
    waits = fake_clock_waits();
    timerq_arm(&machine->board.timers, &machine->rtc.report_timer,
               machine_lock(machine) + HOUR_NS + SLACK_NS);
    machine_unlock(machine);
    assert_int_equal(fake_clock_waits(), waits);
    assert_true(apply("jump by=1h"));
    until_ns = fake_clock_await_wait(waits + 1);
    assert_in_range(until_ns, fake_clock_ns(), fake_clock_ns() + SLACK_NS);
}

static void it_is_told_with_the_guest_time_at_which_it_came(void **unused)
{
    struct machine_event_record record;
    uint64_t ns;

    (void)unused;
    start();
    assert_int_equal(machine_events_open(&events), 0);
    machine->events = &events;
    ns = machine_rig_guest_ns(&rig);
    assert_true(apply("jump by=1h"));
    record = machine_rig_event(&rig, &events);
    assert_int_equal(record.event, MACHINE_FAULT);
    assert_int_equal(record.fault.kind, FAULT_JUMP);
    assert_int_equal(record.fault.values[0], HOUR_NS);
    assert_in_range(record.value, ns, ns + SLACK_NS);
    machine_rig_assert_no_event(&rig, &events);
    machine->events = NULL;
    machine_events_close(&events);
}

static void without_tsc_offsets_nothing_moves(void **unused)
{
    uint64_t ns;

    (void)unused;
    fake_kvm.ignores_tsc_offsets = true;
    start();
    ns = machine_rig_guest_ns(&rig);
    assert_false(apply("jump by=1h"));
    assert_string_equal(line, "jump needs TSC offsets that take effect, and this KVM ignores them; "
                              "minivmm doctor says more");
    assert_in_range(machine_rig_guest_ns(&rig), ns, ns + SLACK_NS);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
}

static void a_paused_guest_is_not_moved(void **unused)
{
    uint64_t ns;

    (void)unused;
    start();
    assert_true(machine_pause_quietly(machine));
    ns = machine_rig_guest_ns(&rig);
    assert_false(apply("jump by=1h"));
    assert_string_equal(line, "jump: the guest is paused; resume it first");
    assert_int_equal(machine_rig_guest_ns(&rig), ns);
    machine_resume_quietly(machine);
    assert_true(apply("jump by=1h"));
}

static void an_rtc_that_keeps_the_host_s_date_and_a_jump_are_apart(void **unused)
{
    (void)unused;
    rig.config.rtc_follows_host = true;
    start();
    assert_false(apply("jump by=1h"));
    assert_string_equal(line, "jump: --rtc clock=host keeps the RTC at the host's date");
}

static void guest_time_has_an_end(void **unused)
{
    uint64_t ns;

    (void)unused;
    start();
    for (unsigned i = 0; i < 9; i++)
        assert_true(apply("jump by=3650d"));
    ns = machine_rig_guest_ns(&rig);
    assert_false(apply("jump by=3650d"));
    assert_string_equal(line, "jump: guest time ends at 36500d");
    assert_in_range(machine_rig_guest_ns(&rig), ns, ns + SLACK_NS);
}

static void a_machine_that_ends_is_left_alone(void **unused)
{
    (void)unused;
    start();
    machine_end(machine, EXIT_STATUS_OK, "%s", "");
    assert_false(apply("jump by=1h"));
    assert_string_equal(line, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_jump_moves_every_clock_by_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(kvm_clock_stays_guest_time_to_the_nanosecond, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(timers_of_the_local_apic_lose_what_has_passed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(with_kvms_own_clock_that_is_moved_as_well, setup, teardown),
        cmocka_unit_test_setup_teardown(of_a_periodic_tick_one_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_timer_thread_waits_anew_for_what_comes_sooner_now,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_told_with_the_guest_time_at_which_it_came, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_tsc_offsets_nothing_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paused_guest_is_not_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(an_rtc_that_keeps_the_host_s_date_and_a_jump_are_apart,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(guest_time_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_machine_that_ends_is_left_alone, setup, teardown),
    };

    return cmocka_run_group_tests_name("machine_fault", tests, NULL, NULL);
}
