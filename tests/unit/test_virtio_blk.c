/* SPDX-License-Identifier: BSD-2-Clause */
/* The block device, by section 5.2 of virtio 1.2. */
#include "tests/unit/unit.h"

#include <string.h>

#include "devices/virtio/virtio_blk.h"
#include "tests/unit/snapshot.h"
#include "tests/unit/virtio_rig.h"

#define SECTORS    100
#define HEADER_GPA RIG_BUFFERS_GPA
#define DATA_GPA   (RIG_BUFFERS_GPA + 0x1000)
#define STATUS_GPA (RIG_BUFFERS_GPA + 0x100)
#define NO_STATUS  0xee
#define ALL                                                                                        \
    (VIRTIO_COMMON_FEATURES | VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_DISCARD | VIRTIO_BLK_F_WRITE_ZEROES)

static struct virtio_rig rig;
static struct virtio_blk blk;
static struct device *const dev = &blk.virtio.dev;
static struct blk_request requests[VIRTQ_MAX_SIZE];
static struct blk_request *submitted[VIRTQ_MAX_SIZE];
static unsigned submitted_count;
static unsigned stops;

static void on_submit(void *ctx, struct blk_request *request)
{
    assert_ptr_equal(ctx, &rig);
    submitted[submitted_count++] = request;
}

static void on_stop(void *ctx)
{
    assert_ptr_equal(ctx, &rig);
    stops++;
}

static void make(bool is_read_only, uint64_t features)
{
    struct virtio_wiring virtio = virtio_rig_init(&rig);
    const struct virtio_blk_wiring wiring = {
        .capacity_sectors = SECTORS,
        .is_read_only = is_read_only,
        .id = "name",
        .requests = requests,
        .submit = on_submit,
        .stop = on_stop,
        .ctx = &rig,
    };

    memset(requests, 0, sizeof requests);
    submitted_count = stops = 0;
    virtio_blk_init(&blk, &virtio, &wiring);
    rig_start(dev, features);
}

static int set_up(void **unused)
{
    (void)unused;
    make(false, ALL);
    return 0;
}

/* Three descriptors from `head` on: header, data in one part, status. */
static void ask_at(uint16_t head, uint32_t type, uint64_t sector, uint32_t size_bytes,
                   bool is_written)
{
    const uint32_t header[4] = {type, 0, (uint32_t)sector, (uint32_t)(sector >> 32)};
    uint64_t header_gpa = HEADER_GPA + 16 * (uint64_t)head;
    uint16_t flags = RIG_NEXT | (is_written ? RIG_WRITE : 0);

    rig_put(&rig, header_gpa, header, sizeof header);
    rig.memory[STATUS_GPA + head] = NO_STATUS;
    rig_desc(&rig, RIG_DESC_GPA, head, header_gpa, 16, RIG_NEXT,
             (uint16_t)(head + (size_bytes > 0 ? 1 : 2)));
    rig_desc(&rig, RIG_DESC_GPA, head + 1U, DATA_GPA, size_bytes, flags, (uint16_t)(head + 2));
    rig_desc(&rig, RIG_DESC_GPA, head + 2U, STATUS_GPA + head, 1, RIG_WRITE, 0);
    rig_make_available(&rig, head);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
}

static void ask(uint32_t type, uint64_t sector, uint32_t size_bytes, bool is_written)
{
    ask_at(0, type, sector, size_bytes, is_written);
}

static uint8_t status_at(uint16_t head)
{
    return rig.memory[STATUS_GPA + head];
}

static uint32_t used_bytes(unsigned entry)
{
    return rig_word(&rig, RIG_USED_GPA + 8 + 8 * (uint64_t)entry);
}

static void its_configuration_tells_the_capacity_and_the_limits(void **unused)
{
    (void)unused;
    assert_int_equal(rig_read(dev, VIRTIO_DEVICE_ID), 2);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG, 8), SECTORS);
    assert_int_equal(rig_read(dev, VIRTIO_CONFIG + 12), VIRTIO_BLK_SEG_MAX);
    assert_int_equal(rig_read(dev, VIRTIO_CONFIG + 20), 512);
    assert_int_equal(rig_read(dev, VIRTIO_CONFIG + 40), 1);
    assert_int_equal(rig_read(dev, VIRTIO_CONFIG + 52), 1);
    assert_int_equal(dev->ops->read(dev, 0, VIRTIO_CONFIG + 56, 1) & 0xff, 1);
}

