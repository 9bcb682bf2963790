/* SPDX-License-Identifier: BSD-2-Clause */
/* States that are to be loaded: wrong ones, one field at a time, and random ones. */
#ifndef TESTS_UNIT_SNAPSHOT_H
#define TESTS_UNIT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/timerq.h"

/* A value for one field of a state. */
struct poke {
    const char *field;
    size_t offset;
    unsigned size_bytes;
    uint64_t value;
};

#define POKE(type, member, value)                                                                  \
    {                                                                                              \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), value          \
    }

#define POKE_END                                                                                   \
    {                                                                                              \
        NULL, 0, 0, 0                                                                              \
    }

/*
 * Loads the chip's own state with each of the pokes alone, up to POKE_END: each is
 * refused, and nothing of the chip and its timers has changed then.
 */
void assert_refused(struct device *dev, const struct timerq *timers, uint64_t now_ns,
                    const struct poke *pokes);

/* Loads the chip's own state with each of the pokes alone: each is taken. The chip is as before. */
void assert_taken(struct device *dev, uint64_t now_ns, const struct poke *pokes);

/*
 * Loads random bytes, and the chip's own state with some random bytes in it. A chip that takes such
 * a state is read, written and left alone for a while; it must not crash, and must come only into
 * states that load takes. Its registers are at 0 up to length_bytes.
 */
void sweep_random_states(struct device *dev, struct timerq *timers, uint64_t now_ns,
                         uint32_t length_bytes);

/* MSRs of a device, each of so many vCPUs. */
struct msr_target {
    const uint32_t *msrs;
    unsigned msr_count;
    unsigned vcpu_count;
};

/* The same for a device that has only MSRs. */
void sweep_random_msr_states(struct device *dev, struct timerq *timers, uint64_t now_ns,
                             const struct msr_target *target);

#endif
