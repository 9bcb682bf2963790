/* SPDX-License-Identifier: BSD-2-Clause */
/* What this host is, asked and measured. */
#ifndef VMM_CMD_DOCTOR_FACTS_H
#define VMM_CMD_DOCTOR_FACTS_H

#include "check/doctor.h"
#include "kvmclock/calibration.h"
#include "kvmclock/host_facts.h"
#include "vmm/kvm/kvm_access.h"

/* For how long the TSC is measured, at least. */
#define DOCTOR_CALIBRATION_NS UINT64_C(100000000)

/* The facts, and what they point to. */
struct doctor_host {
    struct doctor_facts facts;
    struct host_facts clocks;
    char kvm_problem[KVM_ACCESS_TEXT_BYTES];
};

/*
 * start is an early bracket of CLOCK_MONOTONIC_RAW. 0, or a negative errno after an error line: a
 * call failed that has no reason to.
 */
int doctor_facts_collect(struct doctor_host *host, const struct clock_bracket *start);

#endif
