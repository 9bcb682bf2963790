/* SPDX-License-Identifier: BSD-2-Clause */
/* See bios.h. */
#include "boot/bios.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "boot/bios_image.h"
#include "boot/e820.h"
#include "boot/layout.h"

#define SEGMENT          0xf000
#define VECTORS          256
#define KIB_BYTES        UINT64_C(1024)
#define BLOCK_BYTES      (64 * KIB_BYTES)
#define ONE_MIB          (1024 * KIB_BYTES)
#define SIXTEEN_MIB      (16 * ONE_MIB)
#define SIZES_KIB_MAX    (UINT64_C(15) * 1024)
#define EXTENDED_KIB_MAX (UINT64_C(63) * 1024)

/* Equipment: a coprocessor, and how many serial ports. */
#define HAS_COPROCESSOR (1u << 1)
#define SERIAL_PORTS(n) ((n) << 9)
#define COM1_PORT       0x3f8
#define COM2_PORT       0x2f8
#define TEXT_MODE       3
#define TEXT_COLUMNS    80
#define TEXT_ROWS       25

struct vector {
    uint16_t offset;
    uint16_t segment;
};

/* The beginning of bios.S. Behind the image is the map. */
struct image {
    uint16_t vectors[VECTORS];
    uint16_t kib_over_1_mib;
    uint16_t kib_1_to_16_mib;
    uint16_t blocks_over_16_mib;
    uint16_t map_count;
};

struct __attribute__((packed)) data_area {
    uint16_t com_ports[4];
    uint16_t lpt_ports[3];
    uint16_t ebda_segment;
    uint16_t equipment;
    uint8_t other_12[1];
    uint16_t base_kib;
    uint8_t other_15[5];
    uint16_t key_head;
    uint16_t key_tail;
    uint16_t keys[16];
    uint8_t other_3e[11];
    uint8_t video_mode;
    uint16_t video_columns;
    uint8_t other_4c[52];
    uint16_t keys_start;
    uint16_t keys_end;
    uint8_t video_rows_less_1;
};
static_assert(offsetof(struct data_area, base_kib) == 0x13, "as every BIOS has it");
static_assert(offsetof(struct data_area, key_head) == 0x1a, "as every BIOS has it");
static_assert(offsetof(struct data_area, video_mode) == 0x49, "as every BIOS has it");
static_assert(offsetof(struct data_area, keys_start) == 0x80, "as every BIOS has it");

static_assert(sizeof bios_image + E820_MAX_ENTRIES * sizeof(struct boot_e820_entry) <=
                  LAYOUT_BIOS_BYTES,
              "they fit");

static uint16_t at_most(uint64_t value, uint64_t limit)
{
    return (uint16_t)(value < limit ? value : limit);
}

static void fill_vectors(uint8_t *low, const struct image *image)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        const struct vector vector = {image->vectors[i], SEGMENT};

        memcpy(low + i * sizeof vector, &vector, sizeof vector);
    }
}

static void fill_data_area(uint8_t *low)
{
    const uint16_t keys = offsetof(struct data_area, keys);
    const struct data_area data = {
        .com_ports = {COM1_PORT, COM2_PORT},
        .ebda_segment = LAYOUT_LOW_END_GPA >> 4,
        .equipment = HAS_COPROCESSOR | SERIAL_PORTS(2),
        .base_kib = LAYOUT_LOW_END_GPA / KIB_BYTES,
        .key_head = keys,
        .key_tail = keys,
        .video_mode = TEXT_MODE,
        .video_columns = TEXT_COLUMNS,
        .keys_start = keys,
        .keys_end = keys + sizeof data.keys,
        .video_rows_less_1 = TEXT_ROWS - 1,
    };

    memcpy(low + LAYOUT_BDA_GPA, &data, sizeof data);
}

static void fill_memory_map(const struct guest_mem *mem, uint8_t *area)
{
    uint64_t low_end = guest_mem_low_end_gpa(mem);
    uint64_t over_16_mib = low_end > SIXTEEN_MIB ? low_end - SIXTEEN_MIB : 0;
    struct boot_e820_entry map[E820_MAX_ENTRIES];
    struct image *image = (struct image *)area;

    image->map_count = (uint16_t)e820_build(mem, map);
    image->kib_over_1_mib = at_most((low_end - ONE_MIB) / KIB_BYTES, EXTENDED_KIB_MAX);
    image->kib_1_to_16_mib = at_most((low_end - ONE_MIB) / KIB_BYTES, SIZES_KIB_MAX);
    image->blocks_over_16_mib = (uint16_t)(over_16_mib / BLOCK_BYTES);
    memcpy(area + sizeof bios_image, map, image->map_count * sizeof map[0]);
}

int bios_build(const struct guest_mem *mem)
{
    uint8_t *low = guest_mem_at(mem, 0, LAYOUT_GDT_GPA);
    uint8_t *ebda = guest_mem_at(mem, LAYOUT_LOW_END_GPA, 1);
    uint8_t *area = guest_mem_at(mem, LAYOUT_BIOS_GPA, LAYOUT_KERNEL_MIN_GPA - LAYOUT_BIOS_GPA);

    if (low == NULL || ebda == NULL || area == NULL)
        return -ENOSPC;
    memcpy(area, bios_image, sizeof bios_image);
    fill_memory_map(mem, area);
    fill_vectors(low, (struct image *)area);
    fill_data_area(low);
    *ebda = (LAYOUT_EBDA_END_GPA - LAYOUT_LOW_END_GPA) / KIB_BYTES;
    return 0;
}
