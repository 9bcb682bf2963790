/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that runs and is moved: what it says to the target, and who has the guest whenever the
 * target fails. The target is the test. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_math.h"
#include "snapshot/record.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/migration_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_image.h"

#define URI  "unix:there"
#define PAGE MIGRATION_PAGE_BYTES

static struct migration_rig rig;
static struct machine *const machine = &rig.rig.machine;
static struct migration_channel *const peer = &rig.peer;
static struct migration_source *const source = &rig.run.migration;
/* The target: its memory, and how many messages of memory came. */
static uint8_t copy[64 << 20];
static unsigned memory_messages;

static uint8_t *memory_at(uint64_t gpa)
{
    return guest_mem_at(&machine->memory, gpa, PAGE);
}

/* Some of its memory is the test's. */
static int setup(void **unused)
{
    (void)unused;
    migration_rig_make(&rig);
    memset(memory_at(5 << 20), 0x5a, 3 * PAGE);
    memset(copy, 0, sizeof copy);
    memory_messages = 0;
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    migration_rig_destroy(&rig);
    return 0;
}

static void begin(void)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(migration_channel_open(peer, fds[1]), 0);
    assert_true(migration_source_begin(source, fds[0], URI));
}

static void turn(void)
{
    migration_rig_turn(&rig);
}

static void say(enum migration_type type, const void *payload, uint32_t size_bytes)
{
    migration_channel_put(peer, type, payload, size_bytes);
    while (migration_channel_send(peer) == 0)
        turn();
    turn();
}

static void receive(void)
{
    migration_rig_receive(&rig);
}

static void expect(enum migration_type type)
{
    receive();
    assert_int_equal(peer->in.type, type);
    migration_channel_drop(peer);
}

/* Memory goes where the target puts it; the message after it has come, and is not dropped. */
static void take_memory(void)
{
    const struct guest_mem there = {.regions = {{0, sizeof copy, copy}}, .region_count = 1};
    char bytes[256];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    for (receive(); peer->in.type == MIGRATION_PAGES || peer->in.type == MIGRATION_ZEROS;
         receive()) {
        assert_true(migration_apply_pages(&peer->in, peer->in_payload, &there, &error));
        migration_channel_drop(peer);
        memory_messages++;
    }
}

/* Up to the state, which has come. */
static void bring_to_state(void)
{
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    take_memory();
    assert_int_equal(peer->in.type, MIGRATION_STATE);
}

static void assert_event(enum machine_event event, int64_t value)
{
    struct machine_event_record record = machine_rig_event(&rig.rig, &rig.events);

    assert_int_equal(record.event, event);
    assert_int_equal(record.value, value);
}

/* As if nothing had been, but for a pause. */
static void assert_runs_here(enum migration_status status)
{
    assert_int_equal(source->status, status);
    assert_false(machine_is_ending(machine));
    assert_false(machine->pause.active);
    assert_false(machine->pause.is_moving);
    assert_int_equal(fake_kvm_count("kvm_log_dirty_pages"),
                     source->phase == MIGRATION_PHASE_GREETING ? 0 : 2);
}

static void a_guest_is_moved_with_all_its_memory(void **unused)
{
    const struct migration_running running = {.downtime_ns = 1234567};
    struct machine_image image;
    char bytes[256];
    struct text error;

    (void)unused;
    bring_to_state();
    assert_true(machine->pause.is_moving);
    assert_memory_equal(copy, memory_at(0), sizeof copy);
    text_init(&error, bytes, sizeof bytes);
    assert_true(record_stream_validate(peer->in_payload, peer->in.size_bytes, &error));
    assert_true(machine_image_read(&image, peer->in_payload, peer->in.size_bytes, &error));
    assert_memory_equal(&image.config, machine->config, sizeof image.config);
    migration_channel_drop(peer);
    say(MIGRATION_READY, "", 0);
    expect(MIGRATION_GO);
    assert_false(machine_is_ending(machine));
    say(MIGRATION_RUNNING, &running, sizeof running);
    assert_int_equal(source->status, MIGRATION_STATUS_COMPLETED);
    assert_int_equal(source->downtime_ns, running.downtime_ns);
    assert_true(machine_is_ending(machine));
    assert_true(machine->pause.active);
    assert_int_equal(machine->end_status, EXIT_STATUS_OK);
    assert_string_equal(machine->end_text,
                        "migrated to " URI ", and ended; the guest stood still for 1.234567 ms");
    assert_event(MACHINE_MIGRATION, MIGRATION_STATUS_SETUP);
    assert_event(MACHINE_MIGRATION, MIGRATION_STATUS_ACTIVE);
    assert_event(MACHINE_STOPPED, 0);
    assert_event(MACHINE_MIGRATION, MIGRATION_STATUS_COMPLETED);
    machine_rig_assert_no_event(&rig.rig, &rig.events);
}

