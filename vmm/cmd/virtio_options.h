/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of virtio devices: --rng. */
#ifndef VMM_CMD_VIRTIO_OPTIONS_H
#define VMM_CMD_VIRTIO_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table virtio_option_table;

#endif
