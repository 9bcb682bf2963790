/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_cpuid.h. */
#include "vmm/machine/machine_cpuid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "boot/cpuid_compare.h"
#include "snapshot/record.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/vcpu_state.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_image.h"
#include "vmm/machine/restore_request.h"

#define TEXT_BYTES 400

struct cpuid_config machine_cpuid_config(const struct machine *machine)
{
    const struct machine_config *config = machine->config;

    return (struct cpuid_config){
        .cpu_count = config->cpu_count,
        .kvmclock = config->kvmclock,
        .invtsc = config->invtsc,
        .tsc_deadline = machine->kvm.tsc_deadline,
        .hypercalls_exit = machine->kvm.hypercalls_exit,
        .hide_kvm = machine->kvm_hidden,
        .steal = config->steal == STEAL_PERCENT,
        .steal_by_kvm = config->steal == STEAL_KVM ||
                        (config->steal == STEAL_OFF && config->kvmclock == KVMCLOCK_KERNEL),
    };
}

struct tables {
    struct vcpu_state_cpuid told;
    struct vcpu_state_cpuid offered;
};

/* Of vCPU 0: the features of all are the same. Longer than any table it is refused elsewhere. */
static void read_told(const struct machine_image *image, struct vcpu_state_cpuid *told)
{
    struct record record;

    if (!record_find(image->records, image->size_bytes, RECORD_VCPU_CPUID, 0, &record) ||
        record.size_bytes > sizeof told->entries)
        return;
    memcpy(told->entries, record.bytes, record.size_bytes);
    told->header.nent = record.size_bytes / sizeof told->entries[0];
}

/*
 * What KVM supports is not all that a guest reads: a KVM that cannot intercept CPUID tells more. So
 * it is set on a vCPU, and read back as a save reads it.
 */
static int read_offered(struct machine *machine, struct vcpu_state_cpuid *offered)
{
    const struct cpuid_config config = machine_cpuid_config(machine);
    int result = kvm_supported_cpuid(&machine->kvm, &offered->header,
                                     VCPU_STATE_CPUID_MAX - CPUID_ADDED_ENTRIES_MAX);

    if (result == 0)
        result = cpuid_apply(&offered->header, VCPU_STATE_CPUID_MAX, &config, 0);
    if (result == 0)
        result = kvm_vcpu_set_cpuid(machine->vcpus[0].fd, &offered->header);
    return result == 0 ? vcpu_state_get_cpuid(machine->vcpus[0].fd, offered) : result;
}

static int compare(const struct tables *tables, const struct restore_request *request)
{
    const struct cpuid_table told = {tables->told.entries, tables->told.header.nent};
    const struct cpuid_table offered = {tables->offered.entries, tables->offered.header.nent};
    char bytes[TEXT_BYTES];
    struct text lacks;

    text_init(&lacks, bytes, sizeof bytes);
    if (cpuid_compare(&told, &offered, &lacks))
        return 0;
    log_error("%s: this host lacks what the guest was told of: %s", request->name, bytes);
    return -ENOTSUP;
}

int machine_cpuid_check(struct machine *machine, const struct machine_image *image,
                        const struct restore_request *request)
{
    struct tables *tables = calloc(1, sizeof *tables);
    int result;

    if (tables == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    read_told(image, &tables->told);
    result = read_offered(machine, &tables->offered);
    if (result == 0)
        result = compare(tables, request);
    if (result == 0)
        result = kvm_vcpu_set_cpuid(machine->vcpus[0].fd, &tables->told.header);
    free(tables);
    return result;
}
