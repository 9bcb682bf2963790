/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with clocks that are wrong, saved and restored: they go on as they were. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_record.h"

#define SEC NS_PER_SEC

static const struct jitter jitter = {.by_ns = 1000, .every_ns = 1000000, .seed = 9, .walks = true};
static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;

static void assert_same_jitter(const struct jitter *one, const struct jitter *other)
{
    assert_int_equal(one->zero_ns, other->zero_ns);
    assert_int_equal(one->first_ns, other->first_ns);
    assert_int_equal(one->by_ns, other->by_ns);
    assert_int_equal(one->every_ns, other->every_ns);
    assert_int_equal(one->seed, other->seed);
    assert_int_equal(one->walks, other->walks);
}

/* No vCPU runs, so it is for nobody to hold one. */
static void begin_faults(void)
{
    struct board *board = &machine->board;
    uint64_t now_ns = machine_lock(machine);

    board_set_clock_rate(board, now_ns, BOARD_HPET, 2000000);
    board_set_clock_jitter(board, now_ns, BOARD_HPET, &jitter);
    board_set_clock_rate(board, now_ns, BOARD_RTC, -500);
    assert_true(board_step_clock(board, now_ns, BOARD_PIT, 3600 * (int64_t)SEC));
    board_stick_clock(board, now_ns, BOARD_PIT, true);
    assert_true(board_step_clock(board, now_ns, BOARD_PM, -(int64_t)SEC));
    machine_unlock(machine);
}

static void save_with_faults(void)
{
    begin_faults();
    fake_clock_pass_ns(10 * SEC);
    restore_rig_save_and_destroy(&rig);
}

static void each_clock_goes_on_as_wrong_as_it_was(void **unused)
{
    struct lensed before[BOARD_LENSES];

    (void)unused;
    begin_faults();
    fake_clock_pass_ns(10 * SEC);
    memcpy(before, machine->board.lenses, sizeof before);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore(&rig), 0);
    for (unsigned i = 0; i < BOARD_LENSES; i++) {
        const struct lensed *after = &machine->board.lenses[i];

        assert_true(lensed_is_active(after));
        assert_memory_equal(&after->lens, &before[i].lens, sizeof after->lens);
        assert_int_equal(after->ppb, before[i].ppb);
        assert_int_equal(after->stands, before[i].stands);
        assert_same_jitter(&after->jitter, &before[i].jitter);
    }
    assert_true(machine->board.lenses[BOARD_PIT].stands);
    assert_int_equal(machine->board.lenses[BOARD_HPET].jitter.seed, 9);
}

static void a_clock_that_is_right_has_no_record(void **unused)
{
    struct record record;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    for (uint32_t i = 0; i < BOARD_DEVICES; i++)
        assert_false(record_find(rig.records, rig.size_bytes, RECORD_LENS, i, &record));
    assert_int_equal(restore_rig_restore(&rig), 0);
    assert_false(board_clock_is_lensed(&machine->board, BOARD_HPET));
}

/* An older minivmm, which does not know of lenses, refuses it. */
static void a_lens_is_to_be_understood(void **unused)
{
    struct record record;

    (void)unused;
    save_with_faults();
    assert_true(record_find(rig.records, rig.size_bytes, RECORD_LENS, BOARD_PIT, &record));
    assert_int_equal(record.flags & RECORD_MUST_UNDERSTAND, RECORD_MUST_UNDERSTAND);
    assert_int_equal(restore_rig_restore(&rig), 0);
}

/* And what it was before is not. */
static void assert_record_refused(uint8_t *at, uint8_t byte, const char *line)
{
    uint8_t good = *at;

    *at = byte;
    said();
    assert_true(restore_rig_restore(&rig) < 0);
    assert_non_null(strstr(said(), line));
    *at = good;
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore(&rig), 0);
}

