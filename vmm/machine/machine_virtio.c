/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_virtio.h. */
#include "vmm/machine/machine_virtio.h"

#include "vmm/host/host_identity.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

uint8_t machine_virtio_slots(const struct machine_config *config)
{
    unsigned slots = config->virtio_rng ? 1U << BOARD_SLOT_RNG : 0;

    for (unsigned i = 0; i < config->disk_count; i++)
        slots |= 1U << BOARD_SLOT_DISK(i);
    return (uint8_t)slots;
}

static void *on_memory_at(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    const struct machine *machine = ctx;

    return guest_mem_at(&machine->memory, gpa, size_bytes);
}

static void on_wrote(void *ctx, uint64_t gpa, uint64_t size_bytes)
{
    struct machine *machine = ctx;

    page_set_add(&machine->device_pages, &machine->memory, gpa, size_bytes);
}

static void on_broken(void *ctx, const char *device, const char *what)
{
    static struct log_tally broken = {.what = "virtio device needs a reset"};

    (void)ctx;
    log_guest(&broken, "%s: %s", device, what);
}

static void on_fill_random(void *ctx, void *bytes, uint32_t size_bytes)
{
    (void)ctx;
    host_random(bytes, size_bytes);
}

void machine_virtio_add_hooks(struct board_hooks *hooks)
{
    hooks->device_memory_at = on_memory_at;
    hooks->device_wrote = on_wrote;
    hooks->device_broken = on_broken;
    hooks->fill_random = on_fill_random;
}
