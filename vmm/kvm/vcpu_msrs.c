/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_msrs.h. */
#include "vmm/kvm/vcpu_msrs.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "kvmclock/guest_tsc.h"
#include "kvmclock/kvmclock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_call.h"
#include "vmm/kvm/lapic_timer.h"

/* KVM takes no more in one call (msr_io). */
#define MSRS_PER_CALL 255

#define MSR_APIC_BASE    0x1b
#define MSR_HYPERV_FIRST 0x40000000
#define MSR_HYPERV_COUNT 0x200

struct msr_range_of {
    uint32_t first;
    uint32_t count;
};

/* Not in KVM's list. Linux panics if a guest that has set them finds them gone. */
static const struct msr_range_of mtrrs[] = {
    {0x200, 16}, {0x250, 1}, {0x258, 2}, {0x268, 8}, {0x2ff, 1},
};

/*
 * Of the host, or of no use to a guest that does not see it, so that another host may refuse it:
 * microcode and platform, TSX and PMU, VMX's capabilities, poll control.
 */
static const struct msr_range_of of_the_host[] = {
    {0x8b, 1},  {0x9e, 1},  {0xce, 1},     {0x10a, 1},
    {0x140, 1}, {0x345, 1}, {0x480, 0x12}, {0x4b564d05, 1},
};

/* IA32_FEATURE_CONTROL, MCG_CTL, IA32_MISC_ENABLE, AMD's HWCR. */
static const struct msr_range_of of_firmware[] = {
    {0x3a, 1},
    {0x17b, 1},
    {0x1a0, 1},
    {0xc0010015, 1},
};

struct msr_call {
    struct kvm_msrs header;
    struct kvm_msr_entry entries[MSRS_PER_CALL];
};

static bool is_in(const struct msr_range_of *ranges, size_t count, uint32_t msr)
{
    for (size_t i = 0; i < count; i++)
        if (msr - ranges[i].first < ranges[i].count)
            return true;
    return false;
}

bool vcpu_msr_outlives_reset(uint32_t msr)
{
    return msr == MSR_TSC_ADJUST || is_in(mtrrs, sizeof mtrrs / sizeof mtrrs[0], msr) ||
           is_in(of_the_host, sizeof of_the_host / sizeof of_the_host[0], msr) ||
           is_in(of_firmware, sizeof of_firmware / sizeof of_firmware[0], msr);
}

/*
 * TSC and deadline come from the time cut, and APIC_BASE with SREGS2. Hyper-V's MSRs are offered to
 * no guest, and KVM lists them. The first has the number by which Xen's guests ask for their page
 * of hypercalls, and where hypercalls exit (kvm_intercept_hypercalls) to write it, even 0, makes
 * KVM fill the page of guest memory at that address.
 */
static bool is_apart(const struct vcpu_msr_list *list, uint32_t msr)
{
    return msr == MSR_TSC || msr == MSR_TSC_DEADLINE || msr == MSR_APIC_BASE ||
           msr - MSR_HYPERV_FIRST < MSR_HYPERV_COUNT ||
           (!list->with_kvmclock && kvmclock_owns_msr(msr));
}

bool vcpu_msrs_have(const struct vcpu_msr_list *list, uint32_t msr)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->numbers[i] == msr)
            return true;
    return false;
}

static bool add(struct vcpu_msr_list *list, uint32_t msr)
{
    if (vcpu_msrs_have(list, msr))
        return true;
    if (list->count == VCPU_MSRS_MAX)
        return false;
    list->numbers[list->count++] = msr;
    return true;
}

static int too_many(void)
{
    log_error("KVM lists more MSRs than this program has room for");
    return -E2BIG;
}

