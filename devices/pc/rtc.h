/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RTC: Motorola MC146818 with 128 bytes of registers and memory, as in the PC/AT.
 *
 * Source: MC146818A data sheet. Registers:
 *   0  index (port 70h): bits 6..0 of a write select a register, bit 7 (NMI mask) has no effect;
 *      write only, reads as ones
 *   1  data (port 71h): the selected register, see rtc_time.h; 0Eh to 7Fh are 114 bytes of memory,
 *      among them the century, one byte that is at 32h and at 37h (PS/2)
 *
 * The divider chain runs from a crystal of 32.768 kHz and everything follows from its age:
 * - Once a second UIP rises; 244 us later the update cycle begins, and 1984 us after that UIP
 * falls, the new time can be read, UF is set, and AF if the time matches the alarm. The time is
 * that of the second just begun when UIP falls.
 * - A periodic flag (15 rates) is set half of its period before UIP rises and in every period.
 * - A chain in reset (DV = 11x) stands; when DV becomes 010 the next update cycle begins 500 ms
 *   later. Other values of DV stop the oscillator, as in the DS12887, and leave the same way.
 * - SET stops updates and one that is under way; the time bytes then hold what is written.
 * - Flags are set whether or not they are enabled; reading C clears them and drops IRQ 8. The line
 *   is a level: high while a flag and its enable bit are set.
 * - A reset keeps time, calendar and memory and clears PIE, AIE, UIE, SQWE and the flags.
 * Timers are armed only for an interrupt that is enabled, and none while the line is high.
 *
 * With PIE set, periods that pass while PF waits to be read are lost ticks, and state.ticks says
 * what becomes of them (tick_policy.h). The read of C is the acknowledgement; an owed tick is PF
 * set again: in a burst at once, in a slew half of a period later, unless a period of its own comes
 * first. That is a function of what the guest does, so that no register depends on a late host.
 * Nothing is owed any more when PIE is cleared, the rate is changed or the chip is reset.
 *
 * rtc_set_wall makes the clock follow another one. Each of its seconds and periods still happens
 * once: moved on, it does at once what it has passed; moved back by less than a second, the second
 * it shows lasts longer; moved back further, the date goes back by whole seconds.
 *
 * Not modelled: square wave output, daylight saving (DSE is kept, no effect), other crystals.
 */
#ifndef DEVICES_PC_RTC_H
#define DEVICES_PC_RTC_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/irq_line.h"
#include "devices/pc/rtc_state.h"
#include "devices/pc/rtc_wall.h"
#include "devices/tick_policy.h"
#include "devices/timerq.h"

#define RTC_REG_INDEX 0
#define RTC_REG_DATA  1

/* The memory: all registers from 0Eh on, the century among them. */
#define RTC_NVRAM_FIRST 0x0e
#define RTC_NVRAM_BYTES (RTC_REGISTERS - RTC_NVRAM_FIRST)

struct rtc_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    struct irq_line *irq8;
    /* May be NULL: the guest has set the date or let the time run again; rtc_wall_ns tells it. */
    void (*date_set)(void *ctx, uint64_t now_ns);
    void *ctx;
};

struct rtc {
    struct device dev;
    struct rtc_state state;
    struct rtc_wiring wiring;
    struct timer irq_timer;
};

/*
 * An RTC that runs and, at guest time now_ns, shows the second of wall_ns (since 1970, UTC): BCD,
 * 24 hours, 1024 Hz selected, no interrupt enabled. Its second changes where that of wall_ns does.
 */
void rtc_init(struct rtc *rtc, const struct rtc_wiring *wiring, uint64_t now_ns, uint64_t wall_ns);

/*
 * The time that the RTC shows at now_ns, since 1970 and with the fraction of the second that has
 * passed. False if it stands, is being set, or shows no date of the years 1970 to 2199.
 */
bool rtc_wall_ns(const struct rtc *rtc, uint64_t now_ns, int64_t *wall_ns);

/*
 * The RTC shows wall_ns at now_ns and goes on from there, as told above. It is left alone where
 * rtc_wall_ns is false.
 */
void rtc_set_wall(struct rtc *rtc, uint64_t now_ns, int64_t wall_ns);

/*
 * The memory, RTC_NVRAM_BYTES long, with 0 at 37h. When it is set, 32h and 37h of it are left out:
 * the century stays that of the date.
 */
const uint8_t *rtc_nvram(const struct rtc *rtc);
void rtc_set_nvram(struct rtc *rtc, const uint8_t *bytes);

/* What becomes of lost periods; out of init, they are dropped. For an RTC that has not run yet. */
void rtc_set_lost_ticks(struct rtc *rtc, enum lost_ticks kind);

/* Of the periods lost until now_ns none is owed any more: they are dropped. */
void rtc_forget_ticks(struct rtc *rtc, uint64_t now_ns);

/* Lets the interrupt flags reach IRQ 8, or keeps them from it. Enabled out of reset. */
void rtc_set_irq_enabled(struct rtc *rtc, uint64_t now_ns, bool enabled);

#endif
