/* SPDX-License-Identifier: BSD-2-Clause */
/* What a restore is asked for; machine_restore.h says what becomes of it. */
#ifndef VMM_MACHINE_RESTORE_REQUEST_H
#define VMM_MACHINE_RESTORE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest_mem.h"

enum restore_time { RESTORE_FREEZE, RESTORE_ADVANCE, RESTORE_AT };

/* 2199-12-31T23:59:59 */
#define RESTORE_AT_MAX_SEC UINT64_C(7258118399)

struct restore_request {
    /* For messages. */
    const char *name;
    enum restore_time time;
    /* With RESTORE_AT: the date, seconds since 1970 UTC. */
    uint64_t at_sec;
    /* It is no copy that goes on, but the machine itself: the generation ID stays. */
    bool is_the_same;
    struct guest_mem_file memory;
};

#endif