int vcpu_msrs_list(const struct kvm *kvm, bool with_kvmclock, struct vcpu_msr_list *list)
{
    struct {
        struct kvm_msr_list header;
        uint32_t indices[VCPU_MSRS_MAX];
    } listed = {.header.nmsrs = VCPU_MSRS_MAX};
    bool has_room = true;
    int result = kvm_call(kvm->dev_fd, KVM_GET_MSR_INDEX_LIST, "KVM_GET_MSR_INDEX_LIST", &listed);

    if (result < 0)
        return result;
    *list = (struct vcpu_msr_list){.with_kvmclock = with_kvmclock};
    for (uint32_t i = 0; i < listed.header.nmsrs; i++)
        if (!is_apart(list, listed.indices[i]))
            has_room = add(list, listed.indices[i]) && has_room;
    for (size_t i = 0; i < sizeof mtrrs / sizeof mtrrs[0]; i++)
        for (uint32_t j = 0; j < mtrrs[i].count; j++)
            has_room = add(list, mtrrs[i].first + j) && has_room;
    return has_room ? 0 : too_many();
}

/* One call for the MSRs of the list from *next on. One that cannot be read ends it, and is left
 * out. */
static int get_some(int vcpu_fd, const struct vcpu_msr_list *list, uint32_t *next,
                    struct vcpu_msrs *msrs)
{
    struct msr_call call = {0};
    uint32_t asked = list->count - *next;
    int got;

    if (asked > MSRS_PER_CALL)
        asked = MSRS_PER_CALL;
    call.header.nmsrs = asked;
    for (uint32_t i = 0; i < asked; i++)
        call.entries[i].index = list->numbers[*next + i];
    got = kvm_call(vcpu_fd, KVM_GET_MSRS, "KVM_GET_MSRS", &call);
    if (got < 0)
        return got;
    memcpy(msrs->entries + msrs->count, call.entries, (size_t)got * sizeof call.entries[0]);
    msrs->count += (uint32_t)got;
    *next += (uint32_t)got < asked ? (uint32_t)got + 1 : asked;
    return 0;
}

int vcpu_msrs_get(int vcpu_fd, const struct vcpu_msr_list *list, struct vcpu_msrs *msrs)
{
    uint32_t next = 0;
    int result = 0;

    msrs->count = 0;
    while (result == 0 && next < list->count)
        result = get_some(vcpu_fd, list, &next, msrs);
    return result;
}

static int say_refused(const struct kvm_msr_entry *msr, unsigned vcpu)
{
    if (msr->data != 0 &&
        !is_in(of_the_host, sizeof of_the_host / sizeof of_the_host[0], msr->index)) {
        log_error("vCPU %u: this KVM does not take MSR 0x%x with the value 0x%llx", vcpu,
                  msr->index, (unsigned long long)msr->data);
        return -ENOTSUP;
    }
    if (msr->data != 0 && vcpu == 0)
        log_note("this KVM does not take MSR 0x%x; the guest goes on without", msr->index);
    return 0;
}

/* One call for the MSRs from *next on, up to one that is refused, or that is another's matter. */
static int set_some(int vcpu_fd, unsigned vcpu, const struct vcpu_msr_list *list,
                    const struct vcpu_msrs *msrs, uint32_t *next)
{
    const struct kvm_msr_entry *first = &msrs->entries[*next];
    struct msr_call call = {0};
    int result = 0, set;

    while (call.header.nmsrs < MSRS_PER_CALL && *next + call.header.nmsrs < msrs->count &&
           !is_apart(list, first[call.header.nmsrs].index))
        call.header.nmsrs++;
    if (call.header.nmsrs == 0) {
        ++*next;
        return 0;
    }
    for (uint32_t i = 0; i < call.header.nmsrs; i++)
        call.entries[i] = (struct kvm_msr_entry){.index = first[i].index, .data = first[i].data};
    set = kvm_call(vcpu_fd, KVM_SET_MSRS, "KVM_SET_MSRS", &call);
    if (set < 0)
        return set;
    *next += (uint32_t)set;
    if ((uint32_t)set < call.header.nmsrs)
        result = say_refused(&msrs->entries[(*next)++], vcpu);
    return result;
}

int vcpu_msrs_set(int vcpu_fd, unsigned index, const struct vcpu_msr_list *list,
                  const struct vcpu_msrs *msrs)
{
    uint32_t next = 0;
    int result = 0;

    while (result == 0 && next < msrs->count)
        result = set_some(vcpu_fd, index, list, msrs, &next);
    return result;
}
