/* SPDX-License-Identifier: BSD-2-Clause */
/* See bus.h. */
#include "devices/bus.h"

#include <stddef.h>
#include <string.h>

void bus_init(struct bus *bus, struct timerq *timers)
{
    *bus = (struct bus){.timers = timers};
}

void bus_replace(struct bus *bus, const struct device *from, struct device *to)
{
    for (unsigned i = 0; i < bus->range_count; i++)
        if (bus->ranges[i].dev == from)
            bus->ranges[i].dev = to;
}

static bool range_has(const struct bus_range *range, uint64_t addr)
{
    return addr - range->base < range->length_bytes;
}

/* How many ranges begin at addr or before it. */
static unsigned count_up_to(const struct bus *bus, uint64_t addr)
{
    unsigned low = 0, high = bus->range_count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (bus->ranges[middle].base <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A guest that polls a register finds its range at once. */
static struct bus_range *bus_find(struct bus *bus, uint64_t addr)
{
    unsigned count;

    if (range_has(&bus->ranges[bus->recent], addr))
        return &bus->ranges[bus->recent];
    count = count_up_to(bus, addr);
    if (count == 0 || !range_has(&bus->ranges[count - 1], addr))
        return NULL;
    bus->recent = count - 1;
    return &bus->ranges[bus->recent];
}

/* Neither is empty. */
static bool ranges_overlap(const struct bus_range *a, const struct bus_range *b)
{
    return a->base <= b->base + (b->length_bytes - 1) && b->base <= a->base + (a->length_bytes - 1);
}

bool bus_attach(struct bus *bus, struct bus_range range)
{
    unsigned place;

    if (bus->range_count >= BUS_MAX_RANGES || range.length_bytes == 0 ||
        range.base > UINT64_MAX - (range.length_bytes - 1))
        return false;
    for (unsigned i = 0; i < bus->range_count; i++)
        if (ranges_overlap(&bus->ranges[i], &range))
            return false;
    place = count_up_to(bus, range.base);
    memmove(&bus->ranges[place + 1], &bus->ranges[place],
            (bus->range_count - place) * sizeof bus->ranges[0]);
    bus->ranges[place] = range;
    bus->range_count++;
    return true;
}

static void count_unclaimed(struct bus *bus, uint64_t addr)
{
    bus->unclaimed_count++;
    bus->unclaimed_last_addr = addr;
}

static struct bus_range *bus_claim(struct bus *bus, uint64_t now_ns, uint64_t addr)
{
    struct bus_range *range = bus_find(bus, addr);

    timerq_run(bus->timers, now_ns);
    if (range == NULL)
        count_unclaimed(bus, addr);
    return range;
}

static uint32_t range_reg(const struct bus_range *range, uint64_t addr)
{
    return range->first_reg + (uint32_t)(addr - range->base);
}

uint64_t bus_read(struct bus *bus, uint64_t now_ns, uint64_t addr, unsigned size_bytes)
{
    struct bus_range *range = bus_claim(bus, now_ns, addr);

    if (range == NULL)
        return UINT64_MAX;
    return range->dev->ops->read(range->dev, now_ns, range_reg(range, addr), size_bytes);
}

void bus_write(struct bus *bus, uint64_t now_ns, uint64_t addr, unsigned size_bytes, uint64_t value)
{
    struct bus_range *range = bus_claim(bus, now_ns, addr);

    if (range != NULL)
        range->dev->ops->write(range->dev, now_ns, range_reg(range, addr), size_bytes, value);
}

static bool access_msr(struct device *dev, uint64_t now_ns, struct access *access)
{
    const struct device_ops *ops = dev->ops;
    uint32_t msr = (uint32_t)access->addr;

    if (access->is_write)
        return ops->write_msr != NULL &&
               ops->write_msr(dev, now_ns, access->vcpu, msr, access->value);
    return ops->read_msr != NULL && ops->read_msr(dev, now_ns, access->vcpu, msr, &access->value);
}

bool bus_access(struct bus *bus, uint64_t now_ns, struct access *access)
{
    struct bus_range *range;

    if (access->space == ACCESS_MSR) {
        range = bus_claim(bus, now_ns, access->addr);
        return range != NULL && range->dev != NULL && access_msr(range->dev, now_ns, access);
    }
    if (access->is_write)
        bus_write(bus, now_ns, access->addr, access->size_bytes, access->value);
    else
        access->value = bus_read(bus, now_ns, access->addr, access->size_bytes);
    return true;
}

bool bus_access_timeless(struct bus *bus, uint64_t latest_ns, struct access *access)
{
    struct bus_range *range = bus_find(bus, access->addr);
    const struct device_ops *ops;
    uint32_t reg;

    if (range == NULL) {
        count_unclaimed(bus, access->addr);
        access->value = access->is_write ? access->value : UINT64_MAX;
        return true;
    }
    ops = range->dev->ops;
    reg = range_reg(range, access->addr);
    if (ops->is_timeless == NULL ||
        !ops->is_timeless(range->dev, access->is_write, reg, access->size_bytes))
        return false;
    if (access->is_write)
        ops->write(range->dev, latest_ns, reg, access->size_bytes, access->value);
    else
        access->value = ops->read(range->dev, latest_ns, reg, access->size_bytes);
    return true;
}

static int range_is_first_of_device(const struct bus *bus, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (bus->ranges[i].dev == bus->ranges[index].dev)
            return 0;
    return 1;
}

void bus_reset(struct bus *bus, uint64_t now_ns)
{
    for (unsigned i = 0; i < bus->range_count; i++) {
        struct device *dev = bus->ranges[i].dev;

        if (dev != NULL && range_is_first_of_device(bus, i))
            dev->ops->reset(dev, now_ns);
    }
}
