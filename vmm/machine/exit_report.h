/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits that end the machine: what they mean to the user, in one line, and with --verbose where the
 * vCPU was and how it got there.
 */
#ifndef VMM_MACHINE_EXIT_REPORT_H
#define VMM_MACHINE_EXIT_REPORT_H

struct vcpu;

/* Ends the machine because of the vCPU's present exit, which no handler takes. */
void exit_report_end(struct vcpu *vcpu);

#endif
