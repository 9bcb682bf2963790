/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that takes a guest over: from a source that is right, that ends at any byte, or that
 * is a stranger. The source is the test. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_save.h"
#include "vmm/machine/migration_target.h"

#define PAGE         MIGRATION_PAGE_BYTES
#define STREAM_BYTES (1 << 20)
#define MAX_MESSAGES 16
#define DATA_GPA     (5 << 20)
/* Where a stream is cut: nowhere; and the user cancels. */
#define TO_THE_END   SIZE_MAX
#define CANCELLED_AT (SIZE_MAX - 1)

static struct restore_rig rig;
static struct migration_target target;
/* All that a source says; where its messages begin; and how much of it is said, and has been. */
static uint8_t stream[STREAM_BYTES];
static size_t stream_bytes, begins[MAX_MESSAGES + 1];
static unsigned message_count;
static size_t cut_at, said_bytes;
static int source_fd;
static uint8_t generation_id[GENERATION_ID_BYTES];
/* The type of the last message of the target, a call of KVM that fails, and what the target is. */
static unsigned heard;
static const char *failing;
static bool hypercalls_reach_host;
static enum restore_time time_policy;
/* The source does not wait for the target to read. */
static bool all_is_said;

static void add(enum migration_type type, const void *payload, size_t size_bytes)
{
    struct migration_head head = {
        .type = type, .number = message_count, .size_bytes = (uint32_t)size_bytes};

    assert_in_range(message_count, 0, MAX_MESSAGES - 1);
    assert_in_range(stream_bytes + MIGRATION_HEAD_BYTES + size_bytes, 0, sizeof stream);
    begins[message_count++] = stream_bytes;
    migration_head_encode(&head, payload, stream + stream_bytes);
    memcpy(stream + stream_bytes + MIGRATION_HEAD_BYTES, payload, size_bytes);
    stream_bytes += MIGRATION_HEAD_BYTES + size_bytes;
    begins[message_count] = stream_bytes;
}

static void add_hello(void)
{
    uint8_t bytes[65536];
    struct note_writer writer;

    note_writer_init(&writer, bytes, sizeof bytes);
    machine_save_config(&rig.rig.machine, &writer);
    add(MIGRATION_HELLO, bytes, writer.length_bytes);
}

static void add_pages(void)
{
    uint8_t bytes[sizeof(struct migration_range) + 2 * PAGE];
    const struct migration_range range = {DATA_GPA, 2};

    memset(bytes, 0x5a, sizeof bytes);
    memcpy(bytes, &range, sizeof range);
    add(MIGRATION_PAGES, bytes, sizeof bytes);
}

/* A machine that stands, and what would be said of it. */
static int setup(void **unused)
{
    (void)unused;
    stream_bytes = message_count = 0;
    hypercalls_reach_host = all_is_said = false;
    time_policy = RESTORE_ADVANCE;
    restore_rig_make(&rig);
    restore_rig_stop(&rig);
    restore_rig_save(&rig);
    add_hello();
    add_pages();
    add(MIGRATION_STATE, rig.records, rig.size_bytes);
    add(MIGRATION_GO, "", 0);
    memcpy(generation_id, rig.rig.machine.generation_id, sizeof generation_id);
    machine_destroy(&rig.rig.machine);
    said();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_end(&rig.rig);
    restore_rig_end(&rig);
    return 0;
}

/* The target's messages are their heads, but for a refusal, which is the last one. */
static void listen_to_target(void)
{
    uint8_t bytes[4096];
    ssize_t count = recv(source_fd, bytes, sizeof bytes, MSG_DONTWAIT);

    for (ssize_t at = 0; at + MIGRATION_HEAD_BYTES <= count; at += MIGRATION_HEAD_BYTES) {
        heard = bytes[at + 6];
        if (heard == MIGRATION_REFUSE)
            return;
    }
}

/* Says the next bytes, up to where it is cut, and hears what the target says. */
static int source_goes_on(void *ctx, int fd, short events, int limit_ms)
{
    ssize_t count = 0;

    (void)ctx;
    (void)limit_ms;
    (void)fd;
    if (cut_at == CANCELLED_AT)
        return -ECANCELED;
    listen_to_target();
    if ((events & POLLIN) == 0)
        return 0;
    if (said_bytes < cut_at && said_bytes < stream_bytes)
        count = send(source_fd, stream + said_bytes,
                     (cut_at < stream_bytes ? cut_at : stream_bytes) - said_bytes,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0)
        said_bytes += (size_t)count;
    else
        shutdown(source_fd, SHUT_WR);
    return 0;
}