static void assert_refused(size_t offset, uint8_t byte)
{
    save_with_faults();
    assert_record_refused(
        restore_rig_record(&rig, RECORD_LENS, BOARD_PIT, sizeof(struct lens_record)) + offset, byte,
        "lens 0: no clock can be wrong as it is");
}

static void assert_jitter_refused(size_t offset, uint8_t byte)
{
    save_with_faults();
    assert_record_refused(
        restore_rig_record(&rig, RECORD_JITTER, BOARD_HPET, sizeof(struct jitter_record)) + offset,
        byte, "jitter 2: no clock can jitter so");
}

static void a_jitter_that_would_go_back_is_refused(void **unused)
{
    (void)unused;
    assert_jitter_refused(offsetof(struct jitter_record, by_ns) + 3, 1);
}

static void a_jitter_from_later_is_refused(void **unused)
{
    (void)unused;
    assert_jitter_refused(offsetof(struct jitter_record, zero_ns) + 7, 0x10);
}

static void a_kind_of_jitter_that_is_none_is_refused(void **unused)
{
    (void)unused;
    assert_jitter_refused(offsetof(struct jitter_record, walks), 2);
}

static void a_lens_from_later_is_refused(void **unused)
{
    (void)unused;
    assert_refused(offsetof(struct lens_record, guest_ns) + 7, 0x70);
}

static void a_rate_that_is_none_is_refused(void **unused)
{
    (void)unused;
    assert_refused(offsetof(struct lens_record, ppb) + 7, 0x70);
}

static void a_time_that_is_none_is_refused(void **unused)
{
    (void)unused;
    assert_refused(offsetof(struct lens_record, shown_ns) + 7, 0xff);
}

/* Faults with `for`, as who does them keeps their ends. */
static void begin_lasting(const char *words, uint64_t now_ns)
{
    char line[FAULT_ERROR_BYTES];
    struct fault fault;
    struct text why;

    text_init(&why, line, sizeof line);
    assert_true(fault_from_words(words, &fault, &why));
    fault_ends_begin(&machine->fault_ends, &fault, now_ns);
}

static void what_is_over_by_itself_is_so_afterwards(void **unused)
{
    struct scheduled_fault entry;

    (void)unused;
    begin_lasting("hpet.stick for=1h", 5);
    begin_lasting("kvmclock.jitter by=1us for=2h vcpu=1", 7);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore(&rig), 0);
    assert_int_equal(machine->fault_ends.count, 2);
    assert_false(fault_ends_take(&machine->fault_ends, 3600 * SEC + 4, &entry));
    assert_true(fault_ends_take(&machine->fault_ends, 3600 * SEC + 5, &entry));
    assert_int_equal(entry.fault.kind, FAULT_HPET_STICK);
    assert_true(entry.fault.is_end);
    assert_true(fault_ends_take(&machine->fault_ends, 7200 * SEC + 7, &entry));
    assert_int_equal(entry.fault.kind, FAULT_KVMCLOCK_JITTER);
    assert_int_equal(entry.fault.values[5], 1);
}

/* A record stands at a multiple of four bytes, so it is copied. */
static void assert_end_refused(const char *words, uint64_t at_ns, const char *why)
{
    struct fault_end_record good, bad = {.at_ns = at_ns};
    uint8_t *record;

    begin_lasting("hpet.stick for=1h", 0);
    restore_rig_save_and_destroy(&rig);
    record = restore_rig_record(&rig, RECORD_FAULT_END, 0, sizeof good);
    memcpy(&good, record, sizeof good);
    memcpy(bad.words, words, strlen(words));
    memcpy(record, &bad, sizeof bad);
    said();
    assert_true(restore_rig_restore(&rig) < 0);
    assert_non_null(strstr(said(), why));
    memcpy(record, &good, sizeof good);
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore(&rig), 0);
}

static void an_end_of_nothing_is_refused(void **unused)
{
    (void)unused;
    assert_end_refused("hpet.blow for=1h", SEC, "end of fault 0: 'hpet.blow' is no fault");
}

