/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's log of the pages that a guest writes to. What this process writes into the guest's memory
 * is not in it. While it is on, the first write to a page after each look costs a fault. Source:
 * Linux Documentation/virt/kvm/api.rst, KVM_GET_DIRTY_LOG.
 */
#ifndef VMM_KVM_DIRTY_LOG_H
#define VMM_KVM_DIRTY_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/kvm/kvm.h"

/* Switches it for memory that kvm_add_memory has added with the same arguments; 0 or -errno. */
int kvm_log_dirty_pages(const struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes,
                        void *host, bool on);

/*
 * A bit for each page of the slot, set if it was written to since the last look, or since the log
 * is on. There is room for a multiple of 64 bits. 0 or -errno.
 */
int kvm_take_dirty_pages(const struct kvm *kvm, unsigned slot, uint64_t *bits);

#endif
