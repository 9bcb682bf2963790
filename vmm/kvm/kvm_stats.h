/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What KVM says of a vCPU while it runs, without stopping it: whether it is halted, and how often
 * it was.
 *
 * Every other call on a vCPU waits until its thread has left KVM_RUN. Its statistics do not: they
 * are read from a file of their own. "blocking" among them is 1 while the vCPU's thread sleeps for
 * want of work; an idle vCPU that KVM polls for, for up to 200 us (kvm_stop_halt_polling), does not
 * sleep yet. "halt_exits" counts the HLTs that it has executed. To open the file takes the vCPU's
 * mutex, so it is done before the vCPU runs. Source: Linux Documentation/virt/kvm/api.rst,
 * KVM_GET_STATS_FD; from 5.16 on.
 */
#ifndef VMM_KVM_KVM_STATS_H
#define VMM_KVM_KVM_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct kvm_halt_stat {
    /* -1: not open. */
    int fd;
    int64_t halted_offset_bytes;
    int64_t count_offset_bytes;
};

/* 0; or a negative errno, without a message, if this KVM does not tell: it is not open then. */
int kvm_halt_stat_open(struct kvm_halt_stat *stat, int vcpu_fd);

/* Whether the vCPU is halted just now. Any thread may ask. */
bool kvm_halt_stat_read(const struct kvm_halt_stat *stat);

/* How many HLTs it has executed. False if that cannot be read. */
bool kvm_halt_stat_count(const struct kvm_halt_stat *stat, uint64_t *count);

/* Nothing if it is not open. */
void kvm_halt_stat_close(struct kvm_halt_stat *stat);

#endif
