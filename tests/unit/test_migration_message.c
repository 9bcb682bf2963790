/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages of a migration, as a stranger may change them. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "snapshot/migration_message.h"

#define PAGE MIGRATION_PAGE_BYTES
/* More than one message has. */
#define PAGES (MIGRATION_MAX_PAGES + 8)

static _Alignas(PAGE) uint8_t bytes[PAGES * PAGE];
static const struct guest_mem memory = {.regions = {{0, sizeof bytes, bytes}}, .region_count = 1};
static char wrong[256];

static struct text *error(void)
{
    static struct text text;

    text_init(&text, wrong, sizeof wrong);
    return &text;
}

static void a_message_comes_as_it_was_sent(void **unused)
{
    const struct migration_running running = {.downtime_ns = 1234};
    struct migration_head sent = {MIGRATION_RUNNING, 3, sizeof running, 0}, came;
    uint8_t head[MIGRATION_HEAD_BYTES];

    (void)unused;
    migration_head_encode(&sent, &running, head);
    assert_memory_equal(head, "MVmg", 4);
    assert_true(migration_head_decode(head, 3, &came, error()));
    assert_int_equal(came.type, sent.type);
    assert_int_equal(came.number, sent.number);
    assert_int_equal(came.size_bytes, sent.size_bytes);
    assert_int_equal(came.checksum, sent.checksum);
    assert_true(migration_payload_check(&came, &running, error()));
}

/* A change is seen in the head alone, or with the payload; nobody is asked for more than fits. */
static void no_flipped_bit_is_taken(void **unused)
{
    uint8_t payload[20] = "some bytes of memory";
    struct migration_head sent = {MIGRATION_STATE, 0, sizeof payload, 0}, came;
    uint8_t head[MIGRATION_HEAD_BYTES];

    (void)unused;
    migration_head_encode(&sent, payload, head);
    for (unsigned bit = 0; bit < 8 * (sizeof head + sizeof payload); bit++) {
        uint8_t *at = bit < 8 * sizeof head ? &head[bit / 8] : &payload[bit / 8 - sizeof head];

        *at ^= (uint8_t)(1 << bit % 8);
        if (migration_head_decode(head, 0, &came, error())) {
            assert_in_range(came.size_bytes, 0, migration_max_bytes(came.type));
            /* One that names fewer bytes is checked with those; one with more never comes whole. */
            if (came.size_bytes <= sizeof payload) {
                assert_false(migration_payload_check(&came, payload, error()));
                assert_true(wrong[0] != '\0');
            }
        } else {
            assert_true(wrong[0] != '\0');
        }
        *at ^= (uint8_t)(1 << bit % 8);
    }
}

static void assert_refused(unsigned at, unsigned value, const char *expected)
{
    struct migration_head sent = {MIGRATION_GO, 7, 0, 0}, came;
    uint8_t head[MIGRATION_HEAD_BYTES];

    migration_head_encode(&sent, "", head);
    head[at] = (uint8_t)value;
    assert_false(migration_head_decode(head, 7, &came, error()));
    assert_string_equal(wrong, expected);
}

static void what_is_wrong_is_named(void **unused)
{
    (void)unused;
    assert_refused(0, 'X', "what comes is no migration of minivmm");
    assert_refused(4, 2, "the other side speaks version 2 of the protocol, and this minivmm 1");
    assert_refused(6, MIGRATION_TYPES, "damaged: a message of the unknown type 10");
    assert_refused(6, 0, "damaged: a message of the unknown type 0");
    assert_refused(8, 8, "damaged: message 8 comes where 7 should");
    assert_refused(12, 1, "damaged: the word to go has 1 bytes, and can have 0");
}

/* Whether a message of so many bytes is put into memory. */
static bool apply(enum migration_type type, uint64_t gpa, uint64_t count, uint32_t size_bytes)
{
    uint8_t *payload = malloc(size_bytes);
    const struct migration_range range = {gpa, count};
    struct migration_head head = {type, 0, size_bytes, 0};
    bool applied;

    memset(payload, 0x5a, size_bytes);
    memcpy(payload, &range, size_bytes < sizeof range ? size_bytes : sizeof range);
    applied = migration_apply_pages(&head, payload, &memory, error());
    free(payload);
    assert_string_equal(wrong, applied ? "" : "damaged: memory that the guest does not have");
    return applied;
}

