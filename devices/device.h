/*
 * A device: what one chip does when the guest reads or writes one of its registers.
 *
 * A chip is a struct that its owner allocates, with a struct device as first member. It holds
 *   state   fixed-width, pointer-free, in guest time; its size is asserted: it is the snapshot
 *   wiring  timer queue, interrupt lines, constants: given at init, never part of a snapshot
 * and owns no clock, thread, lock, file or memory. Time is an argument of every call: guest time in
 * nanoseconds, never smaller than in the call before.
 */
#ifndef DEVICES_DEVICE_H
#define DEVICES_DEVICE_H

#include <stdint.h>

struct device;

struct device_ops {
    /* Short lower-case name for logs. */
    const char *name;

    /*
     * The value of size_bytes bytes (1, 2, 4 or 8) at register offset reg, in the low bits; bits
     * above them are ignored by the caller. An access that the chip does not decode reads as ones.
     */
    uint64_t (*read)(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes);

    /* Write of the low size_bytes bytes of value. An access that is not decoded does nothing. */
    void (*write)(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                  uint64_t value);

    /* Power-on state at now_ns: timers cancelled, interrupt lines low. */
    void (*reset)(struct device *dev, uint64_t now_ns);
};

struct device {
    const struct device_ops *ops;
};

#endif
