/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of ACPI devices, VMGenID in one of them, and when the guest is told. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "boot/acpi_map.h"
#include "devices/acpi/vmgenid.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/restore_rig.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_create.h"

/* One edge of GSI 16. */
#define NOTICE "set_line 16 1\nset_line 16 0\n"
#define SEC    UINT64_C(1000000000)

static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;

static void assert_page_has_the_id(void)
{
    uint8_t expected[VMGENID_BYTES];

    vmgenid_fill(expected, machine->generation_id);
    assert_memory_equal(machine_acpi_page(machine, MACHINE_ACPI_VMGENID), expected,
                        sizeof expected);
}

static void restore(enum restore_time time)
{
    assert_int_equal(restore_rig_restore_after(&rig, SEC, time), 0);
}

static void notices_are(unsigned count)
{
    const char *at = fake_kvm_calls();

    for (; count > 0; count--) {
        at = strstr(at, NOTICE);
        assert_non_null(at);
        at += strlen(NOTICE);
    }
    assert_null(strstr(at, "set_line 16 "));
}

static void a_guid_has_its_first_three_fields_little_endian(void **unused)
{
    static const uint8_t text[] = {0x32, 0x4e, 0x6e, 0xaf, 0xd1, 0xd2, 0x4b, 0xf6,
                                   0xbf, 0x41, 0xb9, 0xbb, 0x6c, 0x91, 0xfb, 0x87};
    static const uint8_t memory[] = {0xaf, 0x6e, 0x4e, 0x32, 0xd2, 0xd1, 0xf6, 0x4b,
                                     0xbf, 0x41, 0xb9, 0xbb, 0x6c, 0x91, 0xfb, 0x87};
    uint8_t page[VMGENID_BYTES];

    (void)unused;
    vmgenid_fill(page, text);
    assert_memory_equal(page, memory, sizeof memory);
}

static void a_new_machine_has_its_id_in_the_page_and_is_told_nothing(void **unused)
{
    (void)unused;
    assert_page_has_the_id();
    notices_are(0);
}

static void pages_lie_behind_each_other_and_the_guest_only_reads_them(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore(RESTORE_FREEZE);
    assert_non_null(strstr(fake_kvm_calls(), "kvm_add_readonly_memory 1 0xfeffa000 0x2000\n"));
    assert_ptr_equal(machine_acpi_page(machine, MACHINE_ACPI_VMCLOCK),
                     machine_acpi_page(machine, MACHINE_ACPI_VMGENID) + ACPI_MAP_VMCLOCK_GPA -
                         ACPI_MAP_VMGENID_GPA);
}

static void a_notice_is_one_edge(void **unused)
{
    (void)unused;
    machine_lock(machine);
    machine_acpi_notify(machine);
    machine_unlock(machine);
    notices_are(1);
    assert_false(fake_irqchip.levels[ACPI_MAP_GED_GSI]);
}

static void a_restored_guest_has_another_id_and_is_told_once(void **unused)
{
    static const enum restore_time times[] = {RESTORE_FREEZE, RESTORE_ADVANCE};
    uint8_t before[VMGENID_BYTES];

    (void)unused;
    memcpy(before, machine_acpi_page(machine, MACHINE_ACPI_VMGENID), sizeof before);
    restore_rig_save_and_destroy(&rig);
    for (unsigned i = 0; i < 2; i++) {
        restore(times[i]);
        assert_page_has_the_id();
        assert_memory_not_equal(machine_acpi_page(machine, MACHINE_ACPI_VMGENID), before,
                                sizeof before);
        notices_are(1);
        assert_true(strstr(fake_kvm_calls(), NOTICE) > strstr(fake_kvm_calls(), "irqchip_load"));
        if (i > 0)
            continue;
        machine_destroy(machine);
        fake_kvm_reset();
    }
}

static void a_migrated_guest_keeps_its_id_and_is_told_nothing(void **unused)
{
    uint8_t before[VMGENID_BYTES];

    (void)unused;
    memcpy(before, machine_acpi_page(machine, MACHINE_ACPI_VMGENID), sizeof before);
    restore_rig_save_and_destroy(&rig);
    rig.request.is_the_same = true;
    restore(RESTORE_ADVANCE);
    assert_memory_equal(machine_acpi_page(machine, MACHINE_ACPI_VMGENID), before, sizeof before);
    notices_are(0);
}

/* Its guest knows of no such device, and may use the interrupt for something else. */
static void a_snapshot_of_version_2_gets_no_pages_and_no_interrupt(void **unused)
{
    struct machine_config config;
    uint8_t *record;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    record = restore_rig_record(&rig, RECORD_CONFIG, 0, sizeof config);
    memcpy(&config, record, sizeof config);
    config.version = 2;
    config.ged = config.s3 = 0;
    memcpy(record, &config, sizeof config);
    restore(RESTORE_FREEZE);
    machine_acpi_notify(machine);
    notices_are(0);
    assert_null(machine_acpi_page(machine, MACHINE_ACPI_VMGENID));
    assert_null(strstr(fake_kvm_calls(), "kvm_add_readonly_memory"));
}

static void a_kvm_that_does_not_take_the_pages_ends_it(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    fake_kvm_fail("kvm_add_readonly_memory", 0, ENOMEM);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), -ENOMEM);
    assert_null(machine->acpi_pages);
    fake_kvm_reset();
    restore(RESTORE_FREEZE);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, restore_rig_setup, restore_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guid_has_its_first_three_fields_little_endian),
        TEST(a_new_machine_has_its_id_in_the_page_and_is_told_nothing),
        TEST(pages_lie_behind_each_other_and_the_guest_only_reads_them),
        TEST(a_notice_is_one_edge),
        TEST(a_restored_guest_has_another_id_and_is_told_once),
        TEST(a_migrated_guest_keeps_its_id_and_is_told_nothing),
        TEST(a_snapshot_of_version_2_gets_no_pages_and_no_interrupt),
        TEST(a_kvm_that_does_not_take_the_pages_ends_it),
    };

    return cmocka_run_group_tests_name("machine_acpi", tests, NULL, NULL);
}
