/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RTC: Motorola MC146818 with 128 bytes of registers and memory, as in the PC/AT.
 *
 * Source: MC146818A data sheet. Ports:
 *   0 index, port 70h  Write only, reads as ones. Bits 6..0 select a register. Bit 7, the NMI mask
 *                      of the PC, has no effect.
 *   1 data, port 71h   The selected register (rtc_time.h). 0Eh to 7Fh are 114 bytes of memory. One
 *                      of them is the century, which is at 32h and, for a PS/2, at 37h as well.
 *
 * Divider chain. A crystal of 32.768 kHz drives it, and its age is the time that it has run. The
 * age alone says when something happens (rtc_chain.h):
 * - Update. UIP rises at each whole second of age. The update cycle begins 244 us later and takes
 *   1984 us. At its end UIP falls, the next second is shown, UF is set, and AF is set if the new
 *   time matches the alarm. That is the moment at which the shown second begins.
 * - Periodic edge. PF is set once in every period, at one of 15 rates. One of these edges is half
 *   of a period before UIP rises.
 * - DV = 11x holds the chain in reset: it stands. When DV becomes 010 the next update cycle begins
 *   500 ms later. Other values of DV stop the oscillator, as in the DS12887. The chain then stands
 *   too, and starts in the same way.
 * - SET stops updates, also one that is under way. The time bytes then hold what the guest writes.
 *
 * Interrupts (rtc_irq.h). Flags are set whether or not they are enabled. A read of C clears all of
 * them. IRQ 8 is a level: high while a flag and its enable bit are set. A timer is armed only for
 * an interrupt that is enabled; while the line is high or disconnected, for the alarm alone.
 *
 * Alarm. What AF and AIE have in it is a line of its own, which nobody disconnects. ACPI's PM block
 * is there: a rise is a wake-up event (acpi_pm.h).
 *
 * A reset keeps time, calendar and memory. It clears PIE, AIE, UIE, SQWE and the flags.
 *
 * Lost ticks. With PIE set, a periodic edge that finds PF set is a lost tick, and state.ticks says
 * what becomes of it (tick_policy.h). A read of C with PF set is the acknowledgement. An owed tick
 * sets PF again: in a burst at once, in a slew half of a period later, or with the next periodic
 * edge if that is earlier. So it is what the guest does that decides when PF is set, and a late
 * host changes no register. When PIE is cleared, A is changed or the chip is reset, owed ticks are
 * dropped.
 *
 * Power. After it was lost VRT of D is 0. A read of D sets it, as nothing else does (the data
 * sheet, "Register D").
 *
 * Following another clock. rtc_set_wall moves the time that is shown. Every second and every
 * periodic edge of the clock still happens once:
 * - Forward: everything that is skipped happens at once.
 * - Back, by less than a second: the second that is shown lasts longer.
 * - Back, by more: the date goes back by whole seconds, and the rest as above.
 *
 * Not modelled: square wave output, daylight saving (DSE is kept, no effect), other crystals.
 *
 * Times are guest time unless they are called wall time, which is in ns since 1970 (UTC). Every
 * call is under the machine's lock, on any thread.
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

/* The memory of the chip: all registers from 0Eh on, with the century among them. */
#define RTC_NVRAM_FIRST 0x0e
#define RTC_NVRAM_BYTES (RTC_REGISTERS - RTC_NVRAM_FIRST)

struct rtc_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    struct irq_line *irq8;
    struct irq_line *alarm;
    /*
     * The guest has written a byte of the date, or has let the time run again. Called under the
     * machine's lock; rtc_wall_ns tells the new time. May be NULL.
     */
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
 * An RTC that runs. At guest time now_ns it shows the second of wall_ns, and its next second begins
 * when that of wall_ns does. BCD, 24 hours, rate 1024 Hz, no interrupt enabled. Copies the wiring.
 */
void rtc_init(struct rtc *rtc, const struct rtc_wiring *wiring, uint64_t now_ns, uint64_t wall_ns);

/*
 * Stores the wall time that the RTC shows at now_ns, with the fraction of the second that has
 * passed. False, and nothing is stored: it stands, is being set, or shows no date of the years 1970
 * to 2199.
 */
bool rtc_wall_ns(const struct rtc *rtc, uint64_t now_ns, int64_t *wall_ns);

/*
 * Makes the RTC show wall_ns at now_ns and go on from there ("Following another clock" above).
 * wall_ns is in the years 1970 to 2199. Where rtc_wall_ns is false nothing happens.
 */
void rtc_set_wall(struct rtc *rtc, uint64_t now_ns, int64_t wall_ns);

/*
 * The memory, RTC_NVRAM_BYTES long: rtc_nvram reads it, with 0 for register 37h; rtc_set_nvram
 * writes it, but for 32h and 37h, so that the century stays that of the date.
 */
const uint8_t *rtc_nvram(const struct rtc *rtc);
void rtc_set_nvram(struct rtc *rtc, const uint8_t *bytes);

/*
 * A battery that was empty while the machine was off: the date is 2000-01-01, memory and alarm are
 * 0, and VRT says so. What the guest has chosen in A and B stays, and so do flags and the time that
 * the second has left, as the machine is on.
 */
void rtc_lose_power(struct rtc *rtc, uint64_t now_ns);

/*
 * Chooses the policy for lost ticks. Without this call they are dropped. Before the RTC first runs.
 */
void rtc_set_lost_ticks(struct rtc *rtc, enum lost_ticks kind);

/* Drops the ticks that are owed at now_ns. */
void rtc_forget_ticks(struct rtc *rtc, uint64_t now_ns);

/*
 * Connects IRQ 8 to the interrupt flags, or disconnects it, as legacy replacement of the HPET does.
 * Owed ticks are dropped. A reset connects it.
 */
void rtc_set_irq_enabled(struct rtc *rtc, uint64_t now_ns, bool enabled);

#endif