/* A page with contents becomes zeros, and another is the program's own. */
static void what_is_written_meanwhile_follows(void **unused)
{
    (void)unused;
    fake_kvm.always_dirty_pages = 1 << 3;
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    turn();
    memset(memory_at(2 * PAGE), 0, PAGE);
    memset(memory_at(3 * PAGE), 0x77, PAGE);
    machine_lock(machine);
    strcpy(machine_memory_to_write(machine, 20 * PAGE, 8), "written");
    memcpy(memory_at(21 * PAGE), "by a device", 12);
    page_set_add(&machine->device_pages, &machine->memory, 21 * PAGE, 12);
    machine_unlock(machine);
    fake_kvm.dirty_pages = 1 << 2 | 1 << 3;
    take_memory();
    assert_memory_equal(copy, memory_at(0), sizeof copy);
    assert_string_equal(copy + 20 * PAGE, "written");
    assert_string_equal(copy + 21 * PAGE, "by a device");
    assert_int_equal(page_set_count(&machine->device_pages), 0);
    /* Rounds with one page that is always written to; it is little, so there is a last one. */
    assert_in_range(source->memory.round, 2, 3);
}

/* The guest writes without end, and the connection is so slow that nothing is ever little. */
static void begin_slowly(void)
{
    fake_kvm.dirty_pages = fake_kvm.always_dirty_pages = UINT64_MAX;
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    fake_clock_pass_ns(MIGRATION_PATIENCE_NS / 2);
    source->begun_ns = 0;
}

static void a_guest_that_writes_without_end_is_stopped_after_some_rounds(void **unused)
{
    (void)unused;
    begin_slowly();
    take_memory();
    assert_int_equal(peer->in.type, MIGRATION_STATE);
    assert_in_range(source->memory.round, 3, MIGRATION_MAX_ROUNDS + 2);
}

/* How far the target lets it come before it goes away. */
enum { AT_HELLO, AT_ACCEPT, AT_MEMORY, AT_STATE, AT_READY, PLACES };

static void a_target_that_goes_before_go_leaves_the_guest(void **unused)
{
    (void)unused;
    for (unsigned place = AT_HELLO; place < PLACES; place++) {
        fake_kvm_forget_calls();
        begin();
        if (place >= AT_ACCEPT) {
            expect(MIGRATION_HELLO);
            say(MIGRATION_ACCEPT, "", 0);
        }
        if (place >= AT_MEMORY)
            receive();
        if (place >= AT_STATE) {
            take_memory();
            assert_true(machine->pause.is_moving);
            migration_channel_drop(peer);
        }
        /* Said, and gone before it is heard: nothing can be sent any more. */
        if (place == AT_READY) {
            migration_channel_put(peer, MIGRATION_READY, "", 0);
            assert_int_equal(migration_channel_send(peer), 1);
        }
        migration_channel_close(peer);
        for (unsigned i = 0; migration_source_is_active(source) && i < MIGRATION_RIG_TURNS; i++)
            turn();
        assert_runs_here(MIGRATION_STATUS_FAILED);
        assert_string_equal(said(), "minivmm: " URI ": not migrated: the other side has ended the "
                                    "connection; the guest goes on here\n");
    }
}

/* The first byte of "go" that the socket takes is the end: also if nobody reads it. */
static void after_go_the_guest_never_runs_here_again(void **unused)
{
    (void)unused;
    bring_to_state();
    migration_channel_drop(peer);
    say(MIGRATION_READY, "", 0);
    assert_false(migration_source_cancel(source));
    migration_channel_close(peer);
    turn();
    assert_int_equal(source->status, MIGRATION_STATUS_FAILED);
    assert_true(machine->pause.active);
    assert_false(machine_resume(machine));
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(machine->end_text,
                        URI ": the other side has ended the connection before it said that the "
                            "guest runs: it may run there, and does not run here any more");
}

static void a_target_that_falls_silent_is_not_waited_for_for_ever(void **unused)
{
    (void)unused;
    bring_to_state();
    migration_channel_drop(peer);
    fake_clock_pass_ns(MIGRATION_PATIENCE_NS - NS_PER_SEC);
    turn();
    assert_true(machine->pause.is_moving);
    fake_clock_pass_ns(2 * NS_PER_SEC);
    turn();
    assert_runs_here(MIGRATION_STATUS_FAILED);
    assert_string_equal(source->error, "the target makes no progress");
}

/* It takes a byte of the state now and then. */
static void a_target_that_is_slow_does_not_stop_the_guest_for_ever(void **unused)
{
    unsigned turns = 0;

    (void)unused;
    begin_slowly();
    while (!machine->pause.is_moving) {
        receive();
        migration_channel_drop(peer);
    }
    for (; machine->pause.is_moving && turns < 10; turns++) {
        fake_clock_pass_ns(MIGRATION_PATIENCE_NS - NS_PER_SEC);
        receive();
        migration_channel_drop(peer);
        turn();
    }
    assert_int_equal(turns, 4);
    assert_runs_here(MIGRATION_STATUS_FAILED);
    assert_string_equal(
        source->error, "the guest has stood still for 60 s, and the target has not got everything");
}

