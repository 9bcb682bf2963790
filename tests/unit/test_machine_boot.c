/* SPDX-License-Identifier: BSD-2-Clause */
/* From options to a computer that stands at its kernel's entry. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot/pvh.h"
#include "tests/unit/elf_file.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"

#define HUGE_PAGE_BYTES (UINT64_C(2) << 20)
#define GIB             (UINT64_C(1) << 30)
#define PVH_ENTRY       (ELF_FILE_TEXT_GPA + 0x80)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static void create(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
}

static void fail_with(int result, const char *text)
{
    assert_int_equal(machine_rig_create(&rig), result);
    assert_string_equal(said(), text);
}

static const void *at(uint64_t gpa, uint64_t size_bytes)
{
    const void *memory = guest_mem_at(&machine->memory, gpa, size_bytes);

    assert_non_null(memory);
    return memory;
}

static void vcpu_0_stands_at_the_kernels_entry_and_the_others_wait_for_it(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(fake_vcpu(0)->regs.rip, PVH_ENTRY);
    assert_int_equal(fake_vcpu(0)->sregs.cr0 & 1, 1);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_regs"), 1);
    assert_int_equal(fake_vcpu(1)->regs.rip, 0);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        assert_true(fake_vcpu(i)->cpuid_entries > 0);
}

static void the_kernel_its_command_line_and_the_built_in_initramfs_are_in_memory(void **unused)
{
    const struct elf_file kernel = elf_file_make();
    const struct pvh_start_info *info;
    const struct pvh_module *module;

    (void)unused;
    rig.host.cmdline = "console=ttyS0";
    create();
    assert_memory_equal(at(ELF_FILE_TEXT_GPA, ELF_FILE_TEXT_BYTES), kernel.text,
                        ELF_FILE_TEXT_BYTES);
    info = at(fake_vcpu(0)->regs.rbx, sizeof *info);
    assert_int_equal(info->magic, PVH_MAGIC);
    assert_string_equal(at(info->cmdline_paddr, 14), "console=ttyS0");
    assert_memory_equal(at(info->rsdp_paddr, 8), "RSD PTR ", 8);
    assert_int_equal(info->nr_modules, 1);
    module = at(info->modlist_paddr, sizeof *module);
    assert_int_equal(module->size, 16);
    assert_memory_equal(at(module->paddr, 4), "ZZZZ", 4);
}

/* Whether huge pages were asked for at that address of this process. */
static bool is_for_huge_pages(const void *address)
{
    uintptr_t wanted = (uintptr_t)address, begin, end;
    FILE *smaps = fopen("/proc/self/smaps", "re");
    bool inside = false, found = false;
    char line[512];

    assert_non_null(smaps);
    while (!found && fgets(line, sizeof line, smaps) != NULL) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
            inside = begin <= wanted && wanted < end;
        found = inside && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg") != NULL;
    }
    fclose(smaps);
    return found;
}

static void
huge_pages_are_asked_for_above_what_is_touched_before_the_first_instruction(void **unused)
{
    (void)unused;
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) < 0)
        skip();
    create();
    assert_false(is_for_huge_pages(at(0, 1)));
    assert_false(is_for_huge_pages(at((UINT64_C(16) << 20) - 1, 1)));
    assert_true(is_for_huge_pages(at(UINT64_C(16) << 20, 1)));
    assert_true(is_for_huge_pages(at((UINT64_C(64) << 20) - 1, 1)));
}

static void a_jump_to_f000_fff0_jumps_to_a_reset(void **unused)
{
    static const uint8_t jump[] = {0xea, 0xe0, 0xff, 0x00, 0xf0};
    static const uint8_t reset[] = {0xb0, 0xfe, 0xe6, 0x64};

    (void)unused;
    create();
    assert_memory_equal(at(0xffff0, sizeof jump), jump, sizeof jump);
    assert_memory_equal(at(0xfffe0, sizeof reset), reset, sizeof reset);
}

/* ACPI 6.3, section 5.2.5.1: the first KiB of the EBDA, then E0000h to FFFFFh, each 16 bytes. */
static uint64_t rsdp_found_as_on_a_pc(void)
{
    const uint64_t ebda_gpa = (uint64_t) * (const uint16_t *)at(0x40e, 2) << 4;

    for (uint64_t gpa = ebda_gpa; gpa < ebda_gpa + 1024; gpa += 16)
        if (memcmp(at(gpa, 8), "RSD PTR ", 8) == 0)
            return gpa;
    for (uint64_t gpa = 0xe0000; gpa < 0x100000; gpa += 16)
        if (memcmp(at(gpa, 8), "RSD PTR ", 8) == 0)
            return gpa;
    return 0;
}

