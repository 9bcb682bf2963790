/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COM1 by interrupts on IRQ 4: its transmitter, and what the judge types.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"

#define COM1         0x3f8
#define IER          (COM1 + 1)
#define IIR          (COM1 + 2)
#define FCR          (COM1 + 2)
#define MCR          (COM1 + 4)
#define LSR          (COM1 + 5)
#define IER_RECEIVED 0x01
#define IER_SENT     0x02
#define IIR_NONE     0x01
#define IIR_ID       0x0f
#define IIR_SENT     0x02
#define FCR_ENABLE   0x01
#define MCR_OUT2     0x08
#define LSR_READY    0x01
#define IRQ          4
#define TYPED        "Hello, guest"
#define LIMIT_NS     (10 * NS_PER_SEC)

static volatile uint32_t sent_count;
static volatile uint32_t typed_count;
static char typed[64];

static void take_typed(void)
{
    while ((in8(LSR) & LSR_READY) != 0) {
        char c = (char)in8(COM1);

        if (typed_count < sizeof typed - 1)
            typed[typed_count++] = c;
    }
}

/* The PIC sees edges: all causes are dealt with before the line is low. */
static void on_irq(void)
{
    uint8_t id;

    while (((id = in8(IIR)) & IIR_NONE) == 0)
        if ((id & IIR_ID) == IIR_SENT)
            sent_count++;
        else
            take_typed();
    pic_acknowledge(IRQ);
}

/* check prints by COM1, too: its interrupts are off when it does. */
void payload_main(const uint8_t *zero_page)
{
    bool sent, again, received;

    (void)zero_page;
    pic_init();
    pic_enable(IRQ, on_irq);
    out8(FCR, FCR_ENABLE);
    out8(MCR, MCR_OUT2);
    out8(IER, IER_SENT);
    sent = wait_for_count(&sent_count, 1, LIMIT_NS);
    sent_count = 0;
    out8(COM1, '#');
    again = wait_for_count(&sent_count, 1, LIMIT_NS);
    out8(IER, 0);
    print("\n");
    check("an empty transmitter interrupts when that is enabled", sent);
    check("and when a byte has gone", again);
    print("# ready\n");
    out8(IER, IER_RECEIVED);
    received = wait_for_count(&typed_count, sizeof TYPED - 1, LIMIT_NS);
    out8(IER, 0);
    check("what is typed interrupts", received);
    check_text("and is what was typed", typed, TYPED);
    check_done();
}
