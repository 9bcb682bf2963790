/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A probe of which every byte is the test's: sends the initrd on COM2 as it is, then ends the
 * machine, or with end=hang does not.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define COM2             0x2f8
#define COM_LINE_STATUS  5
#define TRANSMITTER_FREE 0x20

/* Offsets in struct boot_params. */
#define RAMDISK_IMAGE 0x218
#define RAMDISK_SIZE  0x21c

static uint32_t field(const uint8_t *zero_page, unsigned offset)
{
    return *(const uint32_t *)(const void *)(zero_page + offset);
}

static void send(uint8_t byte)
{
    while ((in8(COM2 + COM_LINE_STATUS) & TRANSMITTER_FREE) == 0)
        cpu_pause();
    out8(COM2, byte);
}

void payload_main(const uint8_t *zero_page)
{
    const uint8_t *bytes = (const uint8_t *)(uintptr_t)field(zero_page, RAMDISK_IMAGE);
    const char *end = text_find_value(payload_command_line(zero_page), "end");

    print("sending\n");
    for (uint32_t i = 0; i < field(zero_page, RAMDISK_SIZE); i++)
        send(bytes[i]);
    while (end != NULL)
        cpu_pause();
    payload_end(PAYLOAD_PASSED);
}