static void a_guest_that_searches_for_the_rsdp_finds_the_one_that_pvh_names(void **unused)
{
    const struct pvh_start_info *info;

    (void)unused;
    create();
    info = at(fake_vcpu(0)->regs.rbx, sizeof *info);
    assert_int_equal(rsdp_found_as_on_a_pc(), info->rsdp_paddr);
}

/* MultiProcessor Specification 1.4, chapter 4: one of the places is F0000h to FFFFFh. */
static void a_guest_that_searches_for_an_mp_table_finds_every_cpu(void **unused)
{
    uint64_t pointer_gpa = 0xf0000;
    const uint8_t *table;

    (void)unused;
    create();
    while (pointer_gpa < 0xffff0 && memcmp(at(pointer_gpa, 4), "_MP_", 4) != 0)
        pointer_gpa += 16;
    assert_memory_equal(at(pointer_gpa, 4), "_MP_", 4);
    table = at(*(const uint32_t *)at(pointer_gpa + 4, 4), 1024);
    assert_memory_equal(table, "PCMP", 4);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
        const uint8_t *processor = table + 44 + 20 * i;

        assert_int_equal(processor[0], 0);
        assert_int_equal(processor[1], i);
    }
    assert_int_equal(table[44 + 20 * MACHINE_RIG_CPUS], 1); /* the bus */
}

static void an_initrd_that_is_named_takes_the_place_of_the_built_in_one(void **unused)
{
    const struct pvh_start_info *info;
    const struct pvh_module *module;

    (void)unused;
    rig.host.initrds[0] = rig.kernel_path;
    rig.host.initrd_count = 1;
    create();
    info = at(fake_vcpu(0)->regs.rbx, sizeof *info);
    module = at(info->modlist_paddr, sizeof *module);
    assert_int_equal(module->size, sizeof(struct elf_file));
    assert_memory_equal(at(module->paddr, 4),
                        "\x7f"
                        "ELF",
                        4);
}

/* KVM gives huge pages only where both addresses are as far into one. */
static void memory_is_given_to_kvm_where_it_can_make_huge_pages(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(machine->memory.region_count, 1);
    assert_int_equal((uintptr_t)machine->memory.regions[0].host % HUGE_PAGE_BYTES, 0);
    assert_non_null(strstr(fake_kvm_calls(), "kvm_add_memory 0 0x0 0x4000000\n"));
}

static void more_memory_than_fits_below_4_gib_goes_on_above(void **unused)
{
    uint64_t below;

    (void)unused;
    rig.config.memory_bytes = 5 * GIB;
    create();
    assert_int_equal(machine->memory.region_count, 2);
    below = machine->memory.regions[0].size_bytes;
    assert_int_equal(machine->memory.regions[1].base_gpa, 4 * GIB);
    assert_int_equal(machine->memory.regions[1].size_bytes, 5 * GIB - below);
    assert_ptr_equal(machine->memory.regions[1].host, machine->memory.regions[0].host + below);
    assert_int_equal(fake_kvm_count("kvm_add_memory"), 2);
}

static void more_memory_than_the_host_has_addresses_for_is_an_error(void **unused)
{
    (void)unused;
    rig.config.memory_bytes = UINT64_C(1) << 50;
    fail_with(-ENOMEM,
              "minivmm: --memory 1073741824M: the host has no room for it (Cannot allocate "
              "memory); use less\n");
}

/* The filter of MSRs before the memory, and the irqchip last: see machine_boot.c. */
static void the_vm_is_made_in_the_order_that_is_quickest(void **unused)
{
    static const char *const order[] = {"kvm_create_vm\n",      "kvm_intercept_hypercalls\n",
                                        "kvm_add_memory 0",     "kvm_add_smram 0x38000",
                                        "kvm_create_irqchip\n", "kvm_create_vcpu 0"};
    const char *call;

    (void)unused;
    create();
    call = fake_kvm_calls();
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        call = strstr(call, order[i]);
        assert_non_null(call);
    }
}

static uint32_t lapic_reg(unsigned cpu, unsigned reg)
{
    uint32_t value;

    memcpy(&value, fake_vcpu(cpu)->lapic.regs + reg, sizeof value);
    return value;
}

