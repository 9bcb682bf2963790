/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID of a machine's vCPUs: what it is to be at a boot, and whether a restored one can stay. */
#ifndef VMM_MACHINE_MACHINE_CPUID_H
#define VMM_MACHINE_MACHINE_CPUID_H

#include "boot/cpuid_policy.h"

struct machine;
struct machine_image;
struct restore_request;

/* What the policy makes CPUID from; machine->kvm is open, and kvm_hidden known. */
struct cpuid_config machine_cpuid_config(const struct machine *machine);

/*
 * Whether this host can offer the features that a guest saved on another one, or on another boot,
 * was told of: those that a machine of the same configuration would be given here. The vCPUs are
 * there, with the CPUID of the image, and have not run. Asking KVM takes a quarter of a
 * millisecond. 0, or a negative errno after one error line that names what is missing.
 */
int machine_cpuid_check(struct machine *machine, const struct machine_image *image,
                        const struct restore_request *request);

#endif
