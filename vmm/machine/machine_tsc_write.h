/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSC of a vCPU is set while there is a guest: by the guest, or by a fault.
 *
 * The guest's writes to IA32_TSC and IA32_TSC_ADJUST are captured, except with --kvmclock kernel:
 * kvm-clock pages count TSC cycles, so a page must follow, and TSC_STABLE end if the TSCs now
 * differ. The rule is the architecture's (devices/msr/tsc_msrs.h). KVM itself would try to guess
 * which writes are meant to synchronize TSCs, but only for those of the host; the guest's it takes
 * literally, as is done here. On a KVM that ignores offsets the write has no effect, on neither
 * register, and is counted. Which KVM it is, is found out before any vCPU runs the guest: a KVM
 * that ignores offsets either says that a new vCPU has none, or the vCPU reads another TSC than its
 * offset makes (tsc_read_once).
 *
 * A TSC deadline is a value of the TSC (SDM volume 3, 11.5.4.1), so one that was armed before such
 * a write is for another time after it. KVM works out that time when the deadline is written
 * (start_sw_tscdeadline, vmx_set_hv_timer) and keeps to it although the TSC is moved. So a
 * deadline that has not come yet is written again here; with --kvmclock kernel nobody does.
 *
 * All of it is under the machine's lock. The machine ends if KVM fails.
 */
#ifndef VMM_MACHINE_MACHINE_TSC_WRITE_H
#define VMM_MACHINE_MACHINE_TSC_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/guest_tsc.h"

struct machine;

/* The board's hooks: before and after a guest's write, as devices/msr/tsc_msrs.h says. */
bool machine_tsc_begin_write(void *ctx, unsigned vcpu, uint32_t msr, uint64_t *host_now,
                             struct guest_tsc *tsc);
bool machine_tsc_set(void *ctx, unsigned vcpu, const struct guest_tsc *tsc, uint64_t adjust);

/*
 * Adds cycles to the TSC of a vCPU that is not in the guest, or takes them away. IA32_TSC_ADJUST
 * stays as it is. Its kvm-clock page follows, or goes on as that of the TSC as it was, until the
 * TSC is set with one that follows. False: the TSC would not be from 0 to 2^63 - 1, and nothing is
 * done; or KVM has failed.
 */
bool machine_tsc_shift(struct machine *machine, unsigned vcpu, int64_t by_cycles,
                       bool page_follows);

#endif
