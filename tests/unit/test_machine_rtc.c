/* SPDX-License-Identifier: BSD-2-Clause */
/* What the RTC shows at the start, what drives it, what is said of it, and what is kept of it. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/run.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_rtc.h"

#define HOUR_NS      (3600 * (int64_t)NS_PER_SEC)
#define REPORT_NS    NS_PER_SEC
#define DATE_2001    UINT64_C(1000000000)
#define NVRAM_OFFSET 0x20
#define CENTURY      (0x32 - RTC_NVRAM_FIRST)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static char folder[32], path[64];

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    strcpy(folder, "/tmp/machine-rtc-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/nvram", folder);
    return 0;
}

static void remove_files(void)
{
    unlink(path);
    rmdir(folder);
    unsetenv("TZ");
    tzset();
    log_set_verbose(false);
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    remove_files();
    return 0;
}

/* Where there is no machine any more. */
static int teardown_ended(void **unused)
{
    (void)unused;
    machine_rig_end(&rig);
    remove_files();
    return 0;
}

static void create(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
}

static void keep_in_file(void)
{
    strcpy(rig.host.rtc_nvram_path, path);
}

static void write_file(int64_t offset_ns)
{
    struct nvram_image image = {.rtc_offset_ns = offset_ns};

    image.bytes[CENTURY] = 0x20;
    image.bytes[NVRAM_OFFSET] = 0x77;
    assert_int_equal(nvram_file_save(path, &image), 0);
}

static struct nvram_image read_file(void)
{
    struct nvram_image image;
    bool found;

    assert_int_equal(nvram_file_load(path, &image, &found), 0);
    assert_true(found);
    return image;
}

static int64_t realtime_ns(void)
{
    return (int64_t)(fake_clock_ns() + fake_clock.realtime_zero_ns);
}

static int64_t shown_ns(void)
{
    int64_t wall_ns;

    assert_true(rtc_wall_ns(&machine->board.rtc, machine_lock(machine), &wall_ns));
    machine_unlock(machine);
    return wall_ns;
}

/* To the microseconds by which guest time may be off after a few seconds. */
static void expect_shown(int64_t wall_ns)
{
    assert_in_range(shown_ns() - wall_ns + 20000, 0, 40000);
}

static void without_options_it_shows_the_hosts_utc(void **unused)
{
    (void)unused;
    create();
    expect_shown(realtime_ns());
    assert_false(machine_rtc_has_other_date(machine));
}

static void base_with_a_date_shows_that_date(void **unused)
{
    (void)unused;
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = DATE_2001;
    create();
    expect_shown((int64_t)(DATE_2001 * NS_PER_SEC + machine_now(machine)));
    assert_true(machine_rtc_has_other_date(machine));
}

/* create says what it has to say of the zone. */
static void assert_said_of_zone(const char *zone, const char *expected)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
    rig.config.rtc_base = RTC_BASE_LOCALTIME;
    create();
    assert_string_equal(said(), expected);
}

static void a_zone_that_is_not_known_is_said(void **unused)
{
    (void)unused;
    assert_said_of_zone(
        "Nowhere/Land",
        "minivmm: --rtc base=localtime: the zone TZ=Nowhere/Land is not known here, "
        "so the time is UTC; name one of /usr/share/zoneinfo, or a rule as CET-1\n");
}

static void a_rule_for_a_zone_is_known(void **unused)
{
    (void)unused;
    assert_said_of_zone("XYZ-3", "");
}

static void utc_is_known_without_a_file(void **unused)
{
    (void)unused;
    assert_said_of_zone("UTC", "");
}

static void base_localtime_shows_the_time_of_the_hosts_zone(void **unused)
{
    (void)unused;
    setenv("TZ", "XYZ-3", 1);
    tzset();
    rig.config.rtc_base = RTC_BASE_LOCALTIME;
    create();
    expect_shown(realtime_ns() + 3 * HOUR_NS);
    assert_true(machine_rtc_has_other_date(machine));
}

static void with_a_file_it_goes_on_with_the_offset_and_the_memory_of_the_last_run(void **unused)
{
    (void)unused;
    write_file(-HOUR_NS);
    keep_in_file();
    create();
    expect_shown(realtime_ns() - HOUR_NS);
    assert_int_equal(rtc_nvram(&machine->board.rtc)[NVRAM_OFFSET], 0x77);
    assert_true(machine_rtc_has_other_date(machine));
}

