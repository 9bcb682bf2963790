/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine as a snapshot's records say it is, checked: what can be said of it without KVM.
 *
 * The records may come from a stranger. After machine_image_read no field makes the program fail an
 * assertion, run without end or grow; that a guest can be in such a state is for the devices and
 * for KVM to say, when they are given theirs.
 *
 * Pure.
 */
#ifndef VMM_MACHINE_MACHINE_IMAGE_H
#define VMM_MACHINE_MACHINE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "kvmclock/time_cut.h"
#include "snapshot/host_record.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/machine/machine_config.h"
#include "vmm/machine/machine_record.h"

struct machine_image {
    /* All of the records, which stay the caller's: for what is not below. */
    const void *records;
    size_t size_bytes;

    struct machine_config config;
    struct host_record host;
    struct time_record time;
    struct timebase_record timebase;
    struct machine_record machine;
    struct panic_watch_record panic;
    struct irqchip_state irqchip;
};

/*
 * False, and one line without a newline in error: a record is missing, or no machine can be so.
 * records are a stream that record_stream_validate accepts.
 */
bool machine_image_read(struct machine_image *image, const void *records, size_t size_bytes,
                        struct text *error);

/* The part of the cut that is of a vCPU; false as above. */
bool machine_image_read_vcpu(const struct machine_image *image, unsigned index,
                             struct time_cut_vcpu *vcpu, struct text *error);

#endif