static void a_refusal_comes_with_its_reason(void **unused)
{
    (void)unused;
    bring_to_state();
    migration_channel_drop(peer);
    say(MIGRATION_REFUSE, "no\nroom\xff", 8);
    assert_runs_here(MIGRATION_STATUS_FAILED);
    assert_string_equal(source->error, "no?room?");
}

static void what_a_target_cannot_say_now_ends_it(void **unused)
{
    static const enum migration_type types[] = {MIGRATION_READY, MIGRATION_GO, MIGRATION_RUNNING,
                                                MIGRATION_HELLO};

    (void)unused;
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        fake_kvm_forget_calls();
        begin();
        expect(MIGRATION_HELLO);
        say(types[i], "", 0);
        migration_channel_close(peer);
        assert_runs_here(MIGRATION_STATUS_FAILED);
    }
}

/* It is ready before it can have read what it is ready with. */
static void a_target_that_answers_before_all_is_said_ends_it(void **unused)
{
    static const int small = 1;

    (void)unused;
    begin();
    setsockopt(source->channel.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    for (unsigned i = 0; source->phase != MIGRATION_PHASE_LOADING && i < MIGRATION_RIG_TURNS; i++) {
        if (migration_channel_receive(peer) == 1)
            migration_channel_drop(peer);
        turn();
    }
    assert_true(source->channel.sends);
    say(MIGRATION_READY, "", 0);
    assert_runs_here(MIGRATION_STATUS_FAILED);
    assert_string_equal(source->error, "damaged: the target says what it should not say now");
}

static void a_damaged_message_ends_it(void **unused)
{
    (void)unused;
    begin();
    expect(MIGRATION_HELLO);
    assert_int_equal(write(peer->fd, "GET / HTTP/1.1\r\nHost: a\r\n", 25), 25);
    turn();
    assert_runs_here(MIGRATION_STATUS_FAILED);
    assert_string_equal(source->error, "what comes is no migration of minivmm");
}

static void a_cancelled_one_leaves_the_guest_here(void **unused)
{
    (void)unused;
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    assert_true(migration_source_cancel(source));
    assert_runs_here(MIGRATION_STATUS_CANCELLED);
    assert_true(migration_source_cancel(source));
    migration_channel_close(peer);
    fake_kvm_forget_calls();
    bring_to_state();
    assert_true(machine->pause.active);
    assert_true(migration_source_cancel(source));
    assert_runs_here(MIGRATION_STATUS_CANCELLED);
}

static void a_pause_of_the_user_stays_the_users(void **unused)
{
    static const struct pause_names names = {"stop", "cont"};

    (void)unused;
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    assert_true(run_control_pause(&rig.run, &names));
    for (unsigned i = 0; migration_source_is_active(source) && i < MIGRATION_RIG_TURNS; i++) {
        turn();
        if (migration_channel_receive(peer) == 1)
            migration_channel_drop(peer);
    }
    assert_int_equal(source->status, MIGRATION_STATUS_FAILED);
    assert_string_equal(source->error, "the guest is paused; resume it first");
    assert_true(machine->pause.active);
    assert_true(run_control_resume(&rig.run));
}

/* Its memory and its VM will be others. */
static void a_guest_that_resets_stays_here(void **unused)
{
    (void)unused;
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    migration_source_reset(source);
    assert_runs_here(MIGRATION_STATUS_FAILED);
    migration_source_reset(source);
    assert_string_equal(said(), "minivmm: " URI ": not migrated: the guest has reset; the guest "
                                "goes on here\n");
}

static void a_kvm_that_keeps_no_log_leaves_the_guest_here(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_take_dirty_pages", 1, EIO);
    begin();
    expect(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT, "", 0);
    for (unsigned i = 0; migration_source_is_active(source) && i < MIGRATION_RIG_TURNS; i++) {
        turn();
        if (migration_channel_receive(peer) == 1)
            migration_channel_drop(peer);
    }
    assert_runs_here(MIGRATION_STATUS_FAILED);
    assert_string_equal(source->error, "KVM does not say what the guest writes to");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_is_moved_with_all_its_memory),
        TEST(what_is_written_meanwhile_follows),
        TEST(a_guest_that_writes_without_end_is_stopped_after_some_rounds),
        TEST(a_target_that_goes_before_go_leaves_the_guest),
        TEST(after_go_the_guest_never_runs_here_again),
        TEST(a_target_that_falls_silent_is_not_waited_for_for_ever),
        TEST(a_target_that_is_slow_does_not_stop_the_guest_for_ever),
        TEST(a_refusal_comes_with_its_reason),
        TEST(what_a_target_cannot_say_now_ends_it),
        TEST(a_target_that_answers_before_all_is_said_ends_it),
        TEST(a_damaged_message_ends_it),
        TEST(a_cancelled_one_leaves_the_guest_here),
        TEST(a_pause_of_the_user_stays_the_users),
        TEST(a_guest_that_resets_stays_here),
        TEST(a_kvm_that_keeps_no_log_leaves_the_guest_here),
    };

    return cmocka_run_group_tests_name("migration_source", tests, NULL, NULL);
}
