/* SPDX-License-Identifier: BSD-2-Clause */
/* See board_state.h. */
#include "vmm/machine/board_state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "vmm/machine/machine_record.h"

/* More than the largest state has. */
#define STATE_MAX_BYTES 8192

static struct lens_record lens_to_record(const struct lens *lens, int64_t later_ppb, bool stands)
{
    return (struct lens_record){
        .guest_ns = lens->guest_ns,
        .shown_ns = lens->shown_ns,
        .ppb = lens->ppb,
        .later_ppb = later_ppb,
        .stands = stands,
    };
}

static struct lens lens_of_record(const struct lens_record *record)
{
    return (struct lens){record->guest_ns, record->shown_ns, record->ppb};
}

static void save_jitter(const struct jitter *jitter, enum record_type type, uint32_t instance,
                        struct note_writer *writer)
{
    const struct jitter_record record = {
        .zero_ns = jitter->zero_ns,
        .first_ns = jitter->first_ns,
        .by_ns = jitter->by_ns,
        .every_ns = jitter->every_ns,
        .seed = jitter->seed,
        .walks = jitter->walks,
    };

    if (jitter->every_ns != 0)
        record_add(writer, type, instance, &record, sizeof record);
}

static void save_lens(const struct lensed *lensed, uint32_t clock, struct note_writer *writer)
{
    struct lens_record record = lens_to_record(&lensed->lens, lensed->ppb, lensed->stands);

    if (lensed_is_active(lensed))
        record_add(writer, RECORD_LENS, clock, &record, sizeof record);
    save_jitter(&lensed->jitter, RECORD_JITTER, clock, writer);
}

/* A version that stays odd is even after it. */
static void save_page_fault(const struct page_fault *fault, uint32_t vcpu,
                            struct note_writer *writer)
{
    const struct page_fault_record record = {
        .lens = lens_to_record(&fault->lens, fault->later_ppb, fault->stands),
        .is_lensed = fault->is_lensed,
        .flags_set = fault->flags_set,
        .flags_cleared = fault->flags_cleared,
    };

    if (fault->is_lensed || fault->flags_set != 0 || fault->flags_cleared != 0)
        record_add(writer, RECORD_PAGE_FAULT, vcpu, &record, sizeof record);
    save_jitter(&fault->jitter, RECORD_PAGE_JITTER, vcpu, writer);
}

void board_save(const struct board *board, struct note_writer *writer)
{
    for (uint32_t i = 0; i < BOARD_LENSES; i++)
        save_lens(&board->lenses[i], i, writer);
    for (uint32_t i = 0; i < board->kvmclock.clock.vcpu_count; i++)
        save_page_fault(&board->kvmclock.clock.faults[i], i, writer);
    for (uint32_t i = 0; i < BOARD_DEVICES; i++) {
        const struct device *dev = board->devices[i];
        struct device_record head = {0};
        uint8_t *at;

        if (dev == NULL)
            continue;
        head.state_version = dev->ops->state_version;
        at = record_add_empty(writer, RECORD_DEVICE, RECORD_MUST_UNDERSTAND, i,
                              (uint32_t)sizeof head + dev->ops->state_size_bytes);
        if (at == NULL)
            continue;
        memcpy(at, &head, sizeof head);
        device_save(dev, at + sizeof head);
    }
}

/* Why that state is none of the device. A disk may be the user's mistake. */
static void say_why_not(const struct board *board, uint32_t number, const void *state,
                        struct text *error)
{
    uint32_t disk = number - BOARD_DISK_0;
    const char *difference = number < BOARD_DISK_0 || disk >= BOARD_MAX_DISKS
                                 ? NULL
                                 : virtio_blk_find_difference(&board->disks[disk], state);

    if (difference != NULL)
        text_add(error, "disk %u of the guest %s; name each as it was, in the same order", disk + 1,
                 difference);
    else
        text_add(error, "device %s: no such device can be in its state",
                 board->devices[number]->ops->name);
}

static int load_device(struct board *board, uint32_t number, uint64_t now_ns,
                       const struct record *record, struct text *error)
{
    struct device *dev = board->devices[number];
    _Alignas(8) uint8_t state[STATE_MAX_BYTES];
    struct device_record head;
    uint32_t size_bytes = dev->ops->state_size_bytes;

    assert(size_bytes <= sizeof state);
    if (record->size_bytes < sizeof head) {
        text_add(error, "device %s: its state is cut off", dev->ops->name);
        return -EINVAL;
    }
    memcpy(&head, record->bytes, sizeof head);
    if (head.state_version != dev->ops->state_version ||
        record->size_bytes - sizeof head != size_bytes) {
        text_add(error, "device %s: its state has version %u and %zu bytes; known are %u and %u",
                 dev->ops->name, head.state_version, record->size_bytes - sizeof head,
                 dev->ops->state_version, size_bytes);
        return -EINVAL;
    }
    memcpy(state, record->bytes + sizeof head, size_bytes);
    if (device_load(dev, now_ns, state) == 0)
        return 0;
    say_why_not(board, number, state, error);
    return -EINVAL;
}

static bool is_rate(int64_t ppb)
{
    return ppb >= LENS_STANDS_PPB && ppb <= LENS_MAX_PPB;
}

static bool lens_is_valid(const struct lens_record *record, uint64_t now_ns)
{
    return record->guest_ns <= now_ns && record->shown_ns < DEVICE_END_NS && is_rate(record->ppb) &&
           is_rate(record->later_ppb) && record->stands <= 1 &&
           record->ppb == (record->stands != 0 ? LENS_STANDS_PPB : record->later_ppb);
}

