/* SPDX-License-Identifier: BSD-2-Clause */
/* See restore_vcpus.h. */
#include "vmm/machine/restore_vcpus.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_vm.h"
#include "vmm/machine/vcpu_records.h"

#define TEXT_BYTES 160

static int read_state(const struct machine_image *image, const struct restore_request *request,
                      unsigned index, struct vcpu_state *state)
{
    char bytes[TEXT_BYTES];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    if (vcpu_records_take(image->records, image->size_bytes, index, state, &error))
        return 0;
    log_error("%s: %s", request->name, bytes);
    return -EINVAL;
}

static struct vcpu_state *new_state(void)
{
    struct vcpu_state *state = malloc(sizeof *state);

    if (state == NULL)
        log_error("out of memory");
    return state;
}

static bool is_one(struct tsc_ratio ratio)
{
    return ratio.mul == UINT64_C(1) << ratio.frac_bits;
}

/* The rate that the guest has learnt; 0: not known, or no rate of a TSC. */
static uint32_t rate_khz(const struct machine_image *image, struct tsc_ratio ratio)
{
    const struct tsc_request request = {.khz = tsc_ratio_guest_khz(ratio, image->host.tsc_khz)};

    return machine_config_accepts_tsc(&request) ? request.khz : 0;
}

static struct tsc_ratio saved_ratio(const struct machine_image *image, unsigned index)
{
    struct time_cut_vcpu cut = {.ratio = TSC_RATIO_ONE};
    char bytes[TEXT_BYTES];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    return machine_image_read_vcpu(image, index, &cut, &error) ? cut.ratio : TSC_RATIO_ONE;
}

/*
 * On the same boot the ratio is the one that it was; KVM makes it from the same two rates. It is
 * one where the rate that was asked for took no effect, with --tsc-best-effort.
 */
static int take_up_rate(struct vcpu *vcpu, const struct machine_image *image)
{
    struct tsc_ratio ratio = saved_ratio(image, vcpu->index);
    uint32_t khz = rate_khz(image, ratio);
    int result = 0;

    vcpu->tsc.ratio = ratio;
    if (!is_one(ratio))
        result = khz == 0 ? -EINVAL : kvm_vcpu_set_tsc_khz(vcpu->fd, khz);
    if (result < 0)
        log_error("vCPU %u: this KVM does not take %u kHz for its TSC", vcpu->index, khz);
    return result;
}

static int set_cpuid(struct machine *machine, const struct machine_image *image,
                     const struct restore_request *request, unsigned index,
                     struct vcpu_state *state)
{
    int result = read_state(image, request, index, state);

    return result == 0 ? kvm_vcpu_set_cpuid(machine->vcpus[index].fd, &state->cpuid.header)
                       : result;
}

static int keep_rates(struct machine *machine, const struct machine_image *image)
{
    uint32_t khz[MACHINE_MAX_CPUS];

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        khz[i] = rate_khz(image, saved_ratio(image, i));
    return machine_tsc_keep_rates(machine, khz);
}

int restore_create_vcpus(struct machine *machine)
{
    int result = machine_vm_allocate_vcpus(machine);

    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++)
        result = machine_vm_create_vcpu(machine, i);
    return result;
}

int restore_prepare_vcpus(struct machine *machine, const struct machine_image *image,
                          const struct restore_request *request, bool same_boot)
{
    struct vcpu_state *state = new_state();
    int result = state == NULL ? -ENOMEM : 0;

    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++) {
        result = set_cpuid(machine, image, request, i, state);
        if (result == 0 && same_boot)
            result = take_up_rate(&machine->vcpus[i], image);
    }
    free(state);
    return result == 0 && !same_boot ? keep_rates(machine, image) : result;
}

/* A KVM that ignores offsets has been told apart before. */
static void set_tsc(const struct machine *machine, struct vcpu *vcpu)
{
    struct guest_tsc tsc = time_cut_tsc(&machine->cut.guest, vcpu->index, vcpu->tsc.ratio,
                                        machine->cut.taken.host_tsc);

    if (machine_tsc_offsets_work(machine))
        machine_tsc_set_offset(vcpu, tsc.offset);
}

static int set_vcpu(struct machine *machine, struct vcpu *vcpu, const struct vcpu_state_kind *kind,
                    const struct vcpu_state *state)
{
    set_tsc(machine, vcpu);
    vcpu->lapic_initial_count =
        lapic_timer_is_deadline(&state->lapic) ? 0 : lapic_timer_initial(&state->lapic);
    return vcpu_state_set(vcpu->fd, vcpu->index, kind, state);
}

int restore_set_vcpus(struct machine *machine, const struct machine_image *image,
                      const struct restore_request *request)
{
    struct vcpu_state *state = new_state();
    struct vcpu_state_kind kind;
    int result =
        state == NULL
            ? -ENOMEM
            : vcpu_state_ask(&machine->kvm, machine->config->kvmclock == KVMCLOCK_KERNEL, &kind);

    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++) {
        result = read_state(image, request, i, state);
        if (result == 0)
            result = set_vcpu(machine, &machine->vcpus[i], &kind, state);
    }
    free(state);
    return result;
}
