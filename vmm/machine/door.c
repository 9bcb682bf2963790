/* SPDX-License-Identifier: BSD-2-Clause */
/* See door.h. Exits are the hot path: one lock, one sample of time, one access, one unlock. */
#include "vmm/machine/door.h"

#include <string.h>

#include "boot/acpi_map.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"

bool door_pass_without_lock(struct machine *machine, struct access *access)
{
    uint64_t offset = access->addr - ACPI_MAP_HPET_GPA;

    if (access->space != ACCESS_MEMORY || access->is_write || offset >= HPET_LENGTH_BYTES ||
        machine->config->hpet_timers == 0 ||
        !hpet_reads_counter((uint32_t)offset, access->size_bytes) ||
        !live_clock_read_counter(&machine->live, host_tsc, &access->value))
        return false;
    access->value >>= 8 * (offset & 7);
    return true;
}

/* A write to memory can change how the HPET's counter follows from time. */
static uint64_t lock_for(struct machine *machine, const struct access *access)
{
    return access->space == ACCESS_MEMORY && access->is_write ? machine_lock_to_change(machine)
                                                              : machine_lock(machine);
}

bool door_pass(struct machine *machine, struct access *access)
{
    uint64_t now_ns;
    bool taken;

    if (door_pass_without_lock(machine, access))
        return true;
    now_ns = lock_for(machine, access);
    taken = board_access(&machine->board, now_ns, access);
    machine_unlock(machine);
    return taken;
}

void door_pass_string(struct machine *machine, struct access *access, void *data, uint32_t count)
{
    uint64_t now_ns = lock_for(machine, access);
    uint8_t *at = data;

    for (uint32_t i = 0; i < count; i++, at += access->size_bytes) {
        access->value = 0;
        memcpy(&access->value, at, access->size_bytes);
        board_access(&machine->board, now_ns, access);
        memcpy(at, &access->value, access->size_bytes);
    }
    machine_unlock(machine);
}
