/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine from a snapshot: a new VM on this host, perhaps in another process, after another boot
 * or on another host, that goes on where the saved one stood.
 *
 * Time. Guest time stood still at a cut (kvmclock/time_cut.h), and goes on
 *
 *   freeze    from there: for the guest nothing has passed
 *   advance   later by as much as has passed for the host; a long way in the steps of
 *             machine_pause.h
 *   at        from there, with another date: kvm-clock's wall time and the RTC
 *
 * On the same boot of the same host the TSC has counted what has passed: no other clock is read,
 * the rate and its bound are the saved ones, and guest time and TSC are right to the cycle. It
 * counts as the same boot if the kernel says so, the host has not slept, and its TSC and
 * CLOCK_MONOTONIC agree about what has passed. Otherwise guest time gets a new rate, measured since
 * this process began, without a step; what has passed is the difference of TAI if both hosts know
 * it, else of UTC.
 *
 * PVCLOCK_GUEST_STOPPED is set in the kvm-clock pages at the restore.
 *
 * Refused, in one line: a snapshot that no machine can be in; a KVM or a CPU that lacks what the
 * saved one had; what restore_time.h says of dates and of hypercalls; and without best effort a
 * host whose TSC runs at another rate, where KVM cannot scale the guest's, and a KVM that ignores
 * TSC offsets, but for advance on the same boot.
 */
#ifndef VMM_MACHINE_MACHINE_RESTORE_H
#define VMM_MACHINE_MACHINE_RESTORE_H

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_image.h"
#include "vmm/machine/restore_request.h"
#include "vmm/machine/restore_time.h"

/*
 * Makes the machine of the image, whose configuration and records stay there until machine_destroy;
 * guest time goes on, and machine_start follows at once. 0, or a negative errno after one error
 * line with nothing left behind. start is a bracket of CLOCK_MONOTONIC_RAW, taken as early as
 * possible.
 */
int machine_restore(struct machine *machine, const struct machine_image *image,
                    const struct host_options *host, const struct restore_request *request,
                    const struct clock_bracket *start);

/*
 * Its parts, for a migration. begin makes the VM and its vCPUs, of which the configuration alone
 * has to be known, and stays there. Without a file (request->memory.fd is -1) memory is zeros, and
 * the caller puts into machine->memory what was there. load does the rest, but guest time stands
 * still: restore_time_go_on and machine_start follow. Each returns 0, or a negative errno after one
 * error line with nothing left behind. In between, machine_create_undo ends it; after load,
 * machine_destroy.
 */
int machine_restore_begin(struct machine *machine, const struct machine_config *config,
                          const struct host_options *host, const struct restore_request *request,
                          const struct clock_bracket *start);
int machine_restore_load(struct machine *machine, const struct machine_image *image,
                         const struct restore_request *request, struct restore_gap *gap);

#endif