static void base_is_stronger_than_the_file_but_the_memory_comes_from_it(void **unused)
{
    (void)unused;
    write_file(-HOUR_NS);
    keep_in_file();
    rig.config.rtc_base = RTC_BASE_UTC;
    create();
    expect_shown(realtime_ns());
    assert_int_equal(rtc_nvram(&machine->board.rtc)[NVRAM_OFFSET], 0x77);
    assert_false(machine_rtc_has_other_date(machine));
}

static void an_offset_of_a_tenth_of_a_second_is_no_other_date(void **unused)
{
    static const struct {
        int64_t offset_ns;
        bool is_other;
    } rows[] = {{100000000, false}, {100000001, true}, {-100000000, false}, {-100000001, true}};

    (void)unused;
    create();
    for (unsigned i = 0; i < 4; i++) {
        machine->rtc.kept.rtc_offset_ns = rows[i].offset_ns;
        assert_int_equal(machine_rtc_has_other_date(machine), rows[i].is_other);
    }
}

static void a_damaged_file_is_an_error_and_no_machine_is_made(void **unused)
{
    FILE *file = fopen(path, "w");

    (void)unused;
    fputs("not an NVRAM", file);
    fclose(file);
    keep_in_file();
    assert_int_equal(machine_rig_create(&rig), -EINVAL);
    assert_non_null(strstr(said(), path));
}

static void out(unsigned index, unsigned value)
{
    uint64_t now_ns = machine_lock(machine);

    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x70, 1, index);
    bus_write(&machine->board.buses[ACCESS_PORT], now_ns, 0x71, 1, value);
    machine_unlock(machine);
}

/* The day of the month alone, in BCD, and back to where it was: 14 November 2023. */
static void set_day(unsigned day)
{
    out(7, day);
}

static void run_timers(void)
{
    timerq_run(&machine->board.timers, machine_lock(machine));
    machine_unlock(machine);
}

static void a_date_that_the_guest_sets_is_said_once_when_all_of_it_is_set(void **unused)
{
    (void)unused;
    create();
    out(9, 0x31);
    set_day(0x15);
    fake_clock_pass_ns(REPORT_NS / 2);
    run_timers();
    out(8, 0x12);
    assert_string_equal(said(), "");
    fake_clock_pass_ns(REPORT_NS + 1000000);
    run_timers();
    assert_string_equal(said(), "minivmm: guest set its RTC to 2031-12-15T22:13:20, +255139200.000 "
                                "s from the host\n");
}

static void a_second_date_is_said_only_with_verbose(void **unused)
{
    (void)unused;
    create();
    for (unsigned i = 0; i < 3; i++) {
        log_set_verbose(i == 2);
        set_day(0x15 + i);
        fake_clock_pass_ns(REPORT_NS + 1000000);
        run_timers();
        assert_int_equal(*said() != '\0', i != 1);
    }
}

/* Of a guest that has run. */
static void destroy(void)
{
    assert_int_equal(machine_start(machine), 0);
    machine_destroy(machine);
}

static void a_date_that_is_set_just_before_the_end_is_said_and_kept(void **unused)
{
    (void)unused;
    keep_in_file();
    create();
    set_day(0x15);
    destroy();
    assert_non_null(strstr(said(), "guest set its RTC to 2023-11-15T22:13:20, +86400.000 s"));
    assert_in_range(read_file().rtc_offset_ns - 24 * HOUR_NS + 20000, 0, 40000);
}

static void memory_that_the_guest_writes_is_kept(void **unused)
{
    (void)unused;
    write_file(0);
    keep_in_file();
    create();
    out(RTC_NVRAM_FIRST + 1, 0x42);
    destroy();
    assert_int_equal(read_file().bytes[1], 0x42);
    assert_int_equal(read_file().bytes[NVRAM_OFFSET], 0x77);
}

static ino_t inode(void)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_ino;
}

static void a_file_of_which_nothing_changes_is_not_written(void **unused)
{
    ino_t before;

    (void)unused;
    write_file(HOUR_NS);
    before = inode();
    keep_in_file();
    create();
    destroy();
    assert_int_equal(inode(), before);
    assert_int_equal(read_file().rtc_offset_ns, HOUR_NS);
}

static void a_file_that_is_not_there_is_made_at_the_end_of_a_guest_that_has_run(void **unused)
{
    (void)unused;
    keep_in_file();
    create();
    machine_destroy(machine);
    assert_int_equal(access(path, F_OK), -1);
    create();
    destroy();
    assert_int_equal(read_file().rtc_offset_ns, 0);
}

