/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables, read back as a kernel does: from the RSDP, by the offsets of the specification. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "boot/acpi_tables.h"

#define AREA_GPA   0xe0000u
#define AREA_SIZE  0x20000u
#define UNTOUCHED  0xa5
#define CAP_ID_LOW 0x8086a201u

struct rig {
    uint8_t area[AREA_SIZE];
    uint64_t rsdp_gpa;
};

static struct acpi_config everything(unsigned cpu_count)
{
    return (struct acpi_config){.cpu_count = cpu_count,
                                .pmtimer_bits = 24,
                                .hpet = true,
                                .hpet_cap_id_low = CAP_ID_LOW,
                                .hpet_min_tick = 0x1234,
                                .ged = true};
}

static void rig_build(struct rig *rig, struct acpi_config config)
{
    memset(rig->area, UNTOUCHED, sizeof(rig->area));
    rig->rsdp_gpa = 0;
    assert_int_equal(acpi_build(&config, rig->area, AREA_GPA, AREA_SIZE, &rig->rsdp_gpa), 0);
}

static const uint8_t *at(const struct rig *rig, uint64_t gpa)
{
    assert_in_range(gpa, AREA_GPA, AREA_GPA + AREA_SIZE - 1);
    return rig->area + (gpa - AREA_GPA);
}

