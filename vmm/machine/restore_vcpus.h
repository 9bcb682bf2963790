/* SPDX-License-Identifier: BSD-2-Clause */
/* The vCPUs of a machine that is restored; for machine_restore.c. */
#ifndef VMM_MACHINE_RESTORE_VCPUS_H
#define VMM_MACHINE_RESTORE_VCPUS_H

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_image.h"
#include "vmm/machine/restore_request.h"

/* Makes the vCPUs. The VM is there. 0, or a negative errno after one error line, as below. */
int restore_create_vcpus(struct machine *machine);

/* Gives them their CPUID and the rates of their TSCs. */
int restore_prepare_vcpus(struct machine *machine, const struct machine_image *image,
                          const struct restore_request *request, bool same_boot);

/* Once guest time stands at the cut: TSCs as of then, and all that KVM keeps of the vCPUs. */
int restore_set_vcpus(struct machine *machine, const struct machine_image *image,
                      const struct restore_request *request);

#endif
