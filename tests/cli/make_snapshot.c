/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a snapshot of a machine that never was, with every kind of contents that the tools show.
 *
 * usage: make_snapshot FILE [GPA BYTE]...    each BYTE is put at its GPA
 * status: 0; 1 after a line if the file cannot be written
 *
 * Memory is 4 MiB from 0 on and 8 KiB from 4 GiB on. At 1000h is "minivmm snapshot", and a little
 * VMCOREINFO at 3000h.
 */
#include <linux/kvm.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "snapshot/host_record.h"
#include "snapshot/record.h"
#include "vmm/host/snapshot_save.h"
#include "vmm/machine/machine_config.h"

#define LOW_BYTES  (UINT64_C(4) << 20)
#define HIGH_BYTES 0x2000
#define VCPUS      2

static const char info[] = "OSRELEASE=6.12.1-test\nPAGESIZE=4096\n";

static void add_vcpu(struct note_writer *writer, uint32_t vcpu)
{
    const struct kvm_regs regs = {.rax = 0x1111 + vcpu, .rip = 0x1000, .rsp = 0x2000, .rflags = 2};
    const struct kvm_sregs2 sregs = {.cr0 = 0x11, .cs = {.selector = 8}, .ss = {.selector = 16}};
    const struct vcpu_time_record time = {
        .tsc = 5000 + vcpu, .tsc_offset = (uint64_t)-7, .tsc_deadline = 9000};

    record_add(writer, RECORD_VCPU_REGS, vcpu, &regs, sizeof regs);
    record_add(writer, RECORD_VCPU_SREGS2, vcpu, &sregs, sizeof sregs);
    record_add(writer, RECORD_VCPU_TIME, vcpu, &time, sizeof time);
}

static size_t make_records(uint8_t *bytes, size_t capacity_bytes)
{
    const struct host_record host = {
        .boot_id = "01234567-89ab-cdef-0123-456789abcdef",
        .kernel_release = "6.1.0-test",
        .realtime_ns = INT64_C(1790000000) * 1000000000,
    };
    const struct time_record time = {
        .guest_ns = UINT64_C(12345678901),
        .wall_zero_ns = UINT64_C(1600000000) * 1000000000,
        .vcpu_count = VCPUS,
    };
    struct machine_config config = machine_config_default;
    struct note_writer writer;

    config.cpu_count = VCPUS;
    config.memory_bytes = UINT64_C(64) << 20;
    note_writer_init(&writer, bytes, capacity_bytes);
    record_add(&writer, RECORD_PRODUCER, 0, "make_snapshot\033[2J", 17);
    record_add(&writer, RECORD_CONFIG, 0, &config, sizeof config);
    record_add(&writer, RECORD_HOST, 0, &host, sizeof host);
    record_add(&writer, RECORD_TIME, 0, &time, sizeof time);
    for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++)
        add_vcpu(&writer, vcpu);
    return writer.length_bytes;
}

int main(int argc, char **argv)
{
    static uint8_t records[65536];
    uint8_t *host = mmap(NULL, LOW_BYTES + HIGH_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct guest_mem memory = {
        .regions = {{0, LOW_BYTES, host}, {GUEST_MEM_HIGH_GPA, HIGH_BYTES, host + LOW_BYTES}},
        .region_count = 2,
    };
    size_t records_bytes = make_records(records, sizeof records);
    struct snapshot_save save;
    struct note_writer writer;

    if (argc < 2 || host == MAP_FAILED)
        return 1;
    strcpy((char *)host + 0x1000, "minivmm snapshot");
    note_writer_init(&writer, host + 0x3000, 0x1000);
    memcpy(note_add(&writer, VMCOREINFO_NAME, 0, sizeof info - 1), info, sizeof info - 1);
    for (int i = 2; i + 1 < argc; i += 2)
        *(uint8_t *)guest_mem_at(&memory, strtoull(argv[i], NULL, 0), 1) =
            (uint8_t)strtoul(argv[i + 1], NULL, 0);
    return snapshot_save_begin(&save, argv[1], false) < 0 ||
           snapshot_save_memory(&save, &memory, records, records_bytes) < 0 ||
           snapshot_save_end(&save) < 0;
}
