/* SPDX-License-Identifier: BSD-2-Clause */
/* See board.h. */
#include "vmm/machine/board.h"

#include "boot/acpi_map.h"

static_assert(BOARD_VIRTIO_SLOTS == ACPI_MAP_VIRTIO_SLOTS, "each slot is in the ACPI table");
static_assert(BOARD_VIRTIO_LINES == ACPI_MAP_VIRTIO_GSIS, "and each interrupt");
static_assert(VIRTIO_LENGTH_BYTES == ACPI_MAP_VIRTIO_BYTES, "all registers are in the ACPI table");

/* Devices share an interrupt: it is high while one of them wants it to be. */
static enum irq_arrival drive_slot(void *ctx, unsigned slot, bool level)
{
    struct board *board = ctx;
    unsigned line = slot % BOARD_VIRTIO_LINES;

    for (unsigned i = line; i < BOARD_VIRTIO_SLOTS; i += BOARD_VIRTIO_LINES)
        level |= board->virtio_slots[i].level;
    return irq_line_set(&board->virtio_irqs[line], level);
}

static struct virtio_wiring wiring_of(struct board *board, unsigned slot)
{
    const struct board_hooks *hooks = &board->hooks;

    return (struct virtio_wiring){
        .irq = &board->virtio_slots[slot],
        .memory = {hooks->device_memory_at, hooks->device_wrote, hooks->ctx},
        .broken = hooks->device_broken,
        .ctx = hooks->ctx,
    };
}

void board_init_virtio(struct board *board, const struct board_config *config)
{
    struct virtio_wiring wiring = wiring_of(board, BOARD_SLOT_RNG);

    for (unsigned i = 0; i < BOARD_VIRTIO_SLOTS; i++)
        board->virtio_slots[i] = (struct irq_line){.drive = drive_slot, .ctx = board, .gsi = i};
    if (config->virtio_rng)
        virtio_rng_init(&board->rng, &wiring, board->hooks.fill_random, board->hooks.ctx);
    for (unsigned i = 0; i < config->disk_count; i++) {
        wiring = wiring_of(board, BOARD_SLOT_DISK(i));
        virtio_blk_init(&board->disks[i], &wiring, &config->disks[i]);
    }
}
