/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_vm.h. */
#include "vmm/machine/machine_vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "boot/smram.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_irqchip.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_dilation.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_msr.h"

#define HUGE_PAGE_BYTES (UINT64_C(2) << 20)

/*
 * Memory below this stays as the host's policy has it. What is there before the guest's first
 * instruction is a few pages far apart, and to clear a huge page for each would take a tenth of the
 * time until then.
 */
#define SMALL_PAGES_BYTES (UINT64_C(16) << 20)

/*
 * Maps memory at a multiple of a huge page; NULL if there is no room. KVM can use a huge page only
 * where the host's and the guest's address are equally far into one, and Linux before 6.7 does not
 * align a mapping so. A host whose policy is "madvise" is asked for huge pages; one without them
 * refuses, and nothing depends on it.
 */
static void *map_huge_aligned(uint64_t size_bytes)
{
    uint8_t *mapping = mmap(NULL, size_bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t head_bytes = -(uintptr_t)mapping % HUGE_PAGE_BYTES;

    if (mapping == MAP_FAILED)
        return NULL;
    if (head_bytes > 0)
        munmap(mapping, head_bytes);
    mapping += head_bytes;
    munmap(mapping + size_bytes, HUGE_PAGE_BYTES - head_bytes);
    if (size_bytes > SMALL_PAGES_BYTES)
        madvise(mapping + SMALL_PAGES_BYTES, size_bytes - SMALL_PAGES_BYTES, MADV_HUGEPAGE);
    return mapping;
}

/* Puts the file's pages in the place of a region's, which nobody has touched. */
static int map_file(const struct guest_mem_region *region, int fd, uint64_t offset)
{
    void *mapping = mmap(region->host, region->size_bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, (off_t)offset);

    if (mapping != MAP_FAILED)
        return 0;
    log_error("the memory of the snapshot cannot be mapped: %s", strerror(errno));
    return -errno;
}

/* What a guest knows is not for who reads the core file of a crash. */
static void leave_out_of_cores(const struct machine *machine)
{
    if (!machine->host->core)
        madvise(machine->memory_mapping, machine->config->memory_bytes, MADV_DONTDUMP);
}

int machine_vm_map_memory(struct machine *machine, const struct guest_mem_file *file)
{
    uint64_t size_bytes = machine->config->memory_bytes;
    uint8_t *host;
    int result = 0;

    machine->memory_mapping = map_huge_aligned(size_bytes);
    if (machine->memory_mapping == NULL) {
        log_error("--memory %lluM: the host has no room for it (%s); use less",
                  (unsigned long long)size_bytes >> 20, strerror(errno));
        return -ENOMEM;
    }
    guest_mem_layout(&machine->memory, size_bytes);
    host = machine->memory_mapping;
    for (unsigned i = 0; i < machine->memory.region_count; i++) {
        machine->memory.regions[i].host = host;
        host += machine->memory.regions[i].size_bytes;
    }
    if (!page_set_init(&machine->own_pages, &machine->memory) ||
        !page_set_init(&machine->device_pages, &machine->memory)) {
        log_error("out of memory");
        result = -ENOMEM;
    }
    for (unsigned i = 0; result == 0 && file != NULL && i < machine->memory.region_count; i++)
        result = map_file(&machine->memory.regions[i], file->fd, file->offsets[i]);
    if (file != NULL)
        machine->memory_file = *file;
    leave_out_of_cores(machine);
    return result;
}

static int create_smram(struct machine *machine)
{
    unsigned cpu_count = machine->config->cpu_count;
    void *mapping;

    if (!machine->kvm.has_smm)
        return 0;
    mapping = mmap(NULL, smram_size_bytes(cpu_count), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) {
        log_error("out of memory");
        return -ENOMEM;
    }
    machine->smram_mapping = mapping;
    smram_fill(mapping, cpu_count);
    return kvm_add_smram(&machine->kvm, SMRAM_GPA, smram_size_bytes(cpu_count), mapping);
}

/*
 * The order is the one that takes the least time. Each of these calls waits until nobody reads a
 * table of KVM's any more (synchronize_srcu), and such a wait takes longer soon after another.
 * KVM_CREATE_IRQCHIP starts several, so it comes last: if it comes first, the MSR filter takes 13
 * ms and the memory 6.
 */
int machine_vm_create(struct machine *machine)
{
    const struct board_config board = machine_board_config(machine);
    int result = kvm_create_vm(&machine->kvm);

    if (result == 0 && machine->config->halt_in_guest)
        result = kvm_halt_in_guest(&machine->kvm);
    if (result == 0 && machine->host->skip_idle.asked)
        kvm_stop_halt_polling(&machine->kvm);
    if (result == 0)
        result = machine_msr_capture(machine, &board);
    if (result == 0)
        result = hypercall_prepare(machine);
    for (unsigned i = 0; result == 0 && i < machine->memory.region_count; i++) {
        const struct guest_mem_region *region = &machine->memory.regions[i];

        result =
            kvm_add_memory(&machine->kvm, i, region->base_gpa, region->size_bytes, region->host);
    }
    if (result == 0)
        result = create_smram(machine);
    if (result == 0)
        result = machine_acpi_create(machine);
    if (result == 0)
        result = kvm_create_irqchip(&machine->kvm, &machine->irqchip);
    if (result == 0)
        result = machine_dilation_set_bus(machine);
    return result;
}

int machine_vm_allocate_vcpus(struct machine *machine)
{
    unsigned count = machine->config->cpu_count;

    if (count > machine->kvm.max_vcpus) {
        log_error("--cpus %u: this KVM has at most %u", count, machine->kvm.max_vcpus);
        return -EINVAL;
    }
    machine->vcpus = calloc(count, sizeof machine->vcpus[0]);
    machine->cut.guest.vcpus = calloc(count, sizeof machine->cut.guest.vcpus[0]);
    if (machine->vcpus != NULL && machine->cut.guest.vcpus != NULL)
        return 0;
    log_error("out of memory");
    return -ENOMEM;
}

/* Steal time by percent is charged for time in which a vCPU is not halted, as far as KVM tells. */
static void open_halted(const struct machine *machine, struct vcpu *vcpu)
{
    const struct machine_config *config = machine->config;

    vcpu->halted.fd = -1;
    if (machine->host->skip_idle.asked)
        kvm_halt_stat_open(&vcpu->halted, vcpu->fd);
    if (vcpu->halted.fd >= 0 || config->steal != STEAL_PERCENT || config->steal_idle)
        return;
    if (config->halt_in_guest && vcpu->index == 0)
        log_note("--halt-in-guest: KVM does not see that a vCPU is halted: --steal charges idle "
                 "time as well");
    else if (!config->halt_in_guest && kvm_halt_stat_open(&vcpu->halted, vcpu->fd) < 0 &&
             vcpu->index == 0)
        log_note("this KVM does not say which vCPU is halted (Linux before 5.16): --steal charges "
                 "idle time as well");
}

int machine_vm_create_vcpu(struct machine *machine, unsigned index)
{
    struct vcpu *vcpu = &machine->vcpus[index];
    int result;

    vcpu->machine = machine;
    vcpu->index = index;
    result = kvm_create_vcpu(&machine->kvm, index, &vcpu->fd, &vcpu->run);
    if (result == 0)
        open_halted(machine, vcpu);
    return result;
}

void machine_vm_release(struct machine *machine)
{
    for (unsigned i = 0; machine->vcpus != NULL && i < machine->config->cpu_count; i++)
        if (machine->vcpus[i].run != NULL) {
            kvm_halt_stat_close(&machine->vcpus[i].halted);
            kvm_destroy_vcpu(&machine->kvm, machine->vcpus[i].fd, machine->vcpus[i].run);
        }
    free(machine->vcpus);
    free(machine->cut.guest.vcpus);
    machine->vcpus = NULL;
    machine->cut.guest.vcpus = NULL;
    kvm_close(&machine->kvm);
    if (machine->memory_mapping != NULL)
        munmap(machine->memory_mapping, machine->config->memory_bytes);
    machine->memory_mapping = NULL;
    page_set_free(&machine->own_pages);
    page_set_free(&machine->device_pages);
    if (machine->smram_mapping != NULL)
        munmap(machine->smram_mapping, smram_size_bytes(machine->config->cpu_count));
    machine->smram_mapping = NULL;
    machine_acpi_release(machine);
}