static void pages_go_where_they_belong(void **unused)
{
    const uint32_t head_bytes = sizeof(struct migration_range);

    (void)unused;
    assert_true(apply(MIGRATION_PAGES, 2 * PAGE, 2, head_bytes + 2 * PAGE));
    assert_int_equal(bytes[2 * PAGE - 1], 0);
    assert_int_equal(bytes[2 * PAGE], 0x5a);
    assert_int_equal(bytes[4 * PAGE - 1], 0x5a);
    assert_int_equal(bytes[4 * PAGE], 0);
    assert_true(apply(MIGRATION_ZEROS, 3 * PAGE, 5, head_bytes));
    assert_int_equal(bytes[3 * PAGE - 1], 0x5a);
    assert_int_equal(bytes[3 * PAGE], 0);
}

static void pages_that_the_guest_does_not_have_are_refused(void **unused)
{
    const uint32_t head_bytes = sizeof(struct migration_range);

    (void)unused;
    assert_false(apply(MIGRATION_PAGES, (PAGES - 1) * PAGE, 2, head_bytes + 2 * PAGE));
    assert_false(apply(MIGRATION_PAGES, 1, 1, head_bytes + PAGE));
    assert_false(apply(MIGRATION_PAGES, 0, 0, head_bytes));
    assert_false(apply(MIGRATION_PAGES, 0, 2, head_bytes + PAGE));
    assert_false(apply(MIGRATION_PAGES, 0, 1, head_bytes + 2 * PAGE));
    assert_false(apply(MIGRATION_PAGES, 0, UINT64_MAX, head_bytes + PAGE));
    assert_false(apply(MIGRATION_PAGES, UINT64_MAX & -PAGE, 1, head_bytes + PAGE));
    assert_false(apply(MIGRATION_PAGES, 0, 1, head_bytes - 1));
    assert_false(apply(MIGRATION_PAGES, 0, 1, 0));
    assert_false(apply(MIGRATION_ZEROS, (PAGES - 8) * PAGE, 9, head_bytes));
    assert_false(apply(MIGRATION_ZEROS, PAGE, UINT64_MAX / PAGE, head_bytes));
    assert_false(apply(MIGRATION_ZEROS, 0, 1, head_bytes - 1));
}

/* So that no message takes long, and the user can end it between two. */
static void no_message_is_of_more_pages_than_the_source_sends(void **unused)
{
    const uint32_t head_bytes = sizeof(struct migration_range);

    (void)unused;
    assert_true(apply(MIGRATION_ZEROS, 0, MIGRATION_MAX_PAGES, head_bytes));
    assert_false(apply(MIGRATION_ZEROS, 0, MIGRATION_MAX_PAGES + 1, head_bytes));
    assert_false(apply(MIGRATION_PAGES, 0, MIGRATION_MAX_PAGES + 1,
                       head_bytes + (MIGRATION_MAX_PAGES + 1) * PAGE));
}

/* A page that is never written to takes no memory of the host: here it cannot be written to. */
static void a_page_of_zeros_stays_untouched(void **unused)
{
    (void)unused;
    bytes[PAGE - 1] = bytes[3 * PAGE] = 0x5a;
    memset(bytes + PAGE, 0, 2 * PAGE);
    assert_int_equal(mprotect(bytes + PAGE, 2 * PAGE, PROT_READ), 0);
    assert_true(apply(MIGRATION_ZEROS, 0, 4, sizeof(struct migration_range)));
    assert_int_equal(mprotect(bytes + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE), 0);
    assert_int_equal(bytes[PAGE - 1], 0);
    assert_int_equal(bytes[3 * PAGE], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_as_it_was_sent),
        cmocka_unit_test(no_flipped_bit_is_taken),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(pages_go_where_they_belong),
        cmocka_unit_test(pages_that_the_guest_does_not_have_are_refused),
        cmocka_unit_test(no_message_is_of_more_pages_than_the_source_sends),
        cmocka_unit_test(a_page_of_zeros_stays_untouched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