/* Virtual wire mode: enabled, interrupts of the PICs at LINT0 and NMI at LINT1. */
static void the_local_apic_of_the_first_cpu_is_as_a_bios_leaves_it(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(lapic_reg(0, 0xf0), 0x1ff);
    assert_int_equal(lapic_reg(0, 0x350), 0x700);
    assert_int_equal(lapic_reg(0, 0x360), 0x400);
    assert_int_equal(lapic_reg(1, 0xf0), 0);
    assert_non_null(strstr(strstr(fake_kvm_calls(), "kvm_create_vcpu 1"), "kvm_vcpu_set_lapic 0"));
}

static void each_cpu_has_memory_for_its_smis_where_kvm_has_such(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_msr"), 1);
    assert_non_null(strstr(fake_kvm_calls(), "kvm_vcpu_set_msr 1 0x9e 197632\n"));
    machine_rig_destroy(&rig);
    machine_rig_begin(&rig);
    fake_kvm.has_smm = false;
    create();
    assert_int_equal(fake_kvm_count("kvm_add_smram"), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_msr"), 0);
}

static void more_vcpus_than_kvm_has_are_an_error(void **unused)
{
    (void)unused;
    fake_kvm.max_vcpus = 1;
    fail_with(-EINVAL, "minivmm: --cpus 2: this KVM has at most 1\n");
}

static void hlt_stays_in_the_guest_only_if_it_is_asked_for(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(fake_kvm_count("kvm_halt_in_guest"), 0);
    machine_destroy(machine);
    rig.config.halt_in_guest = 1;
    create();
    assert_int_equal(fake_kvm_count("kvm_halt_in_guest"), 1);
}

static void a_folder_a_device_and_nothing_are_no_kernels(void **unused)
{
    (void)unused;
    rig.host.kernel_path = "/";
    fail_with(-EISDIR, "minivmm: /: Is a directory\n");
    rig.host.kernel_path = "/dev/null";
    fail_with(-EINVAL, "minivmm: /dev/null: Neither a regular file nor a pipe\n");
    rig.host.kernel_path = "/nowhere";
    fail_with(-ENOENT, "minivmm: /nowhere: No such file or directory\n");
    assert_int_equal(fake_kvm_count("kvm_open"), 0);
}

static void an_initrd_that_is_not_there_is_an_error(void **unused)
{
    (void)unused;
    rig.host.initrds[0] = "/nowhere";
    rig.host.initrd_count = 1;
    fail_with(-ENOENT, "minivmm: /nowhere: No such file or directory\n");
}

static void a_kernel_that_is_none_is_an_error_before_kvm_is_opened(void **unused)
{
    (void)unused;
    assert_int_equal(ftruncate(rig.kernel_fd, 0), 0);
    assert_true(machine_rig_create(&rig) < 0);
    assert_non_null(strstr(said(), "the file is empty\n"));
    assert_int_equal(fake_kvm_count("kvm_open"), 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)
#define FAILED(name)                                                                               \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown_failed, \
                                             &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vcpu_0_stands_at_the_kernels_entry_and_the_others_wait_for_it),
        TEST(the_kernel_its_command_line_and_the_built_in_initramfs_are_in_memory),
        TEST(huge_pages_are_asked_for_above_what_is_touched_before_the_first_instruction),
        TEST(a_jump_to_f000_fff0_jumps_to_a_reset),
        TEST(a_guest_that_searches_for_the_rsdp_finds_the_one_that_pvh_names),
        TEST(a_guest_that_searches_for_an_mp_table_finds_every_cpu),
        TEST(an_initrd_that_is_named_takes_the_place_of_the_built_in_one),
        TEST(memory_is_given_to_kvm_where_it_can_make_huge_pages),
        TEST(more_memory_than_fits_below_4_gib_goes_on_above),
        FAILED(more_memory_than_the_host_has_addresses_for_is_an_error),
        TEST(the_vm_is_made_in_the_order_that_is_quickest),
        TEST(the_local_apic_of_the_first_cpu_is_as_a_bios_leaves_it),
        TEST(each_cpu_has_memory_for_its_smis_where_kvm_has_such),
        FAILED(more_vcpus_than_kvm_has_are_an_error),
        TEST(hlt_stays_in_the_guest_only_if_it_is_asked_for),
        FAILED(a_folder_a_device_and_nothing_are_no_kernels),
        FAILED(an_initrd_that_is_not_there_is_an_error),
        FAILED(a_kernel_that_is_none_is_an_error_before_kvm_is_opened),
    };

    return cmocka_run_group_tests_name("machine_boot", tests, NULL, NULL);
}
