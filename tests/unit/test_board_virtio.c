/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio devices on the board. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "boot/acpi_map.h"
#include "tests/unit/virtio_rig.h"
#include "vmm/machine/board.h"
#include "vmm/machine/board_state.h"

static struct virtio_rig rig;
static struct virtio_wiring wiring;
static struct board board;
static uint32_t high_gsis;

static enum irq_arrival on_drive_irq(void *ctx, unsigned gsi, bool level)
{
    (void)ctx;
    high_gsis = (high_gsis & ~(1U << gsi)) | (uint32_t)level << gsi;
    return IRQ_ARRIVED;
}

static void on_fill(void *ctx, void *bytes, uint32_t size_bytes)
{
    assert_ptr_equal(ctx, &rig);
    memset(bytes, 1, size_bytes);
}

static void init(struct board_config config)
{
    const struct board_hooks hooks = {
        .drive_irq = on_drive_irq,
        .device_memory_at = wiring.memory.at,
        .device_wrote = wiring.memory.written,
        .device_broken = wiring.broken,
        .fill_random = on_fill,
        .ctx = &rig,
    };

    board_init(&board, &config, &hooks, 0);
}

static int set_up(void **unused)
{
    (void)unused;
    wiring = virtio_rig_init(&rig);
    high_gsis = 0;
    return 0;
}

static uint32_t read_slot(unsigned slot, uint32_t reg)
{
    return (uint32_t)bus_read(&board.buses[ACCESS_MEMORY], 0, BOARD_SLOT_GPA(slot) + reg, 4);
}

static void there_is_no_device_unless_it_is_asked_for(void **unused)
{
    (void)unused;
    init((struct board_config){0});
    for (unsigned i = 0; i < BOARD_VIRTIO_SLOTS; i++)
        assert_int_equal(read_slot(i, VIRTIO_MAGIC_VALUE), UINT32_MAX);
    assert_null(board.devices[BOARD_RNG]);
}

static void the_entropy_device_is_in_slot_0_and_interrupts_by_gsi_17(void **unused)
{
    (void)unused;
    init((struct board_config){.virtio_rng = true});
    assert_int_equal(read_slot(0, VIRTIO_DEVICE_ID), VIRTIO_RNG_ID);
    assert_int_equal(read_slot(1, VIRTIO_MAGIC_VALUE), UINT32_MAX);
    rig_start(board.devices[BOARD_RNG], VIRTIO_COMMON_FEATURES);
    rig_desc(&rig, RIG_DESC_GPA, 0, RIG_BUFFERS_GPA, 4, RIG_WRITE, 0);
    rig_make_available(&rig, 0);
    rig_write(board.devices[BOARD_RNG], VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(rig_word(&rig, RIG_BUFFERS_GPA), 0x01010101);
    assert_int_equal(high_gsis, 1U << 17);
    rig_write(board.devices[BOARD_RNG], VIRTIO_INTERRUPT_ACK, VIRTIO_INT_USED);
    assert_int_equal(high_gsis, 0);
}

static void a_line_that_devices_share_is_high_while_one_of_them_wants_it(void **unused)
{
    (void)unused;
    init((struct board_config){.virtio_rng = true});
    irq_line_set(&board.virtio_slots[0], true);
    irq_line_set(&board.virtio_slots[3], true);
    irq_line_set(&board.virtio_slots[1], true);
    assert_int_equal(high_gsis, 3U << 17);
    irq_line_set(&board.virtio_slots[0], false);
    assert_int_equal(high_gsis, 3U << 17);
    irq_line_set(&board.virtio_slots[3], false);
    assert_int_equal(high_gsis, 1U << 18);
    irq_line_set(&board.virtio_slots[1], false);
    assert_int_equal(high_gsis, 0);
}

static struct board_config with_disk(uint64_t capacity_sectors, bool is_read_only)
{
    static struct virtio_blk_wiring disk;

    disk = (struct virtio_blk_wiring){.capacity_sectors = capacity_sectors,
                                      .is_read_only = is_read_only};
    return (struct board_config){.disk_count = 1, .disks = &disk};
}

/* A board with that disk is given what one with a disk of 8 sectors has saved. */
static void assert_said(uint64_t capacity_sectors, bool is_read_only, int expected, const char *why)
{
    static uint8_t records[64 * 1024];
    char line[200];
    struct note_writer writer;
    struct text error;

    init(with_disk(8, false));
    note_writer_init(&writer, records, sizeof records);
    board_save(&board, &writer);
    init(with_disk(capacity_sectors, is_read_only));
    text_init(&error, line, sizeof line);
    assert_int_equal(board_load(&board, 0, records, writer.length_bytes, &error), expected);
    assert_string_equal(line, why);
}

static void a_disk_that_is_not_the_saved_one_is_named(void **unused)
{
    (void)unused;
    assert_said(8, false, 0, "");
    assert_said(16, false, -EINVAL,
                "disk 1 of the guest had another size; name each as it was, in the same order");
    assert_said(8, true, -EINVAL,
                "disk 1 of the guest had no ,ro; name each as it was, in the same order");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_is_no_device_unless_it_is_asked_for),
        TEST(the_entropy_device_is_in_slot_0_and_interrupts_by_gsi_17),
        TEST(a_line_that_devices_share_is_high_while_one_of_them_wants_it),
        TEST(a_disk_that_is_not_the_saved_one_is_named),
    };

    return cmocka_run_group_tests_name("board_virtio", tests, NULL, NULL);
}
