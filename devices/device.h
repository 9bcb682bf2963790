/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device: what one chip does when the guest reads or writes one of its registers.
 *
 * A chip is a struct that its owner allocates, with a struct device as first member. It holds
 *   state   fixed-width, pointer-free, in guest time; its size is asserted: it is the snapshot
 *   wiring  timer queue, interrupt lines, constants: given at init, never part of a snapshot
 * and owns no clock, thread, lock, file or memory. Time is an argument of every call: guest time in
 * nanoseconds, never smaller than in the call before, and below DEVICE_END_NS. Every call is under
 * the machine's lock, in any thread.
 */
#ifndef DEVICES_DEVICE_H
#define DEVICES_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/* No machine runs for 292 years: times and differences of times have room to be added up. */
#define DEVICE_END_NS (UINT64_C(1) << 63)

struct device;

struct device_ops {
    /* Short lower-case name for logs. */
    const char *name;

    /*
     * The value of size_bytes bytes (1, 2, 4 or 8) at register offset reg, in the low bits; bits
     * above them are ignored by the caller. An access that the chip does not decode reads as ones.
     */
    uint64_t (*read)(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes);

    /*
     * Write of the low size_bytes bytes of value. An access that is not decoded does nothing. A
     * device that has only MSRs has neither of the two.
     */
    void (*write)(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                  uint64_t value);

    /*
     * An MSR of a vCPU, by its number; NULL for a device without any, and read_msr for one whose
     * MSRs are read without it. False if the guest is to get #GP: then nothing has changed.
     */
    bool (*read_msr)(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                     uint64_t *value);
    bool (*write_msr)(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                      uint64_t value);

    /*
     * Whether this read or write has nothing to do with time as the chip is now: it gives and does
     * the same whatever now_ns is, moves no line and no timer, and calls nobody. NULL: none has.
     */
    bool (*is_timeless)(const struct device *dev, bool is_write, uint32_t reg, unsigned size_bytes);

    /* Power-on state at now_ns: timers cancelled, interrupt lines low. */
    void (*reset)(struct device *dev, uint64_t now_ns);

    /* Where the state is in the chip, and its size; a change of its meaning is a new version. */
    uint32_t state_version;
    uint32_t state_offset;
    uint32_t state_size_bytes;

    /*
     * Whether a chip with dev's wiring can be in this state at now_ns: every field is looked at.
     * The state may be any bytes.
     */
    bool (*state_is_valid)(const struct device *dev, uint64_t now_ns, const void *state);

    /* Drives the lines and arms the timers from a state that has been put in place; may be NULL. */
    void (*rearm)(struct device *dev, uint64_t now_ns);
};

struct device {
    const struct device_ops *ops;
};

/*
 * Copies the state, ops->state_size_bytes long, to `state`. Timers have been run up to the time of
 * the save: what is due and has not happened is not in the state.
 */
void device_save(const struct device *dev, void *state);

/*
 * Puts a saved state, aligned to 8 bytes, in place of the chip's own; now_ns is the guest time at
 * which it was saved. The chip then goes on as the saved one would have: its lines are driven, and
 * nothing is sent to the host or asked of it. -EINVAL if no chip can be in that state, with the
 * chip as it was; otherwise 0.
 */
int device_load(struct device *dev, uint64_t now_ns, const void *state);

#endif
