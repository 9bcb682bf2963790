/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the program uses of KVM, as data: kvm_open refuses a KVM that lacks what is required, and
 * `minivmm doctor` says what the absence of each means.
 *
 * Source: Linux Documentation/virt/kvm/api.rst.
 */
#ifndef VMM_KVM_KVM_CAPABILITIES_H
#define VMM_KVM_KVM_CAPABILITIES_H

#include <stdbool.h>

struct kvm_capability {
    int number;
    const char *name;
    /* Bits of what KVM_CHECK_EXTENSION answers that are used; 0: any answer above 0 will do. */
    int bits;
    bool required;
    /* What a run is like without it, a part of a sentence. */
    const char *absence;
};

#define KVM_CAPABILITY_COUNT 20

extern const struct kvm_capability kvm_capabilities[KVM_CAPABILITY_COUNT];

/* Whether this answer of KVM_CHECK_EXTENSION, negative if it failed, says that it is there. */
bool kvm_capability_is_in(const struct kvm_capability *capability, int answer);

#endif
