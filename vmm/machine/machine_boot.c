/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_boot.h. */
#include "vmm/machine/machine_boot.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi_tables.h"
#include "boot/bios.h"
#include "boot/boot.h"
#include "boot/cpu_state.h"
#include "boot/cpuid_policy.h"
#include "boot/layout.h"
#include "boot/mp_table.h"
#include "boot/reset_vector.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_cpuid.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_virtio.h"
#include "vmm/machine/machine_vm.h"
#include "vmm/machine/vcpu_firmware.h"

#define CPUID_CAPACITY 256
#define HPET_MIN_TICK  100

/* What a BIOS would leave: tables of ACPI and MP, its own functions, and what is at F000:FFF0. */
static int build_firmware(struct machine *machine, uint64_t *rsdp_gpa)
{
    const struct acpi_config config = {
        .cpu_count = machine->config->cpu_count,
        .pmtimer_bits = machine->config->pmtimer_bits,
        .hpet = machine->config->hpet_timers != 0,
        .hpet_cap_id_low = HPET_CAP_ID_LOW(machine->config->hpet_timers),
        .hpet_min_tick = HPET_MIN_TICK,
        .ged = machine->config->ged,
        .vmclock = machine->config->vmclock != VMCLOCK_OFF,
        .s3 = machine->config->s3 != S3_OFF,
        .virtio_slots = machine_virtio_slots(machine->config),
    };
    const struct guest_mem *mem = &machine->memory;
    uint8_t *acpi = guest_mem_at(mem, LAYOUT_ACPI_GPA, LAYOUT_ACPI_BYTES);
    uint8_t *mp_table = guest_mem_at(mem, LAYOUT_MP_TABLE_GPA, LAYOUT_MP_TABLE_BYTES);
    uint8_t *reset_vector = guest_mem_at(mem, LAYOUT_RESET_VECTOR_GPA, LAYOUT_RESET_VECTOR_BYTES);

    if (acpi == NULL || mp_table == NULL || reset_vector == NULL ||
        acpi_build(&config, acpi, LAYOUT_ACPI_GPA, LAYOUT_ACPI_BYTES, rsdp_gpa) < 0 ||
        mp_table_build(config.cpu_count, mp_table, LAYOUT_MP_TABLE_GPA, LAYOUT_MP_TABLE_BYTES) <
            0 ||
        bios_build(mem) < 0) {
        log_error("no room for the ACPI and MP tables of %u CPUs", config.cpu_count);
        return -ENOSPC;
    }
    reset_vector_fill(reset_vector);
    return 0;
}

static int load_guest(struct machine *machine, const struct boot_files *files,
                      struct boot_entry *entry)
{
    char *linux_words = host_options_linux_words(machine->host, machine_rtc_has_other_date(machine),
                                                 machine->config->time_rate);
    char *command_line = host_options_command_line(machine->host);
    struct boot_error error = {0};
    struct boot_request request = {
        .kernel = &files->kernel,
        .modules = files->modules,
        .module_count = files->module_count,
        .modules_are_for_linux = files->modules_are_for_linux,
        .linux_words = linux_words,
        .command_line = command_line,
        .mem = &machine->memory,
    };
    int result = build_firmware(machine, &request.rsdp_gpa);

    if (result == 0 && (linux_words == NULL || command_line == NULL)) {
        log_error("out of memory");
        result = -ENOMEM;
    }
    if (result == 0) {
        result = boot_load(&request, entry, &error);
        if (result < 0)
            log_error("%s", error.text);
    }
    free(linux_words);
    free(command_line);
    return result;
}

static int set_entry_state(struct machine *machine, const struct boot_entry *entry)
{
    int fd = machine->vcpus[0].fd;
    struct kvm_regs regs = {0};
    struct kvm_sregs sregs;
    int result = kvm_vcpu_get_sregs(fd, &sregs);

    if (result < 0)
        return result;
    result = cpu_state_fill(entry, &machine->memory, &regs, &sregs);
    if (result < 0) {
        log_error("no room for page tables in guest memory");
        return result;
    }
    result = kvm_vcpu_set_sregs(fd, &sregs);
    if (result == 0)
        result = kvm_vcpu_set_regs(fd, &regs);
    return result < 0 ? result : vcpu_firmware_set_lapic(fd);
}

static int create_vcpu(struct machine *machine, unsigned index, struct kvm_cpuid2 *cpuid)
{
    const struct cpuid_config config = machine_cpuid_config(machine);
    struct vcpu *vcpu = &machine->vcpus[index];
    int result = machine_vm_create_vcpu(machine, index);

    if (result < 0)
        return result;
    if (cpuid_apply(cpuid, CPUID_CAPACITY, &config, index) < 0) {
        log_error("KVM offers more CPUID leaves than this program has room for");
        return -E2BIG;
    }
    result = kvm_vcpu_set_cpuid(vcpu->fd, cpuid);
    return result == 0 ? vcpu_firmware_set_msrs(vcpu) : result;
}

/*
 * What a thread of its own finds out while the VM is made: the CPUID leaves that this KVM supports,
 * and the facts of the host's clocks.
 */
struct host_offer {
    struct kvm *kvm;
    struct host_facts *facts;
    int result;
    struct kvm_cpuid2 header;
    struct kvm_cpuid_entry2 entries[CPUID_CAPACITY];
};

static void *get_offer(void *argument)
{
    struct host_offer *offer = argument;

    offer->result =
        kvm_supported_cpuid(offer->kvm, &offer->header, CPUID_CAPACITY - CPUID_ADDED_ENTRIES_MAX);
    host_facts_read(offer->facts);
    return NULL;
}

static int create_vcpus(struct machine *machine, struct host_offer *offer)
{
    int result = offer->result;

    if (result == 0)
        result = machine_vm_allocate_vcpus(machine);
    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++)
        result = create_vcpu(machine, i, &offer->header);
    return result;
}

/*
 * KVM_GET_SUPPORTED_CPUID executes many CPUID instructions. If the host is itself a guest, each of
 * them is an exit, and together they take longer than the making of a VM. So both are done at once.
 */
static int create_vm_and_vcpus(struct machine *machine)
{
    struct host_offer offer = {.kvm = &machine->kvm, .facts = &machine->time.facts};
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, get_offer, &offer) == 0;
    int result = machine_vm_create(machine);

    if (started)
        pthread_join(thread, NULL);
    else
        get_offer(&offer);
    return result < 0 ? result : create_vcpus(machine, &offer);
}

/* Images are loaded before KVM is opened: a mistake in a file is said before what the host lacks.
 */
int machine_boot_prepare(struct machine *machine, const struct boot_files *files)
{
    struct boot_entry entry;
    int result = machine_vm_map_memory(machine, NULL);

    if (result == 0)
        result = load_guest(machine, files, &entry);
    if (result == 0)
        result = kvm_open(&machine->kvm);
    if (result == 0)
        result = create_vm_and_vcpus(machine);
    if (result == 0)
        result = set_entry_state(machine, &entry);
    return result;
}
