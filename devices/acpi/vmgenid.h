/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual Machine Generation ID: 16 random bytes in memory, others in each restored machine. A
 * guest that finds other bytes there knows that it is one of several that were the same until now,
 * and makes its random numbers anew.
 *
 * Source: UAPI group, "VM Generation ID" 1.0 (Microsoft's specification says the same). The bytes
 * are at offset 0 of a page of their own; the ACPI device is in boot/ged.asl.
 */
#ifndef DEVICES_ACPI_VMGENID_H
#define DEVICES_ACPI_VMGENID_H

#include <stdint.h>

#define VMGENID_BYTES 16

/*
 * Writes the ID at the page's beginning. uuid has its bytes in the order of their text form (RFC
 * 4122); in memory it is a GUID, whose first three fields are little-endian. No vCPU may run.
 */
void vmgenid_fill(uint8_t page[static VMGENID_BYTES], const uint8_t uuid[static VMGENID_BYTES]);

#endif
