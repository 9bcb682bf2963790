/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The orders of a probe that `minivmm check --from` restores (base/probe_orders.h): it gets
 * them on COM2 once guest time has gone on as far as it is to, so no step of an advance comes while
 * it measures.
 *
 * All calls are on the main thread.
 */
#ifndef VMM_CMD_PROBE_ORDERS_H
#define VMM_CMD_PROBE_ORDERS_H

#include "vmm/host/event_loop.h"

struct machine;

struct probe_orders {
    struct machine *machine;
    struct event_deadline look;
};

/* Before machine_start. Nothing if the host options have no orders. 0, or -ENOSPC: the loop is
 * full. */
int probe_orders_attach(struct probe_orders *self, struct machine *machine,
                        struct event_loop *loop);

#endif
