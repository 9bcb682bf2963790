/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of an RTC, which is the snapshot, and the bits of its registers. rtc.h says what they
 * do; this is what the parts of the chip share.
 */
#ifndef DEVICES_PC_RTC_STATE_H
#define DEVICES_PC_RTC_STATE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/rtc_time.h"
#include "devices/tick_policy.h"

#define RTC_A_UIP      (1u << 7)
#define RTC_A_DV_MASK  (7u << 4)
#define RTC_A_DV_RUN   (2u << 4)
#define RTC_A_DV_RESET (6u << 4)
#define RTC_A_RS_MASK  0x0fu
#define RTC_B_SET      (1u << 7)
#define RTC_B_PIE      (1u << 6)
#define RTC_B_AIE      (1u << 5)
#define RTC_B_UIE      (1u << 4)
#define RTC_B_SQWE     (1u << 3)
#define RTC_C_IRQF     (1u << 7)
#define RTC_C_PF       (1u << 6)
#define RTC_C_AF       (1u << 5)
#define RTC_C_UF       (1u << 4)
#define RTC_D_VRT      (1u << 7)

/* UIP rises this long before the update cycle begins; and the length of the update cycle. */
#define RTC_BEFORE_UPDATE_NS UINT64_C(244000)
#define RTC_UPDATE_NS        UINT64_C(1984000)

struct rtc_state {
    /* At guest time chain_base_ns the age of the divider chain was chain_age_ns. */
    uint64_t chain_base_ns;
    uint64_t chain_age_ns;
    /*
     * How many update cycles and periodic edges have had their effect on regs. After a step back
     * they can be ahead of the age, by one update and by the edges of two seconds.
     */
    uint64_t updates_done;
    uint64_t periods_done;
    /* All registers as of then. UIP and IRQF are 0 here; a read computes them. */
    uint8_t regs[RTC_REGISTERS];
    uint8_t index;
    /* 0 while something else (the HPET in legacy mode) drives IRQ 8. */
    uint8_t irq_enabled;
    /* Flag: power was lost since register D was read. */
    uint8_t lost_power;
    uint8_t pad[5];
    /* Periodic edges that found PF set. */
    struct tick_policy ticks;
};
static_assert(sizeof(struct rtc_state) == 192, "the state is the snapshot");

/* SET: the guest sets the time bytes, and updates leave them alone. */
static inline bool rtc_is_set_mode(const struct rtc_state *state)
{
    return (state->regs[RTC_B] & RTC_B_SET) != 0;
}

#endif
