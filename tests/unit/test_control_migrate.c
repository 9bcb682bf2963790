/* SPDX-License-Identifier: BSD-2-Clause */
/* migrate, migrate-cancel and query-migrate, as a client of the control socket
 * sees them. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/control_answer.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/migration_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/control_commands.h"
#include "vmm/host/unix_socket.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_time.h"

#define MOVING                                                                                     \
    "{\"error\":{\"class\":\"GenericError\",\"desc\":\"the guest is being "                        \
    "migrated; "                                                                                   \
    "migrate-cancel keeps it here\"}}"
#define NOTHING "{\"return\":{}}"

static struct migration_rig rig;
static struct migration_channel *const peer = &rig.peer;
static struct control_target control = {&rig.rig.machine, &rig.run};
/* Where a target would listen. */
static char folder[32], path[64];
static struct unix_listener listener;

static int setup(void **unused)
{
    (void)unused;
    migration_rig_make(&rig);
    strcpy(folder, "/tmp/test_migrate.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    listener = (struct unix_listener){.fd = -1};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    unix_socket_close(&listener);
    assert_int_equal(rmdir(folder), 0);
    migration_rig_destroy(&rig);
    return 0;
}

/* The answer to a command, sorted; in static memory. */
static const char *execute(const char *name, const char *uri)
{
    char request[256];

    snprintf(request, sizeof request, "{\"execute\":\"%s\"%s%s%s}", name,
             uri != NULL ? ",\"arguments\":{\"uri\":\"" : "", uri != NULL ? uri : "",
             uri != NULL ? "\"}" : "");
    return control_answer(&control, request);
}

static const char *migrate(void)
{
    char uri[80];
    int fd;
    const char *answer;

    if (listener.fd < 0)
        assert_int_equal(unix_socket_listen(path, &listener), 0);
    snprintf(uri, sizeof uri, "unix:%s", path);
    answer = execute("migrate", uri);
    fd = unix_socket_accept(&listener);
    if (fd >= 0)
        assert_int_equal(migration_channel_open(peer, fd), 0);
    return answer;
}

static void hear(enum migration_type type)
{
    migration_rig_receive(&rig);
    while (peer->in.type != type) {
        migration_channel_drop(peer);
        migration_rig_receive(&rig);
    }
    migration_channel_drop(peer);
}

static void say(enum migration_type type)
{
    const struct migration_running running = {.downtime_ns = 2345678};

    migration_channel_put(peer, type, &running, type == MIGRATION_RUNNING ? sizeof running : 0);
    assert_int_equal(migration_channel_send(peer), 1);
    migration_rig_turn(&rig);
}

static void assert_status(const char *status)
{
    char expected[64];

    snprintf(expected, sizeof expected, "\"status\":\"%s\"", status);
    if (strstr(execute("query-migrate", NULL), expected) == NULL)
        fail_msg("no %s in %s", expected, execute("query-migrate", NULL));
}

static void what_is_no_target_is_said(void **unused)
{
    (void)unused;
    assert_string_equal(execute("query-migrate", NULL), NOTHING);
    assert_string_equal(execute("migrate-cancel", NULL), NOTHING);
    assert_non_null(strstr(execute("migrate", NULL), "'uri'"));
    assert_non_null(strstr(execute("migrate", "tcp:host:1"), "'uri' must be unix:PATH or exec:"));
    assert_non_null(strstr(execute("migrate", "fd:3"), "'uri' must be unix:PATH or exec:"));
    assert_non_null(
        strstr(execute("migrate", "unix:/none/there"), "/none/there: No such file or directory"));
    assert_string_equal(execute("query-migrate", NULL), NOTHING);
}

/* It is found out before a byte is sent, and the guest has no pause. */
static void one_with_a_rate_of_its_own_is_refused_at_once(void **unused)
{
    (void)unused;
    machine_lock(&rig.rig.machine);
    machine_time_set_rate(&rig.rig.machine, 1);
    machine_unlock(&rig.rig.machine);
    assert_non_null(strstr(migrate(), "guest time has a rate of its own (rate)"));
    assert_string_equal(execute("query-migrate", NULL), NOTHING);
}

static void a_paused_guest_is_not_moved(void **unused)
{
    (void)unused;
    execute("stop", NULL);
    assert_non_null(strstr(migrate(), "the guest is paused; cont resumes it"));
    execute("cont", NULL);
}

static void a_client_sees_how_far_it_is(void **unused)
{
    (void)unused;
    assert_string_equal(migrate(), NOTHING);
    assert_status("setup");
    assert_non_null(strstr(migrate(), "a migration is under way; migrate-cancel ends it"));
    hear(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT);
    assert_status("active");
    assert_non_null(strstr(execute("query-migrate", NULL), "\"total\":67108864"));
    hear(MIGRATION_STATE);
    say(MIGRATION_READY);
    hear(MIGRATION_GO);
    say(MIGRATION_RUNNING);
    assert_status("completed");
    assert_non_null(
        strstr(execute("query-migrate", NULL), "\"downtime\":2,\"downtime-ns\":2345678,"));
}

/* What it is told would be forgotten: its state is on the way. */
static void while_it_is_moved_a_guest_is_told_nothing(void **unused)
{
    static const char *const commands[] = {"stop", "cont", "system_powerdown", "system_reset",
                                           "inject-nmi"};

    (void)unused;
    migrate();
    hear(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT);
    hear(MIGRATION_STATE);
    assert_string_equal(execute("query-status", NULL),
                        "{\"return\":{\"running\":false,\"status\":\"finish-migrate\"}}");
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
        assert_string_equal(execute(commands[i], NULL), MOVING);
    assert_string_equal(execute("migrate-cancel", NULL), NOTHING);
    assert_status("cancelled");
    assert_non_null(strstr(execute("query-status", NULL), "\"running\":true"));
}

static void a_failure_is_said_and_another_one_may_begin(void **unused)
{
    (void)unused;
    migrate();
    migration_channel_close(peer);
    migration_rig_turn(&rig);
    assert_status("failed");
    assert_non_null(strstr(execute("query-migrate", NULL),
                           "\"error-desc\":\"the other side has ended the connection\""));
    assert_string_equal(migrate(), NOTHING);
    hear(MIGRATION_HELLO);
    assert_status("setup");
}

static void once_it_is_gone_nothing_is_cancelled(void **unused)
{
    (void)unused;
    migrate();
    hear(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT);
    hear(MIGRATION_STATE);
    say(MIGRATION_READY);
    assert_non_null(strstr(execute("migrate-cancel", NULL), "the guest is not here any more"));
}

/* As a snapshot-save of a big guest does. */
static void take_longer_than_the_patience(void *ctx, short revents)
{
    eventfd_t times;

    (void)revents;
    eventfd_read(*(const int *)ctx, &times);
    fake_clock_pass_ns(MIGRATION_PATIENCE_NS + NS_PER_SEC);
}

/* It is called after the migration has had its turn; the target has not been silent. */
static void a_command_that_takes_long_is_not_the_targets_fault(void **unused)
{
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    struct event_source command;

    (void)unused;
    migrate();
    hear(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT);
    assert_int_equal(
        event_source_add(&rig.loop, &command, fd, POLLIN, take_longer_than_the_patience, &fd), 0);
    migration_rig_turn(&rig);
    event_source_remove(&command);
    close(fd);
    assert_status("active");
    hear(MIGRATION_STATE);
}

static void bring_to_state(void)
{
    migrate();
    hear(MIGRATION_HELLO);
    say(MIGRATION_ACCEPT);
    hear(MIGRATION_STATE);
}

/* By a signal for example. No more is sent, also while readers of the output are waited for. */
static void a_run_that_ends_ends_it_and_says_what_of_the_guest(void **unused)
{
    (void)unused;
    bring_to_state();
    machine_end(&rig.rig.machine, EXIT_STATUS_INTERRUPTED, "%s", "");
    migration_source_end(&rig.run.migration);
    assert_status("failed");
    assert_non_null(strstr(said(), "/socket: not migrated: the run ends\n"));
    assert_int_equal(migration_channel_receive(peer), -EPIPE);
    migration_source_end(&rig.run.migration);
    assert_string_equal(said(), "");
}

static void a_run_that_ends_after_go_says_that_the_guest_may_run_there(void **unused)
{
    (void)unused;
    bring_to_state();
    say(MIGRATION_READY);
    machine_end(&rig.rig.machine, EXIT_STATUS_INTERRUPTED, "%s", "");
    migration_source_end(&rig.run.migration);
    assert_status("failed");
    assert_non_null(strstr(said(), "/socket: the run ends before the target has said that the "
                                   "guest runs: it may run there\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_that_ends_ends_it_and_says_what_of_the_guest, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_run_that_ends_after_go_says_that_the_guest_may_run_there,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_target_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(one_with_a_rate_of_its_own_is_refused_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_paused_guest_is_not_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_sees_how_far_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(while_it_is_moved_a_guest_is_told_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_is_said_and_another_one_may_begin, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_command_that_takes_long_is_not_the_targets_fault, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(once_it_is_gone_nothing_is_cancelled, setup, teardown),
    };

    return cmocka_run_group_tests_name("control_migrate", tests, NULL, NULL);
}