/* What the steps return; after the last one the guest's time has gone on. */
static int migrate(size_t cut)
{
    struct clock_bracket start = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    int fds[2];
    int result;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    source_fd = fds[0];
    said_bytes = 0;
    cut_at = cut;
    fake_kvm_reset();
    fake_kvm_fail(failing, 0, EIO);
    fake_kvm.can_intercept_hypercalls = !hypercalls_reach_host;
    if (all_is_said)
        assert_int_equal(send(source_fd, stream, stream_bytes, MSG_DONTWAIT), stream_bytes);
    target = (struct migration_target){
        .wait = {source_goes_on, NULL},
        .request = {.name = "there", .time = time_policy},
    };
    result = migration_target_receive(&target, fds[1], &rig.rig.machine, &rig.rig.host, &start);
    if (result == 0) {
        result = migration_target_go(&target, &rig.rig.machine);
        if (result < 0)
            machine_destroy(&rig.rig.machine);
    }
    if (result < 0)
        migration_target_release(&target);
    listen_to_target();
    close(source_fd);
    return result;
}

static void destroy(void)
{
    machine_destroy(&rig.rig.machine);
    migration_target_release(&target);
}

static void a_guest_arrives_with_its_memory_and_its_time_goes_on(void **unused)
{
    struct machine *machine = &rig.rig.machine;
    struct vcpu_time_record vcpu;
    uint64_t now_ns;

    (void)unused;
    fake_clock_pass_ns(3 * NS_PER_SEC);
    assert_int_equal(migrate(TO_THE_END), 0);
    assert_int_equal(*(uint8_t *)guest_mem_at(&machine->memory, DATA_GPA + PAGE, 1), 0x5a);
    assert_int_equal(*(uint8_t *)guest_mem_at(&machine->memory, DATA_GPA + 2 * PAGE, 1), 0);
    assert_int_equal(machine->memory_file.fd, -1);
    /* Guest time and TSC have gone on as the host did: the offset is what it was. */
    memcpy(&vcpu, restore_rig_record(&rig, RECORD_VCPU_TIME, 0, sizeof vcpu), sizeof vcpu);
    assert_int_equal(fake_vcpu(0)->tsc_offset, vcpu.tsc_offset);
    now_ns = machine_now(machine);
    assert_in_range(now_ns, target.image.time.guest_ns + 3 * NS_PER_SEC,
                    target.image.time.guest_ns + 4 * NS_PER_SEC);
    migration_target_tell_running(&target, machine);
    assert_non_null(strstr(said(), "minivmm: there: the guest runs here; it stood still for 3"));
    destroy();
}

static void a_machine_that_moves_keeps_its_identity(void **unused)
{
    (void)unused;
    assert_int_equal(migrate(TO_THE_END), 0);
    assert_memory_equal(rig.rig.machine.generation_id, generation_id, sizeof generation_id);
    destroy();
}

/* One line, no machine, and nothing that is kept. */
static void assert_refused(size_t cut)
{
    int result = migrate(cut);
    const char *line = said();

    if (result >= 0)
        fail_msg("taken although it is cut at %zu of %zu", cut, stream_bytes);
    if (strncmp(line, "minivmm: there: ", 16) != 0 || strchr(line, '\n') != strrchr(line, '\n'))
        fail_msg("at %zu it says: %s", cut, line);
}

/* Each message, its head, and places in between. */
static void a_source_that_ends_at_any_byte_before_the_last_has_kept_its_guest(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < message_count; i++)
        for (size_t cut = begins[i]; cut < begins[i + 1];
             cut += cut < begins[i] + MIGRATION_HEAD_BYTES ? 1 : 1597)
            assert_refused(cut);
    assert_refused(stream_bytes - 1);
    assert_int_equal(migrate(stream_bytes), 0);
    destroy();
}

static void no_flipped_byte_is_taken(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < message_count; i++)
        for (size_t at = begins[i]; at < begins[i + 1];
             at += at < begins[i] + MIGRATION_HEAD_BYTES ? 1 : 1009) {
            stream[at] ^= 0x10;
            assert_refused(TO_THE_END);
            stream[at] ^= 0x10;
        }
}

static void begin_again(void)
{
    stream_bytes = message_count = 0;
}

static void assert_refused_saying(const char *expected)
{
    char line[512];

    assert_true(migrate(TO_THE_END) < 0);
    snprintf(line, sizeof line, "minivmm: there: %s\n", expected);
    assert_string_equal(said(), line);
}

