/* SPDX-License-Identifier: BSD-2-Clause */
/* See dirty_log.h. */
#include "vmm/kvm/dirty_log.h"

#include <linux/kvm.h>

#include "vmm/kvm/kvm_call.h"

int kvm_log_dirty_pages(const struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes,
                        void *host, bool on)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = on ? KVM_MEM_LOG_DIRTY_PAGES : 0,
        .guest_phys_addr = gpa,
        .memory_size = size_bytes,
        .userspace_addr = (uintptr_t)host,
    };

    return kvm_call(kvm->vm_fd, KVM_SET_USER_MEMORY_REGION,
                    "KVM_SET_USER_MEMORY_REGION(KVM_MEM_LOG_DIRTY_PAGES)", &region);
}

int kvm_take_dirty_pages(const struct kvm *kvm, unsigned slot, uint64_t *bits)
{
    struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bits};

    return kvm_call(kvm->vm_fd, KVM_GET_DIRTY_LOG, "KVM_GET_DIRTY_LOG", &log);
}
