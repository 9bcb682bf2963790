/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits that end the machine: the status and the line of each. */
#include "tests/unit/unit.h"

#include <string.h>

#include "boot/acpi_map.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/exit_report.h"
#include "vmm/machine/guest_end.h"

#define RIP UINT64_C(0x300000)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    fake_vcpu(1)->regs.rip = RIP;
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    log_set_verbose(false);
    return 0;
}

/* vCPU 1 makes this exit, and it ends the machine. */
static void end_by(struct fake_exit exit)
{
    fake_vcpu_play(1, exit);
    assert_int_equal(kvm_vcpu_run(machine->vcpus[1].fd), 0);
    exit_report_end(&machine->vcpus[1]);
    assert_true(machine_is_ending(machine));
}

static void expect(int status, const char *text)
{
    assert_int_equal(machine->end_status, status);
    assert_string_equal(machine->end_text, text);
}

static void a_triple_fault_is_a_crash_of_the_guest(void **unused)
{
    (void)unused;
    end_by(fake_exit_of(KVM_EXIT_SHUTDOWN));
    expect(EXIT_STATUS_GUEST_CRASH, "guest triple-faulted on vCPU 1");
}

static void print(const char *text)
{
    for (; *text != '\0'; text++)
        panic_watch_byte(&machine->panic, (uint8_t)*text);
    machine->com1_used = true;
}

static void a_triple_fault_after_the_line_of_a_reboot_is_a_reset(void **unused)
{
    (void)unused;
    print("[    4.200000] reboot: Restarting system\r\n[    4.200000] reboot: machine restart\r\n");
    end_by(fake_exit_of(KVM_EXIT_SHUTDOWN));
    expect(EXIT_STATUS_OK, "");
}

