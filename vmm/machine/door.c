/* SPDX-License-Identifier: BSD-2-Clause */
/* See door.h. Exits are the hot path: at most one lock, one sample of time, one access. */
#include "vmm/machine/door.h"

#include <string.h>

#include "boot/acpi_map.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/machine_trace.h"

static void trace(struct machine *machine, uint64_t now_ns, const struct access *access)
{
    if (machine->trace != NULL)
        machine_trace_access(machine, now_ns, access);
}

static bool read_hpet(struct machine *machine, struct access *access)
{
    uint64_t offset = access->addr - ACPI_MAP_HPET_GPA;
    struct hpet_counter counter;
    uint64_t now_ns;

    if (offset >= HPET_LENGTH_BYTES || machine->config->hpet_timers == 0 ||
        !hpet_reads_counter((uint32_t)offset, access->size_bytes) ||
        !live_clock_read(&machine->live, host_tsc, &now_ns, &counter))
        return false;
    access->value = hpet_counter_at(&counter, now_ns) >> 8 * (offset & 7);
    trace(machine, now_ns, access);
    return true;
}

static bool read_pm_timer(struct machine *machine, struct access *access)
{
    uint64_t reg = access->addr - ACPI_MAP_PM_PORT;
    struct hpet_counter unused;
    uint64_t now_ns;

    if (reg >= ACPI_PM_LENGTH_BYTES || machine->config->pmtimer_bits == 0 ||
        !acpi_pm_reads_timer((uint32_t)reg, access->size_bytes) ||
        !live_clock_read(&machine->live, host_tsc, &now_ns, &unused))
        return false;
    access->value = acpi_pm_timer(&machine->board.pm, now_ns) >> 8 * (reg - ACPI_PM_REG_TMR);
    trace(machine, now_ns, access);
    return true;
}

bool door_pass_without_lock(struct machine *machine, struct access *access)
{
    if (access->is_write)
        return false;
    if (access->space == ACCESS_PORT)
        return read_pm_timer(machine, access);
    return access->space == ACCESS_MEMORY && read_hpet(machine, access);
}

/*
 * Under the lock: samples time and runs what is due by then. A write to memory can change how the
 * HPET's counter follows from time.
 */
static uint64_t begin(struct machine *machine, const struct access *access)
{
    bool can_change = access->space == ACCESS_MEMORY && access->is_write;
    uint64_t now_ns = can_change ? machine_now_to_change(machine) : machine_now(machine);

    machine_run_timers(machine, now_ns);
    return now_ns;
}

static bool pass(struct machine *machine, uint64_t now_ns, struct access *access)
{
    bool taken = board_access(&machine->board, now_ns, access);

    trace(machine, now_ns, access);
    return taken;
}

bool door_pass(struct machine *machine, struct access *access)
{
    bool taken = true;
    uint64_t latest_ns;

    if (door_pass_without_lock(machine, access))
        return true;
    latest_ns = machine_lock_timeless(machine);
    if (!board_access_timeless(&machine->board, latest_ns, access))
        taken = pass(machine, begin(machine, access), access);
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

/* Several accesses, at one time. */
static void pass_all(struct machine *machine, struct access *access, uint8_t *at, uint32_t count)
{
    uint64_t now_ns;

    machine_lock_timeless(machine);
    now_ns = begin(machine, access);
    for (uint32_t i = 0; i < count; i++, at += access->size_bytes) {
        if (access->is_write)
            access->value = take_value(at, access->size_bytes);
        pass(machine, now_ns, access);
        if (!access->is_write)
            put_value(at, access->size_bytes, access->value);
    }
    machine_unlock(machine);
}

void door_pass_string(struct machine *machine, struct access *access, void *data, uint32_t count)
{
    if (count != 1) {
        pass_all(machine, access, data, count);
        return;
    }
    if (access->is_write)
        access->value = take_value(data, access->size_bytes);
    door_pass(machine, access);
    if (!access->is_write)
        put_value(data, access->size_bytes, access->value);
}
