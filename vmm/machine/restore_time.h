/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time of a machine that is restored: machine_restore.h says what it does. These are its steps,
 * in their order; each returns 0, or a negative errno after one error line.
 */
#ifndef VMM_MACHINE_RESTORE_TIME_H
#define VMM_MACHINE_RESTORE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/host_record.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_image.h"
#include "vmm/machine/restore_request.h"

/* From the save to now. */
struct restore_gap {
    bool same_boot;
    /*
     * If it is another: by the clocks of the hosts, whose error bound_ns is, so far as they say. 0
     * if the clock is behind the save by no more than that.
     */
    int64_t passed_ns;
    int64_t bound_ns;
    bool by_tai;
    /* The same by UTC, leap seconds and steps of the clocks included. */
    int64_t utc_passed_ns;
    /* Now: what is below has counted from here. */
    uint64_t until_tsc;
    uint64_t until_monotonic_ns;
};

/*
 * What lies between two records of a host. Pure. The scale is that of then, and of guest time at
 * that dilation.
 */
struct restore_gap restore_gap_between(const struct host_record *then,
                                       const struct host_record *now, struct pvclock_scale scale,
                                       struct dilation dilation);

/* Once the VM is there: whether this KVM and this host can do what is asked for. */
int restore_time_check(struct machine *machine, const struct machine_image *image,
                       const struct restore_request *request, const struct restore_gap *gap);

/* Guest time stands at the cut. The ratios of the vCPUs' TSCs are known. */
int restore_time_begin(struct machine *machine, const struct machine_image *image,
                       const struct restore_request *request, const struct restore_gap *gap);

/* When all else is in place: guest time goes on. */
int restore_time_go_on(struct machine *machine, const struct restore_request *request,
                       const struct restore_gap *gap);

#endif