static void a_read_is_submitted_and_told_when_it_is_back(void **unused)
{
    (void)unused;
    ask(VIRTIO_BLK_T_IN, 3, 1024, true);
    assert_int_equal(submitted_count, 1);
    assert_int_equal(submitted[0]->operation, BLK_READ);
    assert_int_equal(submitted[0]->offset_bytes, 3 * 512);
    assert_int_equal(submitted[0]->size_bytes, 1024);
    assert_int_equal(submitted[0]->count, 1);
    assert_int_equal(submitted[0]->segments[0].gpa, DATA_GPA);
    assert_int_equal(rig_used_idx(&rig), 0);
    assert_int_equal(rig.written[DATA_GPA], 0);
    virtio_blk_done(&blk, submitted[0]);
    assert_int_equal(rig_used_idx(&rig), 1);
    assert_int_equal(used_bytes(0), 1025);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_OK);
    assert_int_equal(rig.written[DATA_GPA + 1023], 1);
    assert_int_equal(rig.written[DATA_GPA + 1024], 0);
    assert_int_equal(rig.written[STATUS_GPA], 1);
    assert_true(rig.irq.level);
}

static void requests_may_come_back_in_another_order(void **unused)
{
    (void)unused;
    ask_at(0, VIRTIO_BLK_T_IN, 0, 512, true);
    ask_at(3, VIRTIO_BLK_T_OUT, 1, 512, false);
    assert_int_equal(submitted_count, 2);
    assert_int_equal(submitted[1]->operation, BLK_WRITE);
    virtio_blk_done(&blk, submitted[1]);
    assert_int_equal(rig_word(&rig, RIG_USED_GPA + 4), 3);
    assert_int_equal(used_bytes(0), 1);
    assert_int_equal(status_at(0), NO_STATUS);
    virtio_blk_done(&blk, submitted[0]);
    assert_int_equal(rig_word(&rig, RIG_USED_GPA + 12), 0);
    assert_int_equal(rig_used_idx(&rig), 2);
}

static void header_data_and_status_may_be_in_any_parts(void **unused)
{
    const uint32_t header[4] = {VIRTIO_BLK_T_OUT, 0, 7, 0};

    (void)unused;
    rig_put(&rig, HEADER_GPA, header, sizeof header);
    rig_desc(&rig, RIG_DESC_GPA, 0, HEADER_GPA, 5, RIG_NEXT, 1);
    rig_desc(&rig, RIG_DESC_GPA, 1, HEADER_GPA + 5, 11 + 100, RIG_NEXT, 2);
    rig_desc(&rig, RIG_DESC_GPA, 2, DATA_GPA, 412, RIG_NEXT, 3);
    rig_desc(&rig, RIG_DESC_GPA, 3, STATUS_GPA, 1, RIG_WRITE, 0);
    rig_make_available(&rig, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(submitted[0]->count, 2);
    assert_int_equal(submitted[0]->segments[0].gpa, HEADER_GPA + 16);
    assert_int_equal(submitted[0]->segments[0].size_bytes, 100);
    assert_int_equal(submitted[0]->segments[1].size_bytes, 412);
}

static void what_is_not_on_the_disk_is_an_error(void **unused)
{
    static const struct {
        uint64_t sector;
        uint32_t size_bytes;
    } wrong[] = {{SECTORS, 512},        {SECTORS - 1, 1024},     {0, 511},
                 {UINT64_MAX, 512},     {UINT64_MAX / 512, 512}, {0, 512 * (SECTORS + 1)},
                 {UINT64_MAX - 1, 1024}};

    (void)unused;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (DATA_GPA + wrong[i].size_bytes > RIG_MEMORY_BYTES)
            continue;
        ask(VIRTIO_BLK_T_IN, wrong[i].sector, wrong[i].size_bytes, true);
        assert_int_equal(status_at(0), VIRTIO_BLK_S_IOERR);
    }
    ask(VIRTIO_BLK_T_IN, SECTORS - 1, 512, true);
    assert_int_equal(submitted_count, 1);
}

