/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_ring.h. */
#include "vmm/host/trace_ring.h"

static void put_slots(struct trace_ring *ring, const struct trace_record *slots, unsigned count)
{
    uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);

    for (unsigned i = 0; i < count; i++)
        ring->slots[(put + i) % TRACE_RING_RECORDS] = slots[i];
    atomic_store_explicit(&ring->put, put + count, memory_order_release);
}

/* The gap begins with the first record that is not there. */
static void drop(struct trace_ring *ring, const struct trace_record *record)
{
    if (ring->gap.value == 0)
        ring->gap = (struct trace_record){
            .tsc = record->tsc, .g_ns = record->g_ns, .kind = TRACE_GAP, .vcpu = TRACE_NO_VCPU};
    ring->gap.value++;
    ring->dropped++;
}

void trace_ring_put_slowly(struct trace_ring *ring, const struct trace_record *slots,
                           unsigned count)
{
    unsigned gap_slots = ring->gap.value != 0;

    ring->seen_taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    if (!trace_ring_has_room(ring, count + gap_slots)) {
        drop(ring, slots);
        return;
    }
    if (gap_slots != 0)
        put_slots(ring, &ring->gap, 1);
    ring->gap.value = 0;
    put_slots(ring, slots, count);
}

void trace_ring_put_text(struct trace_ring *ring, const struct trace_record *record,
                         const char *text)
{
    struct trace_record slots[1 + TRACE_TEXT_MAX_SLOTS];

    trace_probe_text(record, text);
    trace_ring_put_slowly(ring, slots, trace_record_put_text(record, text, slots));
}

/* How many of the slots are whole records with their texts. */
static unsigned whole_slots(const struct trace_record *slots, unsigned count, uint64_t *records)
{
    unsigned at = 0, next;

    for (*records = 0; at < count; at = next) {
        next = at + 1 + trace_record_text_slots(&slots[at]);
        if (next > count)
            break;
        *records += slots[at].kind == TRACE_GAP ? slots[at].value : 1;
    }
    return at;
}

unsigned trace_ring_copy(const struct trace_ring *ring, struct trace_record *slots, unsigned max,
                         uint64_t *records)
{
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    uint64_t used = atomic_load_explicit(&ring->put, memory_order_acquire) - taken;
    unsigned count = used < max ? (unsigned)used : max;

    for (unsigned i = 0; i < count; i++)
        slots[i] = ring->slots[(taken + i) % TRACE_RING_RECORDS];
    return whole_slots(slots, count, records);
}

void trace_ring_drop(struct trace_ring *ring, unsigned slots)
{
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);

    atomic_store_explicit(&ring->taken, taken + slots, memory_order_release);
}
