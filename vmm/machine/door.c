/* SPDX-License-Identifier: BSD-2-Clause */
/* See door.h. Exits are the hot path: one lock, one sample of time, one access, one unlock. */
#include "vmm/machine/door.h"

#include <string.h>

#include "boot/acpi_map.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_timers.h"

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
    machine_run_timers(machine, now_ns);
    taken = board_access(&machine->board, now_ns, access);
    machine_unlock(machine);
    return taken;
}

/* Sizes that are known make these one instruction each, and the value one store. */
static uint64_t take_value(const uint8_t *from, unsigned size_bytes)
{
    uint16_t word;
    uint32_t dword;

    if (size_bytes == 1)
        return *from;
    if (size_bytes == 2) {
        memcpy(&word, from, sizeof word);
        return word;
    }
    memcpy(&dword, from, sizeof dword);
    return dword;
}

static void put_value(uint8_t *to, unsigned size_bytes, uint64_t value)
{
    if (size_bytes == 1)
        *to = (uint8_t)value;
    else
        memcpy(to, &value, size_bytes == 2 ? sizeof(uint16_t) : sizeof(uint32_t));
}

void door_pass_string(struct machine *machine, struct access *access, void *data, uint32_t count)
{
    uint64_t now_ns = lock_for(machine, access);
    uint8_t *at = data;

    machine_run_timers(machine, now_ns);
    for (uint32_t i = 0; i < count; i++, at += access->size_bytes) {
        if (access->is_write)
            access->value = take_value(at, access->size_bytes);
        board_access(&machine->board, now_ns, access);
        if (!access->is_write)
            put_value(at, access->size_bytes, access->value);
    }
    machine_unlock(machine);
}