static void what_it_does_not_know_is_unsupported(void **unused)
{
    (void)unused;
    ask(2, 0, 512, true);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_UNSUPP);
    make(false, VIRTIO_COMMON_FEATURES);
    ask(VIRTIO_BLK_T_DISCARD, 0, 16, false);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_UNSUPP);
    assert_int_equal(submitted_count, 0);
}

static void without_flush_each_write_is_on_the_disk_before_it_is_told(void **unused)
{
    (void)unused;
    ask(VIRTIO_BLK_T_OUT, 0, 512, false);
    assert_false(submitted[0]->is_synchronous);
    virtio_blk_done(&blk, submitted[0]);
    ask(VIRTIO_BLK_T_FLUSH, 0, 0, false);
    assert_int_equal(submitted[1]->operation, BLK_FLUSH);
    make(false, VIRTIO_COMMON_FEATURES);
    ask(VIRTIO_BLK_T_OUT, 0, 512, false);
    assert_true(submitted[0]->is_synchronous);
}

static void ranges_are_discarded_or_filled_with_zeroes(void **unused)
{
    uint32_t range[4] = {10, 0, 5, 1};

    (void)unused;
    rig_put(&rig, DATA_GPA, range, sizeof range);
    ask_at(0, VIRTIO_BLK_T_DISCARD, 0, 16, false);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_UNSUPP);
    ask_at(0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, false);
    assert_int_equal(submitted[0]->operation, BLK_WRITE_ZEROES);
    assert_true(submitted[0]->may_unmap);
    assert_int_equal(submitted[0]->offset_bytes, 5120);
    assert_int_equal(submitted[0]->size_bytes, 2560);
    virtio_blk_done(&blk, submitted[0]);
    ask_at(0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 32, false);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_IOERR);
    range[0] = SECTORS - 4;
    range[3] = 0;
    rig_put(&rig, DATA_GPA, range, sizeof range);
    ask_at(0, VIRTIO_BLK_T_DISCARD, 0, 16, false);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_IOERR);
}

static void it_tells_its_name(void **unused)
{
    (void)unused;
    ask(VIRTIO_BLK_T_GET_ID, 0, 20, true);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_OK);
    assert_string_equal((const char *)rig.memory + DATA_GPA, "name");
    assert_int_equal(used_bytes(0), 21);
}

static void a_read_only_disk_offers_ro_and_is_not_written(void **unused)
{
    (void)unused;
    make(true, VIRTIO_COMMON_FEATURES | VIRTIO_BLK_F_RO | VIRTIO_BLK_F_FLUSH);
    assert_int_equal(rig_read(dev, VIRTIO_STATUS), 15);
    ask(VIRTIO_BLK_T_OUT, 0, 512, false);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_IOERR);
    make(true, ALL);
    assert_int_equal(rig_read(dev, VIRTIO_STATUS), 3);
}

static void what_the_host_cannot_do_is_an_error_and_counted(void **unused)
{
    (void)unused;
    ask(VIRTIO_BLK_T_IN, 0, 512, true);
    submitted[0]->has_failed = true;
    virtio_blk_done(&blk, submitted[0]);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_IOERR);
    assert_int_equal(used_bytes(0), 1);
    assert_int_equal(blk.failed_count, 1);
}