static uint64_t le(const uint8_t *bytes, unsigned size_bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size_bytes; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static uint8_t sum(const uint8_t *bytes, uint64_t length)
{
    uint8_t total = 0;

    for (uint64_t i = 0; i < length; i++)
        total += bytes[i];
    return total;
}

static const uint8_t *xsdt_of(const struct rig *rig)
{
    return at(rig, le(at(rig, rig->rsdp_gpa) + 24, 8));
}

static unsigned xsdt_count(const struct rig *rig)
{
    return (unsigned)(le(xsdt_of(rig) + 4, 4) - 36) / 8;
}

static const uint8_t *xsdt_entry(const struct rig *rig, unsigned i)
{
    return at(rig, le(xsdt_of(rig) + 36 + 8 * i, 8));
}

/* The table with this signature that the XSDT lists, or NULL. */
static const uint8_t *find(const struct rig *rig, const char *signature)
{
    for (unsigned i = 0; i < xsdt_count(rig); i++)
        if (memcmp(xsdt_entry(rig, i), signature, 4) == 0)
            return xsdt_entry(rig, i);
    return NULL;
}

static bool has_bytes(const uint8_t *table, const char *bytes, uint64_t length)
{
    for (uint64_t i = 36; i + length <= le(table + 4, 4); i++)
        if (memcmp(table + i, bytes, length) == 0)
            return true;
    return false;
}

/* The SSDT with this device of four letters, or NULL. */
static const uint8_t *ssdt_of(const struct rig *rig, const char *device)
{
    for (unsigned i = 0; i < xsdt_count(rig); i++)
        if (memcmp(xsdt_entry(rig, i), "SSDT", 4) == 0 && has_bytes(xsdt_entry(rig, i), device, 4))
            return xsdt_entry(rig, i);
    return NULL;
}

static void assert_table(const uint8_t *table, const char *signature)
{
    assert_memory_equal(table, signature, 4);
    assert_true(le(table + 4, 4) >= 36);
    assert_int_equal(sum(table, le(table + 4, 4)), 0);
    assert_memory_equal(table + 10, "MINIVM", 6);
}

static void assert_gas(const uint8_t *gas, uint8_t space, uint8_t width_bits, uint64_t address)
{
    assert_int_equal(gas[0], space);
    assert_int_equal(gas[1], width_bits);
    assert_int_equal(gas[2], 0);
    assert_int_equal(le(gas + 4, 8), address);
}

static void assert_zero(const uint8_t *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        assert_int_equal(bytes[i], 0);
}

static void rsdp_is_revision_2_with_both_checksums(void **unused)
{
    static struct rig rig;
    const uint8_t *rsdp;

    (void)unused;
    rig_build(&rig, everything(1));
    assert_int_equal(rig.rsdp_gpa % 16, 0);
    rsdp = at(&rig, rig.rsdp_gpa);
    assert_memory_equal(rsdp, "RSD PTR ", 8);
    assert_int_equal(sum(rsdp, 20), 0);
    assert_int_equal(sum(rsdp, 36), 0);
    assert_int_equal(rsdp[15], 2);
    assert_int_equal(le(rsdp + 20, 4), 36);
}

static void every_table_can_be_reached_and_adds_up_to_zero(void **unused)
{
    static struct rig rig;
    const uint8_t *fadt;

    (void)unused;
    rig_build(&rig, everything(3));
    assert_table(xsdt_of(&rig), "XSDT");
    assert_int_equal(xsdt_count(&rig), 5);
    fadt = find(&rig, "FACP");
    assert_table(fadt, "FACP");
    assert_table(find(&rig, "APIC"), "APIC");
    assert_table(find(&rig, "HPET"), "HPET");
    assert_table(ssdt_of(&rig, "HPET"), "SSDT");
    assert_table(at(&rig, le(fadt + 40, 4)), "DSDT");
}

static void rsdt_lists_what_the_xsdt_lists(void **unused)
{
    static struct rig rig;
    const uint8_t *rsdt;

    (void)unused;
    rig_build(&rig, everything(3));
    rsdt = at(&rig, le(at(&rig, rig.rsdp_gpa) + 16, 4));
    assert_table(rsdt, "RSDT");
    assert_int_equal(rsdt[8], 1);
    assert_int_equal(le(rsdt + 4, 4), 36 + 4 * xsdt_count(&rig));
    for (unsigned i = 0; i < xsdt_count(&rig); i++)
        assert_ptr_equal(at(&rig, le(rsdt + 36 + 4 * i, 4)), xsdt_entry(&rig, i));
}

static void facs_is_aligned_and_reached_by_its_32_bit_address_alone(void **unused)
{
    static struct rig rig;
    const uint8_t *fadt;

    (void)unused;
    rig_build(&rig, everything(1));
    fadt = find(&rig, "FACP");
    assert_int_equal(le(fadt + 36, 4) % 64, 0);
    assert_memory_equal(at(&rig, le(fadt + 36, 4)), "FACS", 4);
    assert_int_equal(le(at(&rig, le(fadt + 36, 4)) + 4, 4), 64);
    assert_int_equal(le(fadt + 132, 8), 0);
}

static void fadt_64_bit_fields_say_the_same_as_the_32_bit_ones(void **unused)
{
    static struct rig rig;
    const uint8_t *fadt;

    (void)unused;
    rig_build(&rig, everything(1));
    fadt = find(&rig, "FACP");
    assert_int_equal(le(fadt + 40, 4), le(fadt + 140, 8));
    assert_gas(fadt + 148, 1, 8 * fadt[88], le(fadt + 56, 4));
    assert_gas(fadt + 172, 1, 8 * fadt[89], le(fadt + 64, 4));
    assert_gas(fadt + 208, 1, 8 * fadt[91], le(fadt + 76, 4));
}

static void fadt_describes_the_pm_block_reset_and_rtc_century(void **unused)
{
    static struct rig rig;
    const uint8_t *fadt;

    (void)unused;
    rig_build(&rig, everything(1));
    fadt = find(&rig, "FACP");
    assert_int_equal(le(fadt + 4, 4), 276);
    assert_int_equal(fadt[8], 6);
    assert_int_equal(le(fadt + 46, 2), 9);
    assert_int_equal(le(fadt + 48, 4), 0);
    assert_gas(fadt + 148, 1, 32, 0x600);
    assert_gas(fadt + 172, 1, 16, 0x604);
    assert_gas(fadt + 208, 1, 32, 0x608);
    assert_gas(fadt + 116, 1, 8, 0x64);
    assert_int_equal(fadt[128], 0xfe);
    assert_int_equal(fadt[108], 0x32);
}

static void fadt_flags_fit_the_pm_block(void **unused)
{
    static struct rig rig;
    uint64_t flags;

    (void)unused;
    rig_build(&rig, everything(1));
    flags = le(find(&rig, "FACP") + 112, 4);
    assert_int_equal(flags >> 4 & 1, 0);  /* power button: the fixed one */
    assert_int_equal(flags >> 5 & 1, 1);  /* sleep button: not the fixed one */
    assert_int_equal(flags >> 6 & 1, 0);  /* the RTC's alarm: a fixed event */
    assert_int_equal(flags >> 8 & 1, 0);  /* the timer has 24 bits */
    assert_int_equal(flags >> 10 & 1, 1); /* the reset register is real */
    assert_int_equal(flags >> 20 & 1, 0); /* not hardware-reduced */
}

static void tmr_val_ext_says_that_the_timer_has_32_bits(void **unused)
{
    static struct rig rig;
    struct acpi_config config = everything(1);
    const uint8_t *fadt;

    (void)unused;
    config.pmtimer_bits = 32;
    rig_build(&rig, config);
    fadt = find(&rig, "FACP");
    assert_int_equal(le(fadt + 112, 4) >> 8 & 1, 1);
    assert_int_equal(fadt[91], 4);
    assert_gas(fadt + 208, 1, 32, 0x608);
}

static void fadt_says_that_there_is_no_c2_and_no_c3(void **unused)
{
    static struct rig rig;
    const uint8_t *fadt;

    (void)unused;
    rig_build(&rig, everything(1));
    fadt = find(&rig, "FACP");
    assert_true(le(fadt + 96, 2) > 100);
    assert_true(le(fadt + 98, 2) > 1000);
}

static void without_pm_timer_the_fadt_leaves_only_its_fields_empty(void **unused)
{
    static struct rig rig;
    struct acpi_config config = everything(1);
    const uint8_t *fadt;

    (void)unused;
    config.pmtimer_bits = 0;
    rig_build(&rig, config);
    fadt = find(&rig, "FACP");
    assert_table(fadt, "FACP");
    assert_int_equal(le(fadt + 76, 4), 0);
    assert_int_equal(fadt[91], 0);
    assert_zero(fadt + 208, 12);
    assert_gas(fadt + 148, 1, 32, 0x600);
}

static void without_hpet_there_is_neither_its_table_nor_its_device(void **unused)
{
    static struct rig rig;
    struct acpi_config config = everything(1);

    (void)unused;
    config.hpet = false;
    rig_build(&rig, config);
    assert_int_equal(xsdt_count(&rig), 3);
    assert_null(find(&rig, "HPET"));
    assert_null(ssdt_of(&rig, "HPET"));
}

/* AML of an Interrupt: consumer, edge, active high, exclusive; one number of 32 bits. */
static void the_event_device_has_an_edge_of_its_own_and_vmgenid_its_address(void **unused)
{
    static const char interrupt[] = {(char)0x89, 6, 0, 3, 1, 16, 0, 0, 0};
    static const char address[] = {0x12, 8, 2, 0x0c, 0, (char)0xa0, (char)0xff, (char)0xfe, 0};
    static struct rig rig;
    const uint8_t *ssdt;

    (void)unused;
    rig_build(&rig, everything(1));
    ssdt = ssdt_of(&rig, "GED_");
    assert_true(has_bytes(ssdt, "ACPI0013", 9) && has_bytes(ssdt, interrupt, sizeof interrupt));
    assert_ptr_equal(ssdt_of(&rig, "VGEN"), ssdt);
    assert_true(has_bytes(ssdt, "MVMM0001", 9) && has_bytes(ssdt, "VM_Gen_Counter", 15));
    assert_true(has_bytes(ssdt, address, sizeof address));
}

static void without_an_event_device_there_is_no_vmgenid(void **unused)
{
    static struct rig rig;
    struct acpi_config config = everything(1);

    (void)unused;
    config.ged = false;
    rig_build(&rig, config);
    assert_int_equal(xsdt_count(&rig), 4);
    assert_true(ssdt_of(&rig, "GED_") == NULL && ssdt_of(&rig, "VGEN") == NULL);
}

static void hpet_table_repeats_the_capabilities_and_the_address(void **unused)
{
    static struct rig rig;
    const uint8_t *hpet;

    (void)unused;
    rig_build(&rig, everything(1));
    hpet = find(&rig, "HPET");
    assert_int_equal(le(hpet + 4, 4), 56);
    assert_int_equal(le(hpet + 36, 4), CAP_ID_LOW);
    assert_gas(hpet + 40, 0, 64, 0xfed00000);
    assert_int_equal(hpet[52], 0);
    assert_int_equal(le(hpet + 53, 2), 0x1234);
}

static void madt_lists_each_cpu_once_with_its_index_as_apic_id(void **unused)
{
    static const unsigned counts[] = {1, 2, 4, 64, ACPI_MAX_CPUS};
    static struct rig rig;

    (void)unused;
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        const uint8_t *madt, *entry;
        unsigned cpus = 0;

        rig_build(&rig, everything(counts[i]));
        madt = find(&rig, "APIC");
        assert_table(madt, "APIC");
        for (entry = madt + 44; entry < madt + le(madt + 4, 4); entry += entry[1]) {
            if (entry[0] != 0)
                continue;
            assert_int_equal(entry[1], 8);
            assert_int_equal(entry[2], cpus);
            assert_int_equal(entry[3], cpus);
            assert_int_equal(le(entry + 4, 4), 1);
            cpus++;
        }
        assert_ptr_equal(entry, madt + le(madt + 4, 4));
        assert_int_equal(cpus, counts[i]);
    }
}

