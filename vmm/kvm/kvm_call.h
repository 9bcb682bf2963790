/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For this room alone: an ioctl that says which call failed.
 */
#ifndef VMM_KVM_KVM_CALL_H
#define VMM_KVM_KVM_CALL_H

#include <stdint.h>

/* What the ioctl returned, or a negative errno after an error line that begins with name. */
int kvm_call(int fd, unsigned long request, const char *name, void *argument);

/* The same for an ioctl whose argument is a number. */
int kvm_call_value(int fd, unsigned long request, const char *name, uintptr_t argument);

#endif
