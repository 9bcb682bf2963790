/* SPDX-License-Identifier: BSD-2-Clause */
/* Why /dev/kvm cannot be opened, and what the user can do about it. */
#ifndef VMM_KVM_KVM_ACCESS_H
#define VMM_KVM_KVM_ACCESS_H

#include <stddef.h>

#define KVM_DEVICE            "/dev/kvm"
#define KVM_ACCESS_TEXT_BYTES 256

/* For the errno of a failed open: what is wrong, and what to do. */
void kvm_access_describe(int error, char *text, size_t text_size);

/* The same as an error line. */
void kvm_access_explain(int error);

#endif
