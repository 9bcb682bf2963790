/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quiesce: every vCPU is held outside the guest, and let go again.
 *
 * A vCPU is held once KVM_RUN has said -EINTR, and only then. KVM_RUN that returned an exit has not
 * finished the guest's instruction: what is left to do (a byte that was read and is not in its
 * register yet, the rest of a REP) is in no state that can be read, and the next KVM_RUN does it
 * first. Only after that does KVM look at immediate_exit, and return -EINTR. So a vCPU that is
 * kicked goes on calling KVM_RUN and answering exits until -EINTR comes; that is soon, as the guest
 * itself does not run any more. Its registers are then those between two instructions. Source:
 * Linux Documentation/virt/kvm/api.rst, the note in the section on struct kvm_run.
 *
 * A vCPU whose thread has ended counts as held: it does not run any more. That makes the end of the
 * machine during a hold simple: whoever ends it, an exit that is answered meanwhile for example,
 * every vCPU is held or ends, and quiesce_hold returns.
 */
#ifndef VMM_MACHINE_QUIESCE_H
#define VMM_MACHINE_QUIESCE_H

#include <stdbool.h>

#include "vmm/machine/vcpu.h"

struct machine;

/* Before any vCPU starts. */
void quiesce_init(struct machine *machine);

/*
 * In the main thread, under the machine's lock, which is released while it waits: returns once
 * every vCPU is held and no request of a disk is under way (machine_disk.h). False if the machine
 * is ending; then nobody is to be let go.
 */
bool quiesce_hold(struct machine *machine);

/*
 * In any thread, under the lock, which is kept: keeps the vCPUs out of the guest for a moment. It
 * does not wait: a vCPU that is in the guest leaves it soon. An ioctl on that vCPU waits until it
 * has left, and it stays out. The caller passes the result to quiesce_let_in before it releases the
 * lock.
 */
bool quiesce_keep_out(struct machine *machine);
void quiesce_let_in(struct machine *machine, bool was_kept_out);

/* In the main thread, under the lock: the vCPUs run again. */
void quiesce_let_go(struct machine *machine);

/*
 * In the main thread, under the lock: whether every vCPU that was let go has left its hold. Until
 * then it cannot have run. One that is stalled does not count.
 */
bool quiesce_all_have_left(const struct machine *machine);

/*
 * In a vCPU's thread, without the lock, when KVM_RUN has said -EINTR: waits while there is a hold
 * or a stall. False once the machine is ending.
 */
bool quiesce_wait(struct vcpu *vcpu);

/* In a vCPU's thread, without the lock, at its end: the vCPU counts as held from now on. */
void quiesce_leave(struct vcpu *vcpu);

/* Any thread, without the lock, once the machine is ending: who is held ends as well. */
void quiesce_release(struct machine *machine);

#endif