static void madt_ends_with_ioapic_overrides_and_nmi(void **unused)
{
    static const uint8_t expected[] = {
        1, 12, 0,    0, 0x00, 0x00, 0xc0, 0xfe, 0,  0, 0, 0, /* I/O APIC 0 from GSI 0 */
        2, 10, 0,    0, 2,    0,    0,    0,    0,  0,       /* IRQ 0 is GSI 2, as ISA says */
        2, 10, 0,    9, 9,    0,    0,    0,    13, 0,       /* SCI: active high, level */
        4, 6,  0xff, 0, 0,    1,                             /* NMI on LINT1 of every CPU */
    };
    static struct rig rig;
    const uint8_t *madt;

    (void)unused;
    rig_build(&rig, everything(1));
    madt = find(&rig, "APIC");
    assert_int_equal(le(madt + 36, 4), 0xfee00000);
    assert_int_equal(le(madt + 40, 4), 1);
    assert_int_equal(le(madt + 4, 4), 44 + 8 + sizeof(expected));
    assert_memory_equal(madt + 44 + 8, expected, sizeof(expected));
}

static uint64_t bytes_used(const struct rig *rig)
{
    uint64_t used = AREA_SIZE;

    while (used > 0 && rig->area[used - 1] == UNTOUCHED)
        used--;
    return used;
}