static void messages_in_another_order_are_refused(void **unused)
{
    uint8_t *hello = malloc(begins[1]);
    size_t hello_bytes = begins[1] - MIGRATION_HEAD_BYTES;

    (void)unused;
    memcpy(hello, stream + MIGRATION_HEAD_BYTES, hello_bytes);
    begin_again();
    add(MIGRATION_GO, "", 0);
    assert_refused_saying("damaged: the word to go comes where the greeting should");
    begin_again();
    add(MIGRATION_HELLO, hello, hello_bytes);
    add(MIGRATION_GO, "", 0);
    assert_refused_saying("damaged: the word to go comes where memory should");
    begin_again();
    add(MIGRATION_HELLO, hello, hello_bytes);
    add(MIGRATION_STATE, rig.records, rig.size_bytes);
    add_pages();
    assert_refused_saying("damaged: memory comes where the word to go should");
    begin_again();
    add(MIGRATION_HELLO, "", 0);
    assert_refused_saying("damaged: it does not say what machine comes");
    free(hello);
}

/* The records are right each by itself. */
static void a_machine_that_is_not_the_announced_one_is_refused(void **unused)
{
    (void)unused;
    begin_again();
    rig.rig.machine.config = &rig.rig.config;
    rig.rig.config.memory_bytes *= 2;
    add_hello();
    rig.rig.config.memory_bytes /= 2;
    add(MIGRATION_STATE, rig.records, rig.size_bytes);
    assert_refused_saying("damaged: another machine comes than was said at first");
}

/* All has been loaded, and the guest is still the source's. */
static void an_nvram_file_is_left_where_the_source_keeps_its_guest(void **unused)
{
    char folder[] = "/tmp/migration-target-XXXXXX";

    (void)unused;
    assert_non_null(mkdtemp(folder));
    snprintf(rig.rig.host.rtc_nvram_path, PATH_MAX, "%s/nvram", folder);
    assert_refused(stream_bytes - 1);
    assert_int_equal(heard, MIGRATION_REFUSE);
    /* No file is in it. */
    assert_int_equal(rmdir(folder), 0);
}

/* The source hears of it while it has still its guest. */
static void what_fails_here_is_told_before_it_says_ready(void **unused)
{
    static const char *const calls[] = {"kvm_create_vm", "kvm_create_vcpu", "KVM_SET_VCPU_EVENTS"};

    (void)unused;
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        failing = calls[i];
        assert_true(migrate(TO_THE_END) < 0);
        assert_int_equal(heard, MIGRATION_REFUSE);
        said();
    }
    failing = NULL;
    assert_int_equal(migrate(TO_THE_END), 0);
    assert_int_equal(heard, MIGRATION_READY);
    destroy();
}

static void a_user_can_end_the_wait(void **unused)
{
    (void)unused;
    assert_int_equal(migrate(CANCELLED_AT), -ECANCELED);
    assert_string_equal(said(), "");
}

/* A source that never pauses, and never ends. */
static void a_user_can_end_it_while_memory_comes_and_comes(void **unused)
{
    (void)unused;
    all_is_said = true;
    assert_int_equal(migrate(CANCELLED_AT), -ECANCELED);
    assert_int_equal(heard, MIGRATION_REFUSE);
    assert_string_equal(said(), "");
}

/* After "go" it would be nowhere. */
static void a_guest_that_would_see_the_host_s_time_is_refused_while_the_source_has_it(void **unused)
{
    struct machine_record record;
    uint8_t *saved = restore_rig_record(&rig, RECORD_MACHINE, 0, sizeof record);

    (void)unused;
    memcpy(&record, saved, sizeof record);
    record.hypercalls_exit = 0;
    memcpy(saved, &record, sizeof record);
    message_count = 2;
    stream_bytes = begins[2];
    add(MIGRATION_STATE, rig.records, rig.size_bytes);
    add(MIGRATION_GO, "", 0);
    hypercalls_reach_host = true;
    time_policy = RESTORE_FREEZE;
    assert_true(migrate(TO_THE_END) < 0);
    assert_string_equal(said(), "minivmm: there: this KVM cannot intercept hypercalls, by which a "
                                "guest sees the host's time go on: use --time advance\n");
    assert_int_equal(heard, MIGRATION_REFUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_user_can_end_it_while_memory_comes_and_comes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_guest_that_would_see_the_host_s_time_is_refused_while_the_source_has_it, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_guest_arrives_with_its_memory_and_its_time_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_nvram_file_is_left_where_the_source_keeps_its_guest,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_machine_that_moves_keeps_its_identity, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_source_that_ends_at_any_byte_before_the_last_has_kept_its_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(no_flipped_byte_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_in_another_order_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_machine_that_is_not_the_announced_one_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_fails_here_is_told_before_it_says_ready, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_user_can_end_the_wait, setup, teardown),
    };

    return cmocka_run_group_tests_name("migration_target", tests, NULL, NULL);
}