/* It has begun by now_ns, in the time of a lens that there is; else lens is NULL. */
static int load_jitter(const struct lens *lens, uint64_t now_ns, const void *records,
                       size_t size_bytes, enum record_type type, uint32_t instance,
                       struct jitter *jitter, struct text *error)
{
    struct jitter_record loaded = {0};
    struct record record;

    *jitter = (struct jitter){0};
    if (!record_find(records, size_bytes, type, instance, &record))
        return 0;
    if (record.size_bytes == sizeof loaded)
        memcpy(&loaded, record.bytes, sizeof loaded);
    *jitter = (struct jitter){loaded.zero_ns,  loaded.first_ns, loaded.by_ns,
                              loaded.every_ns, loaded.seed,     loaded.walks != 0};
    if (lens != NULL && loaded.every_ns != 0 && loaded.walks <= 1 && jitter_is_valid(jitter) &&
        jitter->zero_ns <= (int64_t)lens_at(lens, now_ns))
        return 0;
    text_add(error, "%s %u: no clock can jitter so", record_type_name(type), instance);
    return -EINVAL;
}

static int load_lens(struct board *board, uint64_t now_ns, enum board_device clock,
                     const void *records, size_t size_bytes, struct text *error)
{
    struct lens_record loaded;
    struct record record;
    struct lens lens;
    struct jitter jitter;

    if (!record_find(records, size_bytes, RECORD_LENS, clock, &record))
        return load_jitter(NULL, now_ns, records, size_bytes, RECORD_JITTER, clock, &jitter, error);
    if (board->devices[clock] == NULL || record.size_bytes != sizeof loaded) {
        text_add(error, "lens %u: there is no such clock, or it is cut off", clock);
        return -EINVAL;
    }
    memcpy(&loaded, record.bytes, sizeof loaded);
    if (!lens_is_valid(&loaded, now_ns)) {
        text_add(error, "lens %u: no clock can be wrong as it is", clock);
        return -EINVAL;
    }
    lens = lens_of_record(&loaded);
    if (load_jitter(&lens, now_ns, records, size_bytes, RECORD_JITTER, clock, &jitter, error) < 0)
        return -EINVAL;
    board_load_lens(board, clock, &lens, loaded.later_ppb, loaded.stands != 0, &jitter);
    return 0;
}

static bool page_fault_is_valid(const struct page_fault_record *record, uint64_t now_ns)
{
    return lens_is_valid(&record->lens, now_ns) && record->is_lensed <= 1 &&
           ((record->flags_set | record->flags_cleared) & ~PVCLOCK_TSC_STABLE) == 0;
}

static int load_page_fault(struct kvmclock *clock, uint64_t now_ns, unsigned vcpu,
                           const void *records, size_t size_bytes, struct text *error)
{
    struct page_fault_record loaded;
    struct record record;
    struct jitter jitter;
    struct lens lens;

    if (!record_find(records, size_bytes, RECORD_PAGE_FAULT, vcpu, &record))
        return load_jitter(NULL, now_ns, records, size_bytes, RECORD_PAGE_JITTER, vcpu, &jitter,
                           error);
    if (record.size_bytes == sizeof loaded)
        memcpy(&loaded, record.bytes, sizeof loaded);
    if (record.size_bytes != sizeof loaded || !page_fault_is_valid(&loaded, now_ns)) {
        text_add(error, "kvm-clock of vCPU %u: no page can be wrong as it is", vcpu);
        return -EINVAL;
    }
    lens = lens_of_record(&loaded.lens);
    if (load_jitter(&lens, now_ns, records, size_bytes, RECORD_PAGE_JITTER, vcpu, &jitter, error) <
        0)
        return -EINVAL;
    clock->faults[vcpu] = (struct page_fault){
        .lens = lens,
        .later_ppb = loaded.lens.later_ppb,
        .stands = loaded.lens.stands != 0,
        .is_lensed = loaded.is_lensed != 0,
        .jitter = jitter,
        .flags_set = loaded.flags_set,
        .flags_cleared = loaded.flags_cleared,
    };
    return 0;
}

/* Once each clock has its lens: what a device shows follows from its own time. */
static int load_lenses(struct board *board, uint64_t now_ns, const void *records, size_t size_bytes,
                       struct text *error)
{
    int result = 0;

    for (enum board_device clock = BOARD_PIT; result == 0 && clock < BOARD_LENSES; clock++)
        result = load_lens(board, now_ns, clock, records, size_bytes, error);
    for (unsigned i = 0; result == 0 && i < board->kvmclock.clock.vcpu_count; i++)
        result = load_page_fault(&board->kvmclock.clock, now_ns, i, records, size_bytes, error);
    return result;
}

int board_load(struct board *board, uint64_t now_ns, const void *records, size_t size_bytes,
               struct text *error)
{
    int result = load_lenses(board, now_ns, records, size_bytes, error);

    for (uint32_t i = 0; result == 0 && i < BOARD_DEVICES; i++) {
        uint64_t device_ns = i < BOARD_LENSES ? board_clock_ns(board, i, now_ns) : now_ns;
        struct device *dev = board->devices[i];
        struct record record;
        bool found = record_find(records, size_bytes, RECORD_DEVICE, i, &record);

        if (dev != NULL && found) {
            result = load_device(board, i, device_ns, &record, error);
        } else if (dev != NULL) {
            text_add(error, "device %s has no state", dev->ops->name);
            result = -EINVAL;
        } else if (found) {
            text_add(error, "device %u has a state, and by its configuration there is none", i);
            result = -EINVAL;
        }
        if (i < BOARD_LENSES)
            board_clock_follow(board, i);
    }
    return result;
}
