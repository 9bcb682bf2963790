/* SPDX-License-Identifier: BSD-2-Clause */
/* dump_tables DIR CPUS PMTIMER_BITS HPET GED: writes each ACPI table of such a machine to
 * DIR/SIGNATURE.dat, an SSDT to DIR/SSDT.GPA.dat, as there may be more than one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi_layout.h"
#include "boot/acpi_tables.h"

#define AREA_GPA 0xe0000

static uint8_t area[0x20000];

static int dump_table(const char *dir, uint64_t gpa)
{
    const uint8_t *table = area + (gpa - AREA_GPA);
    char path[4096], number[32] = "";
    uint32_t length;
    FILE *file;
    int ok;

    memcpy(&length, table + 4, sizeof(length));
    if (memcmp(table, "SSDT", 4) == 0)
        snprintf(number, sizeof(number), ".%llx", (unsigned long long)gpa);
    snprintf(path, sizeof(path), "%s/%.4s%s.dat", dir, (const char *)table, number);
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    ok = fwrite(table, length, 1, file) == 1;
    return fclose(file) != 0 || !ok;
}

static int dump_all(const char *dir, uint64_t rsdp_gpa)
{
    struct acpi_rsdp rsdp;
    struct acpi_header xsdt;
    struct acpi_fadt fadt = {0};
    int failed = 0;

    memcpy(&rsdp, area + (rsdp_gpa - AREA_GPA), sizeof(rsdp));
    memcpy(&xsdt, area + (rsdp.xsdt_gpa - AREA_GPA), sizeof(xsdt));
    for (uint32_t at = sizeof(xsdt); at < xsdt.length; at += sizeof(uint64_t)) {
        uint64_t gpa;

        memcpy(&gpa, area + (rsdp.xsdt_gpa - AREA_GPA) + at, sizeof(gpa));
        failed |= dump_table(dir, gpa);
        if (memcmp(area + (gpa - AREA_GPA), "FACP", 4) == 0)
            memcpy(&fadt, area + (gpa - AREA_GPA), sizeof(fadt));
    }
    failed |= dump_table(dir, rsdp.rsdt_gpa) | dump_table(dir, rsdp.xsdt_gpa);
    return failed | dump_table(dir, fadt.firmware_ctrl_gpa) | dump_table(dir, fadt.x_dsdt_gpa);
}

int main(int argc, char **argv)
{
    struct acpi_config config = {.hpet_cap_id_low = 0x8086a201, .hpet_min_tick = 100};
    uint64_t rsdp_gpa;

    if (argc != 6) {
        fprintf(stderr, "usage: dump_tables DIR CPUS PMTIMER_BITS HPET GED\n");
        return 2;
    }
    config.cpu_count = (unsigned)atoi(argv[2]);
    config.pmtimer_bits = (unsigned)atoi(argv[3]);
    config.hpet = atoi(argv[4]) != 0;
    config.ged = config.vmclock = atoi(argv[5]) != 0;
    config.virtio_slots = config.ged ? 0x13 : 0;
    if (acpi_build(&config, area, AREA_GPA, sizeof(area), &rsdp_gpa) != 0)
        return 1;
    return dump_all(argv[1], rsdp_gpa);
}
