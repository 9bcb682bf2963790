/* SPDX-License-Identifier: BSD-2-Clause */
/* What the control socket has of faults: two commands and an event. */
#ifndef VMM_CMD_CONTROL_FAULT_H
#define VMM_CMD_CONTROL_FAULT_H

#include <stdint.h>

#include "timelab/fault.h"
#include "vmm/host/qmp.h"

struct run_control;

/* Does what the call's arguments say, or fails the call. */
void control_fault(struct qmp_call *call, struct run_control *run);

/* A list of the table: of each its name, arguments, needs and help. */
json_t *control_query_faults(void);

/* The fault's object, and guest-ns: the guest time at which it was done. */
json_t *control_fault_data(const struct fault *fault, uint64_t guest_ns);

#endif
