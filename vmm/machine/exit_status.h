/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exit statuses of the program. They are a contract: scripts depend on them, so a number that has
 * been given a meaning keeps it.
 *
 * Even numbers are ours. The odd ones belong to the guest: it ends the run by writing a byte v to
 * the debug-exit port 0xf4, and the status is (v << 1) | 1, as with QEMU's isa-debug-exit. A status
 * has 8 bits, so bit 7 of v is lost. With --exit-port plain it is v, which may be any number.
 */
#ifndef VMM_MACHINE_EXIT_STATUS_H
#define VMM_MACHINE_EXIT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum exit_status {
    /* The guest powered off or reset the machine; also --help and --version. */
    EXIT_STATUS_OK = 0,
    /* User or host: a bad option or file, no /dev/kvm, a call to the host that failed. */
    EXIT_STATUS_HOST_ERROR = 2,
    /* The guest's kernel panicked, or a guest CPU triple-faulted. */
    EXIT_STATUS_GUEST_CRASH = 4,
    /* This machine's KVM cannot run the guest's code (KVM_EXIT_INTERNAL_ERROR). */
    EXIT_STATUS_KVM_UNABLE = 6,
    /*
     * minivmm check. Where the guest ended without a report of use: in the order of how much of one
     * there was.
     */
    EXIT_STATUS_CHECK_FAILED = 8,
    EXIT_STATUS_CHECK_NO_REPORT = 10,
    EXIT_STATUS_CHECK_HALF_REPORT = 12,
    EXIT_STATUS_CHECK_LONG_REPORT = 14,
    EXIT_STATUS_CHECK_FALSE_REPORT = 16,
    /* minivmm doctor: Linux cannot be booted here. */
    EXIT_STATUS_DOCTOR_NO = 18,
    /* minivmm snapshot diff. */
    EXIT_STATUS_SNAPSHOTS_DIFFER = 20,
    /* --timeout passed; the number of timeout(1). */
    EXIT_STATUS_TIMEOUT = 124,
    /* SIGINT, SIGHUP, the escape key, or SIGTERM after its grace period; as shells give SIGINT. */
    EXIT_STATUS_INTERRUPTED = 130,
};

/* The status for a byte written to the debug-exit port; with plain it is the byte itself. */
static inline int exit_status_of_debug_exit(uint8_t value, bool plain)
{
    return plain ? value : (value << 1 | 1) & 0xff;
}

#endif