static void a_triple_fault_after_a_panic_has_its_reason(void **unused)
{
    (void)unused;
    print("[    4.200000] Kernel panic - not syncing: no init\r\n");
    end_by(fake_exit_of(KVM_EXIT_SHUTDOWN));
    expect(EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: no init");
}

static void reset_after(const char *text)
{
    print(text);
    machine_lock(machine);
    guest_end_reset(machine);
    machine_unlock(machine);
}

static void read_pvpanic(void)
{
    uint64_t now_ns = machine_lock(machine);

    bus_read(&machine->board.buses[ACCESS_PORT], now_ns, ACPI_MAP_PVPANIC_PORT, 1);
    machine_unlock(machine);
}

static void a_reset_after_a_panic_by_the_kernels_own_line_is_one(void **unused)
{
    (void)unused;
    reset_after("[    4.200000] Kernel panic - not syncing: no init\r\n");
    expect(EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: no init");
}

static void where_the_guest_has_pvpanic_its_console_says_nothing_of_a_panic(void **unused)
{
    (void)unused;
    read_pvpanic();
    reset_after("[    4.200000] Kernel panic - not syncing: a text\r\n");
    expect(EXIT_STATUS_OK, "");
}

static void a_text_like_a_panics_is_none_and_a_line_says_so(void **unused)
{
    (void)unused;
    reset_after("Kernel panic - not syncing: a text\r\n");
    expect(EXIT_STATUS_OK,
           "the guest reset the machine after a text like a panic's (a text), without a kernel's "
           "time stamp; if it was one, printk.time=1 or pvpanic tells");
}

static void after_a_reboot_in_order_nothing_is_said_of_a_text(void **unused)
{
    (void)unused;
    reset_after(
        "Kernel panic - not syncing: a text\r\n[    4.200000] reboot: Restarting system\r\n");
    expect(EXIT_STATUS_OK, "");
}

static void an_exit_that_nobody_handles_is_named_with_its_place(void **unused)
{
    (void)unused;
    end_by(fake_exit_of(KVM_EXIT_HLT));
    expect(EXIT_STATUS_HOST_ERROR, "vCPU 1: exit 5 (HLT) at RIP 0x300000 is not handled");
}

static void a_reason_without_a_name_is_unknown(void **unused)
{
    (void)unused;
    end_by(fake_exit_of(99));
    expect(EXIT_STATUS_HOST_ERROR, "vCPU 1: exit 99 (unknown) at RIP 0x300000 is not handled");
}

#define UNABLE(suberror, bytes)                                                                    \
    "this KVM cannot run the guest's code: KVM_EXIT_INTERNAL_ERROR (suberror " suberror            \
    ") at RIP 0x300000, bytes" bytes

static void end_by_internal_error(uint64_t suberror)
{
    struct fake_exit exit = fake_exit_of(KVM_EXIT_INTERNAL_ERROR);

    exit.where = suberror;
    end_by(exit);
    assert_int_equal(machine->end_status, EXIT_STATUS_KVM_UNABLE);
}

static void expect_start(const char *text)
{
    machine->end_text[strlen(text)] = '\0';
    assert_string_equal(machine->end_text, text);
}

static void code_that_kvm_cannot_run_is_shown_with_15_bytes(void **unused)
{
    uint8_t *code = guest_mem_at(&machine->memory, RIP, 16);

    (void)unused;
    for (unsigned i = 0; i < 16; i++)
        code[i] = (uint8_t)(0xf0 + i);
    end_by_internal_error(1);
    expect_start(UNABLE("1", " f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe;"));
}

static void its_bytes_end_where_memory_is_not_mapped(void **unused)
{
    uint8_t *code = guest_mem_at(&machine->memory, RIP, 2);

    (void)unused;
    code[0] = 0x0f;
    code[1] = 0x0b;
    fake_kvm.mapped_bytes = RIP + 2;
    end_by_internal_error(3);
    expect_start(UNABLE("3", " 0f 0b;"));
}

static void code_that_is_nowhere_has_no_bytes(void **unused)
{
    (void)unused;
    fake_kvm.mapped_bytes = RIP;
    end_by_internal_error(1);
    expect_start(UNABLE("1", " not mapped;"));
}

/* Mapped, but the addresses are no RAM. */
static void code_outside_of_ram_has_no_bytes(void **unused)
{
    (void)unused;
    fake_vcpu(1)->sregs.cs.base = UINT64_C(0xfe000000);
    end_by_internal_error(1);
    expect_start(UNABLE("1", " not mapped;"));
}

static void a_cpu_at_its_reset_vector_has_reset_the_machine(void **unused)
{
    (void)unused;
    print("\n");
    fake_vcpu(1)->sregs.cs.base = UINT64_C(0xffff0000);
    fake_vcpu(1)->regs.rip = 0xfff0;
    end_by(fake_exit_of(KVM_EXIT_INTERNAL_ERROR));
    expect(EXIT_STATUS_OK, "");
}

static void with_verbose_the_latest_exits_are_shown_first_to_last(void **unused)
{
    struct vcpu *vcpu = &machine->vcpus[1];

    (void)unused;
    log_set_verbose(true);
    for (; vcpu->exit_count < VCPU_RECENT_EXITS + 2; vcpu->exit_count++)
        vcpu->recent[vcpu->exit_count % VCPU_RECENT_EXITS] =
            (struct vcpu_exit){KVM_EXIT_IO, 0x60 + vcpu->exit_count};
    end_by(fake_exit_of(KVM_EXIT_SHUTDOWN));
    assert_string_equal(said(), "minivmm: vCPU 1: exit 2: 2 (I/O port) at 0x62\n"
                                "minivmm: vCPU 1: exit 3: 2 (I/O port) at 0x63\n"
                                "minivmm: vCPU 1: exit 4: 2 (I/O port) at 0x64\n"
                                "minivmm: vCPU 1: exit 5: 2 (I/O port) at 0x65\n"
                                "minivmm: vCPU 1: exit 6: 2 (I/O port) at 0x66\n"
                                "minivmm: vCPU 1: exit 7: 2 (I/O port) at 0x67\n"
                                "minivmm: vCPU 1: exit 8: 2 (I/O port) at 0x68\n"
                                "minivmm: vCPU 1: exit 9: 2 (I/O port) at 0x69\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_triple_fault_is_a_crash_of_the_guest),
        TEST(a_triple_fault_after_the_line_of_a_reboot_is_a_reset),
        TEST(a_triple_fault_after_a_panic_has_its_reason),
        TEST(a_reset_after_a_panic_by_the_kernels_own_line_is_one),
        TEST(where_the_guest_has_pvpanic_its_console_says_nothing_of_a_panic),
        TEST(a_text_like_a_panics_is_none_and_a_line_says_so),
        TEST(after_a_reboot_in_order_nothing_is_said_of_a_text),
        TEST(an_exit_that_nobody_handles_is_named_with_its_place),
        TEST(a_reason_without_a_name_is_unknown),
        TEST(code_that_kvm_cannot_run_is_shown_with_15_bytes),
        TEST(its_bytes_end_where_memory_is_not_mapped),
        TEST(code_that_is_nowhere_has_no_bytes),
        TEST(code_outside_of_ram_has_no_bytes),
        TEST(a_cpu_at_its_reset_vector_has_reset_the_machine),
        TEST(with_verbose_the_latest_exits_are_shown_first_to_last),
    };

    return cmocka_run_group_tests_name("exit_report", tests, NULL, NULL);
}
