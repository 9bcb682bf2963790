/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends back what comes on COM2, until that is a "q". */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define COM2         0x2f8
#define MCR          (COM2 + 4)
#define LSR          (COM2 + 5)
#define MCR_DTR_RTS  0x03
#define LSR_READY    0x01
#define LSR_SENT     0x20
#define END          'q'
#define SAID_AT_ONCE "guest"

static void send(uint8_t byte)
{
    while ((in8(LSR) & LSR_SENT) == 0)
        ;
    out8(COM2, byte);
}

static uint8_t receive(void)
{
    while ((in8(LSR) & LSR_READY) == 0)
        ;
    return in8(COM2);
}

void payload_main(const uint8_t *zero_page)
{
    uint8_t byte;

    (void)zero_page;
    out8(MCR, MCR_DTR_RTS);
    for (const char *c = SAID_AT_ONCE; *c != '\0'; c++)
        send((uint8_t)*c);
    print("# ready\n");
    while ((byte = receive()) != END)
        send(byte);
    check("COM2 goes both ways", true);
    check_done();
}