static void a_file_that_cannot_be_written_at_the_end_is_lost_output(void **unused)
{
    (void)unused;
    keep_in_file();
    create();
    machine_end(machine, EXIT_STATUS_OK, "%s", "");
    unlink(machine->rtc.lock.path);
    assert_int_equal(rmdir(folder), 0);
    destroy();
    assert_true(machine->output_lost);
    assert_int_equal(run_status(machine, EXIT_STATUS_OK), EXIT_STATUS_HOST_ERROR);
    assert_int_equal(run_status(machine, EXIT_STATUS_GUEST_CRASH), EXIT_STATUS_GUEST_CRASH);
    assert_non_null(strstr(said(), path));
}

/* With --reboot again. */
static void a_file_that_could_not_be_written_is_written_after_the_next_boot(void **unused)
{
    (void)unused;
    keep_in_file();
    create();
    unlink(machine->rtc.lock.path);
    assert_int_equal(rmdir(folder), 0);
    assert_true(machine_rtc_keep(machine) < 0);
    machine_rtc_go_on(machine);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(machine_rtc_keep(machine), 0);
    assert_int_equal(access(path, F_OK), 0);
    destroy();
}

static void with_clock_vm_there_is_no_timer(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(machine->rtc.timer_fd, -1);
}

static void with_clock_host_it_is_moved_to_the_hosts_clock_and_keeps_its_offset(void **unused)
{
    (void)unused;
    rig.config.rtc_follows_host = 1;
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = DATE_2001;
    create();
    expect_shown((int64_t)(DATE_2001 * NS_PER_SEC + machine_now(machine)));
    fake_clock.realtime_zero_ns += HOUR_NS;
    fake_clock_pass_ns(NS_PER_SEC);
    /* The time for which the timer is set is past for the real clock: it is readable. */
    machine_rtc_take_timer(machine);
    expect_shown((int64_t)(DATE_2001 * NS_PER_SEC + machine_now(machine)) + HOUR_NS);
    assert_false(machine_is_ending(machine));
}

static void a_timer_that_fails_ends_the_machine(void **unused)
{
    int timer_fd, other[2];

    (void)unused;
    rig.config.rtc_follows_host = 1;
    create();
    timer_fd = machine->rtc.timer_fd;
    assert_int_equal(pipe(other), 0);
    assert_int_equal(write(other[1], "12345678", 8), 8);
    machine->rtc.timer_fd = other[0];
    machine_rtc_take_timer(machine);
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(machine->end_text, "timerfd_settime: Invalid argument");
    close(other[0]);
    close(other[1]);
    machine->rtc.timer_fd = timer_fd;
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ENDED(name) cmocka_unit_test_setup_teardown(name, setup, teardown_ended)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_options_it_shows_the_hosts_utc),
        TEST(base_with_a_date_shows_that_date),
        TEST(a_zone_that_is_not_known_is_said),
        TEST(a_rule_for_a_zone_is_known),
        TEST(utc_is_known_without_a_file),
        TEST(base_localtime_shows_the_time_of_the_hosts_zone),
        TEST(with_a_file_it_goes_on_with_the_offset_and_the_memory_of_the_last_run),
        TEST(base_is_stronger_than_the_file_but_the_memory_comes_from_it),
        TEST(an_offset_of_a_tenth_of_a_second_is_no_other_date),
        ENDED(a_damaged_file_is_an_error_and_no_machine_is_made),
        TEST(a_date_that_the_guest_sets_is_said_once_when_all_of_it_is_set),
        TEST(a_second_date_is_said_only_with_verbose),
        ENDED(a_date_that_is_set_just_before_the_end_is_said_and_kept),
        ENDED(memory_that_the_guest_writes_is_kept),
        ENDED(a_file_of_which_nothing_changes_is_not_written),
        ENDED(a_file_that_is_not_there_is_made_at_the_end_of_a_guest_that_has_run),
        ENDED(a_file_that_cannot_be_written_at_the_end_is_lost_output),
        TEST(a_file_that_could_not_be_written_is_written_after_the_next_boot),
        TEST(with_clock_vm_there_is_no_timer),
        TEST(with_clock_host_it_is_moved_to_the_hosts_clock_and_keeps_its_offset),
        TEST(a_timer_that_fails_ends_the_machine),
    };

    return cmocka_run_group_tests_name("machine_rtc", tests, NULL, NULL);
}
