/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of one counter of the Intel 8254, as part of the snapshot, and the bits of its control
 * word and status byte. pit_counter.h says what it does; this is what the parts of the counter
 * share.
 */
#ifndef DEVICES_PC_PIT_COUNTER_STATE_H
#define DEVICES_PC_PIT_COUNTER_STATE_H

#include <assert.h>
#include <stdint.h>

/* A clock pulse that never comes. */
#define PIT_NEVER_TICK UINT64_MAX

/* Control word: bits 5..0 belong to a counter. */
#define PIT_CONTROL_BCD      (1u << 0)
#define PIT_CONTROL_MODE(m)  ((m) << 1)
#define PIT_CONTROL_RW_LATCH (0u << 4)
#define PIT_CONTROL_RW_LSB   (1u << 4)
#define PIT_CONTROL_RW_MSB   (2u << 4)
#define PIT_CONTROL_RW_BOTH  (3u << 4)
#define PIT_CONTROL_RW_MASK  (3u << 4)
#define PIT_CONTROL_BITS     0x3fu
/* Status byte: the bits of the control word, and these. */
#define PIT_STATUS_OUT        (1u << 7)
#define PIT_STATUS_NULL_COUNT (1u << 6)

/* The fields of 8 bits behind first_byte are 0 or 1. */
struct pit_counter {
    /* The counting element had counted `counted` clocks of its run at base_tick. */
    uint64_t base_tick;
    uint64_t counted;
    /*
     * The tick at which the count register is loaded into the counting element, or PIT_NEVER_TICK.
     */
    uint64_t load_tick;
    /* Clocks that the counting element was last loaded with, 1 to 65536. */
    uint32_t initial;
    uint16_t count_register;
    /* The counting element, if running is 0. */
    uint16_t element;
    uint16_t latched_count;
    uint8_t latched_status;
    /* Bits 5..0 of the control word, as written. */
    uint8_t control;
    /* The low byte of a count whose high byte is still to be written. */
    uint8_t first_byte;
    uint8_t gate;
    /* A count has been written since the control word. */
    uint8_t count_written;
    /* There is a run: a load since the control word, and in mode 0 since the count, too. */
    uint8_t running;
    /* GATE halts the run. */
    uint8_t halted;
    /* The strobe of mode 4 ended while GATE halted the run. */
    uint8_t strobe_done;
    uint8_t null_count;
    uint8_t count_latched;
    uint8_t status_latched;
    uint8_t read_msb_next;
    uint8_t write_msb_next;
    uint8_t pad[5];
};
static_assert(sizeof(struct pit_counter) == 56, "part of a snapshot");

#endif
