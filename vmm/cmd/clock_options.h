/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --kvmclock, who publishes it, --kvmclock-follow, which clock of the host it follows, and
 * --ptp-kvm, whose time the hypercall gives.
 */
#ifndef VMM_CMD_CLOCK_OPTIONS_H
#define VMM_CMD_CLOCK_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table clock_option_table;

#endif
