/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI fixed power-management block: PM1 event and control registers and the PM timer.
 *
 * Source: ACPI specification 6.5, section 4.8.3. Registers, at their offsets in the block:
 *   0x0 PM1_STS  2 bytes  0 TMR_STS, 8 PWRBTN_STS, 10 RTC_STS, 15 WAK_STS; write 1 clears
 *   0x2 PM1_EN   2 bytes  0 TMR_EN, 8 PWRBTN_EN, 10 RTC_EN; 5 GBL_EN without an event
 *   0x4 PM1_CNT  2 bytes  0 SCI_EN (always 1: there is no SMI command port), 10..12 SLP_TYP,
 *                         13 SLP_EN (write only)
 *   0x8 PM_TMR   4 bytes  counter at 3.579545 MHz, read only: 32 bits wide, or 24 and the top byte
 *                         reads 0 (the FADT says which: TMR_VAL_EXT)
 * Any register may be read and written in bytes. TMR_STS is set at each change of the counter's
 * top bit. The SCI is a level: high while a status bit and its enable bit are both set.
 *
 * RTC_STS is set when the RTC's alarm asserts its interrupt, whether or not that comes to the guest
 * (section 4.8.2.4; the FADT's FIX_RTC is 0). It is what wakes a guest whose interrupts are off but
 * for the SCI. The GBL event is firmware's that gives back the global lock: there is none.
 *
 * S3 (section 16.1.3): SLP_EN with its sleep type puts the machine to sleep, if the machine offers
 * that. This block has power all the while, and the RTC: PWRBTN and RTC wake it if they are
 * enabled, also if they were set before. Then WAK_STS is set. What CPUs and other devices lose is
 * for the machine to do.
 *
 * Modelled: TMR, PWRBTN, RTC; S5, which is sleep type 0, and S3, type 1. Not modelled: GBL, SLPBTN,
 * S1, S2, S4.
 *
 * Times are guest time. Every call but acpi_pm_timer is under the machine's lock, on any thread.
 */
#ifndef DEVICES_PC_ACPI_PM_H
#define DEVICES_PC_ACPI_PM_H

#include <assert.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/guest_request.h"
#include "devices/irq_line.h"
#include "devices/timerq.h"

#define ACPI_PM_LENGTH_BYTES 12
#define ACPI_PM_REG_STS      0
#define ACPI_PM_REG_EN       2
#define ACPI_PM_REG_CNT      4
#define ACPI_PM_REG_TMR      8

#define ACPI_PM_TMR_BIT    (1u << 0)
#define ACPI_PM_PWRBTN_BIT (1u << 8)
#define ACPI_PM_RTC_BIT    (1u << 10)
#define ACPI_PM_SCI_EN_BIT (1u << 0)
#define ACPI_PM_SLP_EN_BIT (1u << 13)
#define ACPI_PM_WAK_BIT    (1u << 15)
#define ACPI_PM_SLP_TYP_S5 0
#define ACPI_PM_SLP_TYP_S3 1

#define ACPI_PM_DEFAULT_TIMER_BITS 24

struct acpi_pm_state {
    /* Guest time at which the counter was 0. */
    uint64_t timer_zero_ns;
    /* Changes of the top bit since then that the guest has cleared from TMR_STS. */
    uint64_t flips_cleared;
    /* PM1_STS without TMR_STS, which a read computes from the time. */
    uint16_t sts;
    uint16_t en;
    uint16_t cnt;
    /* Flag: the machine sleeps. */
    uint16_t asleep;
};
static_assert(sizeof(struct acpi_pm_state) == 24, "the state is the snapshot");

struct acpi_pm_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    struct irq_line *sci;
    struct guest_request_sink requests;
    /* 24 or 32. */
    unsigned timer_bits;
    /* Whether the machine can sleep. */
    bool has_s3;
};

struct acpi_pm {
    struct device dev;
    struct acpi_pm_state state;
    struct acpi_pm_wiring wiring;
    struct timer flip_timer;
};

/* A block in its power-on state at now_ns, with the counter at 0. Copies the wiring. */
void acpi_pm_init(struct acpi_pm *pm, const struct acpi_pm_wiring *wiring, uint64_t now_ns);

/* Presses the power button: sets PWRBTN_STS, which raises the SCI if PWRBTN_EN is set. */
void acpi_pm_press_power_button(struct acpi_pm *pm, uint64_t now_ns);

/* The RTC's alarm comes: sets RTC_STS, which raises the SCI if RTC_EN is set. */
void acpi_pm_rtc_alarm(struct acpi_pm *pm);

/*
 * Whether the machine sleeps and something is to wake it: asked by the machine once it sleeps, as
 * GUEST_WAKE tells only of what comes later. And that it has woken.
 */
bool acpi_pm_wants_wake(const struct acpi_pm *pm);
void acpi_pm_wake(struct acpi_pm *pm, uint64_t now_ns);

/*
 * A step of the block's time, whose counter can only go forward. acpi_pm_forward_ns is how much
 * later the time has to be so that the counter is later by by_ns, or earlier: then it goes forward
 * through whole periods of the counter, to the nanosecond. acpi_pm_stepped comes after it: the time
 * was was_ns. TMR_STS is set if the step changes the counter's top bit, and else is as it was.
 */
uint64_t acpi_pm_forward_ns(const struct acpi_pm *pm, int64_t by_ns);
void acpi_pm_stepped(struct acpi_pm *pm, uint64_t was_ns, uint64_t now_ns);

/*
 * What the timer's register shows. It follows from time, and from what is fixed but for a reset and
 * a load: once the guest runs it needs no lock.
 */
uint32_t acpi_pm_timer(const struct acpi_pm *pm, uint64_t now_ns);

/* Whether an access, whose first byte is the register reg, reads the timer or a part of it. */
bool acpi_pm_reads_timer(uint32_t reg, unsigned size_bytes);

#endif
