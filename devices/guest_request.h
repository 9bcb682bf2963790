/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can ask of the machine as a whole, through a register of some chip. The device only
 * passes the wish on; the machine decides, after the access has completed.
 */
#ifndef DEVICES_GUEST_REQUEST_H
#define DEVICES_GUEST_REQUEST_H

#include <stdint.h>

enum guest_request {
    GUEST_POWER_OFF,  /* ACPI S5 */
    GUEST_SUSPEND,    /* ACPI S3 */
    GUEST_WAKE,       /* of a machine that sleeps: an event that wakes it has come */
    GUEST_RESET,      /* i8042, port 92h or port CF9h */
    GUEST_DEBUG_EXIT, /* debug-exit port; value is the byte written */
    /* No wish, but word of something, by pvpanic: the kernel panicked, and what goes on then. */
    GUEST_PANICKED,
    GUEST_CRASH_LOADED, /* a crash kernel */
};

/* Where requests go. `request` is called under the machine's lock, from within the access. */
struct guest_request_sink {
    void (*request)(void *ctx, enum guest_request request, uint32_t value);
    void *ctx;
};

/* Passes a request of the guest on; value is 0 unless the request has one. */
static inline void guest_request_send(const struct guest_request_sink *sink,
                                      enum guest_request request, uint32_t value)
{
    sink->request(sink->ctx, request, value);
}

#endif
