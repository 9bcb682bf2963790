/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device behind a lens (kvmclock/lens.h): it is handed L(now) in place of guest time, and its
 * timers are in a queue of its own, which runs by that time. One timer in the queue outside stands
 * for all of them, at the guest time at which the first is due. With a jitter (kvmclock/jitter.h)
 * the device's time is J(L(now)), which never goes back either.
 *
 * A device knows times below DEVICE_END_NS. Where its time has come to that, it stands at the last
 * of them.
 *
 * The device itself does not know. Who calls it by another way than the bus passes lensed_now, and
 * calls lensed_follow afterwards, as a call may arm timers.
 *
 * Until lensed_begin, and for a device without a fault, none of this is there: the bus has the
 * device itself.
 */
#ifndef DEVICES_LENSED_H
#define DEVICES_LENSED_H

#include <stdint.h>

#include "devices/device.h"
#include "devices/timerq.h"
#include "kvmclock/jitter.h"
#include "kvmclock/lens.h"

/* All zeros: nothing is behind a lens. */
struct lensed {
    /* What the bus is to have in place of the device. */
    struct device dev;
    struct device *inner;
    struct lens lens;
    /* The rate once it does not stand any more. */
    int64_t ppb;
    bool stands;
    struct jitter jitter;
    struct timerq timers;
    struct timerq *outside;
    struct timer timer;
};

/*
 * The device is behind the identity from now on, and its timers are in lensed->timers, which the
 * caller makes its queue. rank is the device's place in the list of devices.
 */
void lensed_begin(struct lensed *lensed, struct device *inner, struct timerq *outside,
                  unsigned rank);

/* Whether lensed_begin was called. */
bool lensed_is_active(const struct lensed *lensed);

/* The device's time at guest time now_ns: now_ns itself if it is not behind a lens. */
uint64_t lensed_now(const struct lensed *lensed, uint64_t now_ns);

/* After a call of the device, or a change of the lens; nothing if it is not behind one. */
void lensed_follow(struct lensed *lensed);

/*
 * At guest time now_ns, up to which timers were run: another rate of the device's time, which does
 * not stand any more; or it stands, or goes on at the rate that it has.
 */
void lensed_set_rate(struct lensed *lensed, uint64_t now_ns, int64_t ppb);
void lensed_stick(struct lensed *lensed, uint64_t now_ns, bool stands);

/*
 * From now on, without a step, another jitter, whose zero_ns is set here. With by_ns 0 it ends: the
 * device comes to its lens within every_ns of its time. What a jitter before has made of the time
 * stays when another takes its place.
 */
void lensed_set_jitter(struct lensed *lensed, uint64_t now_ns, const struct jitter *jitter);

/*
 * The device's time is later by so much, and still below DEVICE_END_NS. What came due meanwhile
 * fires when the queue outside runs.
 */
void lensed_step(struct lensed *lensed, uint64_t now_ns, uint64_t by_ns);

#endif