static void an_area_one_byte_too_small_is_an_error_and_is_not_overrun(void **unused)
{
    static struct rig rig;
    struct acpi_config config = everything(4);
    uint64_t rsdp_gpa, needed;

    (void)unused;
    rig_build(&rig, config);
    needed = bytes_used(&rig);
    assert_in_range(needed, 512, 4096);
    assert_int_equal(acpi_build(&config, rig.area, AREA_GPA, needed, &rsdp_gpa), 0);
    for (uint64_t size = 0; size < needed; size++) {
        memset(rig.area, UNTOUCHED, sizeof(rig.area));
        assert_int_equal(acpi_build(&config, rig.area, AREA_GPA, size, &rsdp_gpa), -ENOSPC);
        assert_true(bytes_used(&rig) <= size);
    }
}

static void a_cpu_count_or_an_area_out_of_range_is_refused(void **unused)
{
    static struct rig rig;
    struct acpi_config none = everything(0), many = everything(ACPI_MAX_CPUS + 1);
    struct acpi_config good = everything(1);
    uint64_t rsdp_gpa;

    (void)unused;
    assert_int_equal(acpi_build(&none, rig.area, AREA_GPA, AREA_SIZE, &rsdp_gpa), -EINVAL);
    assert_int_equal(acpi_build(&many, rig.area, AREA_GPA, AREA_SIZE, &rsdp_gpa), -EINVAL);
    assert_int_equal(acpi_build(&good, rig.area, AREA_GPA + 16, 4096, &rsdp_gpa), -EINVAL);
    assert_int_equal(acpi_build(&good, rig.area, 0xffffffc0, AREA_SIZE, &rsdp_gpa), -EINVAL);
    assert_int_equal(acpi_build(&good, rig.area, UINT64_C(1) << 32, 4096, &rsdp_gpa), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsdp_is_revision_2_with_both_checksums),
        cmocka_unit_test(every_table_can_be_reached_and_adds_up_to_zero),
        cmocka_unit_test(rsdt_lists_what_the_xsdt_lists),
        cmocka_unit_test(facs_is_aligned_and_reached_by_its_32_bit_address_alone),
        cmocka_unit_test(fadt_64_bit_fields_say_the_same_as_the_32_bit_ones),
        cmocka_unit_test(fadt_describes_the_pm_block_reset_and_rtc_century),
        cmocka_unit_test(fadt_flags_fit_the_pm_block),
        cmocka_unit_test(tmr_val_ext_says_that_the_timer_has_32_bits),
        cmocka_unit_test(fadt_says_that_there_is_no_c2_and_no_c3),
        cmocka_unit_test(without_pm_timer_the_fadt_leaves_only_its_fields_empty),
        cmocka_unit_test(without_hpet_there_is_neither_its_table_nor_its_device),
        cmocka_unit_test(the_event_device_has_an_edge_of_its_own_and_vmgenid_its_address),
        cmocka_unit_test(without_an_event_device_there_is_no_vmgenid),
        cmocka_unit_test(hpet_table_repeats_the_capabilities_and_the_address),
        cmocka_unit_test(madt_lists_each_cpu_once_with_its_index_as_apic_id),
        cmocka_unit_test(madt_ends_with_ioapic_overrides_and_nmi),
        cmocka_unit_test(an_area_one_byte_too_small_is_an_error_and_is_not_overrun),
        cmocka_unit_test(a_cpu_count_or_an_area_out_of_range_is_refused),
    };

    return cmocka_run_group_tests_name("acpi_tables", tests, NULL, NULL);
}