static void a_request_without_header_or_status_breaks_the_device(void **unused)
{
    (void)unused;
    rig_desc(&rig, RIG_DESC_GPA, 0, HEADER_GPA, 16, 0, 0);
    rig_make_available(&rig, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(rig.broken, 1);
    assert_int_equal(virtio_in_flight(&blk.virtio), 0);
    make(false, ALL);
    rig_desc(&rig, RIG_DESC_GPA, 0, HEADER_GPA, 15, RIG_NEXT, 1);
    rig_desc(&rig, RIG_DESC_GPA, 1, STATUS_GPA, 1, RIG_WRITE, 0);
    rig_make_available(&rig, 0);
    rig_write(dev, VIRTIO_QUEUE_NOTIFY, 0);
    assert_int_equal(rig.broken, 1);
}

static void a_broken_device_still_tells_of_what_was_under_way(void **unused)
{
    (void)unused;
    ask_at(0, VIRTIO_BLK_T_IN, 0, 512, true);
    virtio_break(&blk.virtio, "test");
    virtio_blk_done(&blk, submitted[0]);
    assert_int_equal(rig_used_idx(&rig), 1);
    assert_int_equal(virtio_in_flight(&blk.virtio), 0);
}

static void after_a_reset_the_driver_hears_nothing_of_what_was_under_way(void **unused)
{
    (void)unused;
    ask(VIRTIO_BLK_T_IN, 0, 512, true);
    rig_write(dev, VIRTIO_STATUS, 0);
    assert_int_equal(stops, 1);
    assert_int_equal(blk.under_way, 1);
    rig.next_head = 0;
    rig_put_half(&rig, RIG_AVAIL_GPA + 2, 0);
    rig_start(dev, ALL);
    virtio_blk_done(&blk, submitted[0]);
    assert_int_equal(blk.under_way, 0);
    assert_int_equal(rig_used_idx(&rig), 0);
    assert_int_equal(status_at(0), NO_STATUS);
    assert_false(rig.irq.level);
    /* The memory has changed all the same. */
    assert_int_equal(rig.written[DATA_GPA], 1);
    ask(VIRTIO_BLK_T_IN, 0, 512, true);
    assert_int_equal(submitted_count, 2);
    virtio_blk_done(&blk, submitted[1]);
    assert_int_equal(status_at(0), VIRTIO_BLK_S_OK);
}

/* As other vCPUs may, which are still to be kept out when the first one has reset the device. */
static void a_queue_is_not_used_before_requests_of_the_last_one_are_back(void **unused)
{
    (void)unused;
    ask(VIRTIO_BLK_T_IN, 0, 512, true);
    for (unsigned round = 0; round < 2; round++) {
        rig_start(dev, ALL);
        rig.next_head = 0;
        ask(VIRTIO_BLK_T_IN, 0, 512, true);
        assert_int_equal(rig.broken, round + 1);
        assert_int_equal(submitted_count, 1);
    }
    virtio_blk_done(&blk, submitted[0]);
    rig_start(dev, ALL);
    rig.next_head = 0;
    ask(VIRTIO_BLK_T_IN, 0, 512, true);
    assert_int_equal(rig.broken, 2);
    assert_int_equal(submitted_count, 2);
}

static void a_state_of_another_disk_is_refused(void **unused)
{
    static const struct poke wrong[] = {
        POKE(virtio_state, config[0], SECTORS + 1),
        POKE(virtio_state, offered, ALL | VIRTIO_BLK_F_RO),
        POKE(virtio_state, queues[0].next_avail, 1),
        POKE_END,
    };
    struct timerq timers = {0};

    (void)unused;
    assert_refused(dev, &timers, 0, wrong);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(its_configuration_tells_the_capacity_and_the_limits),
        TEST(a_read_is_submitted_and_told_when_it_is_back),
        TEST(requests_may_come_back_in_another_order),
        TEST(header_data_and_status_may_be_in_any_parts),
        TEST(what_is_not_on_the_disk_is_an_error),
        TEST(what_it_does_not_know_is_unsupported),
        TEST(without_flush_each_write_is_on_the_disk_before_it_is_told),
        TEST(ranges_are_discarded_or_filled_with_zeroes),
        TEST(it_tells_its_name),
        TEST(a_read_only_disk_offers_ro_and_is_not_written),
        TEST(what_the_host_cannot_do_is_an_error_and_counted),
        TEST(a_request_without_header_or_status_breaks_the_device),
        TEST(a_broken_device_still_tells_of_what_was_under_way),
        TEST(after_a_reset_the_driver_hears_nothing_of_what_was_under_way),
        TEST(a_queue_is_not_used_before_requests_of_the_last_one_are_back),
        TEST(a_state_of_another_disk_is_refused),
    };

    return cmocka_run_group_tests_name("virtio_blk", tests, NULL, NULL);
}
