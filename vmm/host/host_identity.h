/* SPDX-License-Identifier: BSD-2-Clause */
/* Which host this is, since which boot, and what all of its clocks say: what a snapshot keeps of
 * it. */
#ifndef VMM_HOST_HOST_IDENTITY_H
#define VMM_HOST_HOST_IDENTITY_H

#include "snapshot/host_record.h"

/* All but tsc_khz, which is KVM's to say. What the host does not tell is 0 or empty. */
void host_identity_read(struct host_record *record);

#endif
