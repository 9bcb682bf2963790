/* SPDX-License-Identifier: BSD-2-Clause */
/* Which host this is, and since which boot: what a snapshot keeps of it beside its clocks. */
#ifndef VMM_HOST_HOST_IDENTITY_H
#define VMM_HOST_HOST_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/host_record.h"

#define GENERATION_ID_BYTES 16

/*
 * Leaves the clocks as they are (host_clock_record), and tsc_khz, which is KVM's to say. What the
 * host does not tell stays as it is, 0 or empty.
 */
void host_identity_read(struct host_record *record);

/* Random bytes of the host's kernel. */
void host_random(void *bytes, size_t size_bytes);

/*
 * A new identity of a machine, as Microsoft's "Virtual Machine Generation ID" has it: random, so
 * that no other machine has it, nor the same one before it was restored.
 */
void host_new_generation_id(uint8_t id[static GENERATION_ID_BYTES]);

#endif