static void an_end_on_a_vcpu_that_is_not_there_is_refused(void **unused)
{
    (void)unused;
    assert_end_refused("kvmclock.odd for=1h vcpu=77", SEC,
                       "end of fault 0: kvmclock.odd: this machine has no vCPU 77");
}

static void an_end_that_is_too_far_is_refused(void **unused)
{
    (void)unused;
    assert_end_refused("hpet.stick for=1s", 3600 * SEC,
                       "end of fault 0: hpet.stick does not last so long");
}

static void an_end_of_what_has_none_is_refused(void **unused)
{
    (void)unused;
    assert_end_refused("hpet.stick", SEC, "end of fault 0: hpet.stick does not last so long");
}

/* Its lens, and the flag that it lacks. */
static void a_page_of_kvm_clock_goes_on_as_wrong_as_it_was(void **unused)
{
    struct page_fault before, *fault;
    uint64_t guest_ns;

    (void)unused;
    machine_lock(machine);
    machine_now_to_change(machine);
    fault = &machine->board.kvmclock.clock.faults[1];
    guest_ns = kvmclock_begin_faults(&machine->board.kvmclock.clock);
    page_fault_set_rate(fault, guest_ns, 12345);
    page_fault_set_jitter(fault, guest_ns, &jitter);
    fault->flags_cleared = PVCLOCK_TSC_STABLE;
    fault->stays_odd = true;
    kvmclock_end_faults(&machine->board.kvmclock.clock);
    before = *fault;
    machine_unlock(machine);
    fake_clock_pass_ns(10 * SEC);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore(&rig), 0);
    fault = &machine->board.kvmclock.clock.faults[1];
    assert_true(fault->is_lensed);
    assert_memory_equal(&fault->lens, &before.lens, sizeof before.lens);
    assert_same_jitter(&fault->jitter, &before.jitter);
    assert_true(machine->jitter_timer.armed);
    assert_int_equal(fault->flags_cleared, PVCLOCK_TSC_STABLE);
    assert_false(fault->stays_odd);
    assert_false(machine->board.kvmclock.clock.faults[0].is_lensed);
}

static void a_page_that_is_no_page_is_refused(void **unused)
{
    uint8_t *at;

    (void)unused;
    machine->board.kvmclock.clock.faults[1].flags_set = PVCLOCK_TSC_STABLE;
    restore_rig_save_and_destroy(&rig);
    at = restore_rig_record(&rig, RECORD_PAGE_FAULT, 1, sizeof(struct page_fault_record)) +
         offsetof(struct page_fault_record, flags_set);
    *at = 0x80;
    said();
    assert_true(restore_rig_restore(&rig) < 0);
    assert_non_null(strstr(said(), "kvm-clock of vCPU 1: no page can be wrong as it is"));
    *at = PVCLOCK_TSC_STABLE;
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore(&rig), 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, restore_rig_setup, restore_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_clock_goes_on_as_wrong_as_it_was),
        TEST(a_clock_that_is_right_has_no_record),
        TEST(a_lens_is_to_be_understood),
        TEST(a_lens_from_later_is_refused),
        TEST(a_page_of_kvm_clock_goes_on_as_wrong_as_it_was),
        TEST(a_page_that_is_no_page_is_refused),
        TEST(a_jitter_that_would_go_back_is_refused),
        TEST(a_jitter_from_later_is_refused),
        TEST(a_kind_of_jitter_that_is_none_is_refused),
        TEST(what_is_over_by_itself_is_so_afterwards),
        TEST(an_end_of_nothing_is_refused),
        TEST(an_end_on_a_vcpu_that_is_not_there_is_refused),
        TEST(an_end_that_is_too_far_is_refused),
        TEST(an_end_of_what_has_none_is_refused),
        TEST(a_rate_that_is_none_is_refused),
        TEST(a_time_that_is_none_is_refused),
    };

    return cmocka_run_group_tests_name("restore_lens", tests, NULL, NULL);
}
