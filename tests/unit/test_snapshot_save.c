/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot is whole under its name or not there, whatever happens while it is written: at each of
 * its system calls the process is killed, or the call fails.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/said.h"
#include "tests/unit/snapshot_rig.h"
#include "vmm/host/snapshot_file.h"

#define OLD "an old file"

static void write_old(const struct snapshot_rig *rig)
{
    FILE *file = fopen(rig->path, "w");

    assert_non_null(file);
    fputs(OLD, file);
    assert_int_equal(fclose(file), 0);
}

/* Whether the old file is there as it was. */
static bool is_old(const struct snapshot_rig *rig)
{
    char bytes[sizeof OLD + 1] = "";
    FILE *file = fopen(rig->path, "r");
    size_t count;

    if (file == NULL)
        return false;
    count = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    return count == sizeof OLD - 1 && strcmp(bytes, OLD) == 0;
}

static bool is_whole(const struct snapshot_rig *rig)
{
    struct snapshot_file file;
    bool is_right = snapshot_file_open(&file, rig->path) == 0 && snapshot_file_verify(&file) == 0;

    snapshot_file_close(&file);
    return is_right;
}

/* Files in the folder beside the one of the snapshot. */
static unsigned others(const struct snapshot_rig *rig)
{
    DIR *folder = opendir(rig->folder);
    const struct dirent *entry;
    unsigned count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.' && strcmp(entry->d_name, "file") != 0;
    closedir(folder);
    return count;
}

static void assert_said_once(void)
{
    const char *text = said();
    const char *newline = strchr(text, '\n');

    assert_non_null(newline);
    assert_string_equal(newline, "\n");
}

static void a_snapshot_is_sparse_private_and_what_the_memory_was(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_file file;
    struct stat status;
    uint8_t byte;

    assert_int_equal(snapshot_rig_save(rig, false), 0);
    assert_string_equal(said(), "");
    assert_int_equal(stat(rig->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 4 * ELF_CORE_CHUNK_BYTES + SNAPSHOT_RIG_HIGH_BYTES);
    assert_true(status.st_blocks * 512 < 16 * 4096);
    assert_true(is_whole(rig));
    assert_int_equal(snapshot_file_open(&file, rig->path), 0);
    assert_int_equal(pread(file.fd, &byte, 1, (off_t)file.core.regions[0].file_offset + 5), 1);
    assert_int_equal(byte, 0x5a);
    assert_int_equal(pread(file.fd, &byte, 1, (off_t)file.core.regions[1].file_offset + 0x1fff), 1);
    assert_int_equal(byte, 1);
    snapshot_file_close(&file);
}

static void pages_with_data_are_counted_and_vmcoreinfo_is_found(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_save save;

    assert_int_equal(snapshot_save_begin(&save, rig->path, false), 0);
    assert_int_equal(snapshot_save_memory(&save, &rig->memory, rig->records, rig->records_bytes),
                     0);
    assert_int_equal(save.data_bytes, SNAPSHOT_RIG_DATA_BYTES);
    assert_int_equal(save.vmcoreinfo_bytes, sizeof SNAPSHOT_RIG_INFO - 1);
    assert_int_equal(snapshot_save_end(&save), 0);
    assert_true(is_whole(rig));
}

static void a_file_is_replaced_only_if_asked(void **state)
{
    const struct snapshot_rig *rig = *state;

    write_old(rig);
    assert_int_equal(snapshot_rig_save(rig, false), -EEXIST);
    assert_said_once();
    assert_true(is_old(rig));
    assert_int_equal(snapshot_rig_save(rig, true), 0);
    assert_true(is_whole(rig));
    assert_int_equal(others(rig), 0);
}

/* Made after the first look, so that only the giving of the name can find it. */
static void a_file_that_appears_meanwhile_is_not_replaced(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_save save;

    assert_int_equal(snapshot_save_begin(&save, rig->path, false), 0);
    assert_int_equal(snapshot_save_memory(&save, &rig->memory, rig->records, rig->records_bytes),
                     0);
    write_old(rig);
    assert_int_equal(snapshot_save_end(&save), -EEXIST);
    assert_said_once();
    assert_true(is_old(rig));
    assert_int_equal(others(rig), 0);
}

static void a_link_stays_and_what_it_leads_to_is_replaced(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct snapshot_rig by_link = *rig;
    char link[80];

    snprintf(link, sizeof link, "%s/link", rig->folder);
    write_old(rig);
    assert_int_equal(symlink("file", link), 0);
    strcpy(by_link.path, link);
    assert_int_equal(snapshot_rig_save(&by_link, true), 0);
    assert_true(is_whole(rig));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(others(rig), 0);
}

static void what_cannot_be_written_is_refused_in_one_line(void **state)
{
    static const char *const paths[] = {"/tmp", "/dev/null", "/nowhere/file", "/proc/file", ""};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct snapshot_rig rig = *(struct snapshot_rig *)*state;

        strcpy(rig.path, paths[i]);
        assert_true(snapshot_rig_save(&rig, true) < 0);
        assert_said_once();
    }
}

/* Known before the machine is stopped, and not after all is written. */
static void a_name_that_leaves_no_room_for_another_is_refused_at_once(void **state)
{
    struct snapshot_rig rig = *(struct snapshot_rig *)*state;
    struct snapshot_save save;
    char name[251];
    char path[400];

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(path, sizeof path, "%s/%s", rig.folder, name);
    assert_int_equal(snapshot_save_begin(&save, path, true), -ENAMETOOLONG);
    assert_said_once();
    assert_int_equal(others(&rig), 0);
}

/* The limit stands for a disk that is full after any number of bytes. */
static void a_full_disk_leaves_nothing_and_the_old_file(void **state)
{
    const struct snapshot_rig *rig = *state;
    struct rlimit before, limit;
    int result;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    write_old(rig);
    limit.rlim_cur = 4 * ELF_CORE_CHUNK_BYTES;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    result = snapshot_rig_save(rig, true);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -EFBIG);
    signal(SIGXFSZ, SIG_DFL);
    assert_said_once();
    assert_true(is_old(rig));
    assert_int_equal(others(rig), 0);
}

struct patience {
    unsigned looks_left;
};

static bool is_over(void *ctx)
{
    struct patience *patience = ctx;

    return patience->looks_left-- == 0;
}

static int save_with(const struct snapshot_rig *rig, struct patience *patience)
{
    struct snapshot_save save;
    int result = snapshot_save_begin(&save, rig->path, true);

    save.is_cut_short = is_over;
    save.ctx = patience;
    if (result == 0)
        result = snapshot_save_memory(&save, &rig->memory, rig->records, rig->records_bytes);
    return result == 0 ? snapshot_save_end(&save) : result;
}

/* It is asked at each of the four chunks, and then at least once before the disk is waited for. */
static void a_save_that_is_cut_short_leaves_nothing_and_the_old_file(void **state)
{
    const struct snapshot_rig *rig = *state;
    unsigned looks = 0;

    write_old(rig);
    while (save_with(rig, &(struct patience){looks}) == -ECANCELED) {
        assert_string_equal(strstr(said(), ": not saved"), ": not saved, as the run is ending\n");
        assert_true(is_old(rig));
        assert_int_equal(others(rig), 0);
        assert_true(++looks < 100);
    }
    assert_in_range(looks, 5, 99);
    assert_true(is_whole(rig));
}

/* What becomes of system call number n of a save. */
enum fate { KILLED, FAILS };

/*
 * Waits for the child's next system call to begin or to end; false if there is no child any more.
 * Signals reach it.
 */
static bool next_stop(pid_t child, int *status)
{
    int signal_number = 0;

    for (;;) {
        assert_int_equal(ptrace(PTRACE_SYSCALL, child, 0, signal_number), 0);
        assert_int_equal(waitpid(child, status, 0), child);
        if (!WIFSTOPPED(*status) || WSTOPSIG(*status) == (SIGTRAP | 0x80))
            return WIFSTOPPED(*status);
        signal_number = WSTOPSIG(*status);
    }
}

/* Those that can fail for a reason of the disk. A sanitizer has others, and bears no failure. */
static bool is_call_of_a_file(unsigned long long number)
{
    static const int of_files[] = {SYS_openat,    SYS_ftruncate, SYS_pwrite64, SYS_fdatasync,
                                   SYS_linkat,    SYS_unlink,    SYS_rename,   SYS_fsync,
                                   SYS_renameat2, SYS_pread64,   SYS_close,    SYS_newfstatat};

    for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++)
        if (number == (unsigned long long)of_files[i])
            return true;
    return false;
}

/*
 * Waits until the child's next call of a file is about to be made. Only those are counted: how many
 * others there are is the allocator's business, and no two runs have to be equal in that.
 */
static bool next_call(pid_t child, int *status)
{
    struct user_regs_struct regs;

    while (next_stop(child, status)) {
        assert_int_equal(ptrace(PTRACE_GETREGS, child, 0, &regs), 0);
        if (regs.rax == (unsigned long long)-ENOSYS && is_call_of_a_file(regs.orig_rax))
            return true;
    }
    return false;
}

/* It is not made, and fails with ENOSPC. */
static void fail_call(pid_t child, int *status)
{
    struct user_regs_struct regs;

    assert_int_equal(ptrace(PTRACE_GETREGS, child, 0, &regs), 0);
    regs.orig_rax = (unsigned long long)-1;
    assert_int_equal(ptrace(PTRACE_SETREGS, child, 0, &regs), 0);
    assert_true(next_stop(child, status));
    assert_int_equal(ptrace(PTRACE_GETREGS, child, 0, &regs), 0);
    regs.rax = (unsigned long long)-ENOSPC;
    assert_int_equal(ptrace(PTRACE_SETREGS, child, 0, &regs), 0);
}

/*
 * Saves in a child, whose call of a file number n, from 0, has that fate. Returns the status of the
 * child, -1 if it was killed; *reached says whether there was a call n.
 */
static int save_with_fate(const struct snapshot_rig *rig, bool force, unsigned n, enum fate fate,
                          bool *reached)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(snapshot_rig_save(rig, force) == 0 ? 0 : 1);
    }
    *reached = false;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD), 0);
    for (unsigned call = 0; WIFSTOPPED(status) && next_call(child, &status); call++) {
        if (call != n)
            continue;
        *reached = true;
        if (fate == KILLED) {
            kill(child, SIGKILL);
            assert_int_equal(waitpid(child, &status, 0), child);
        } else {
            fail_call(child, &status);
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * Killed before each call. To replace an old file takes two of them, and in between there is
 * another name for the new file, which the next save removes.
 */
static void killed_at_any_call_the_old_file_or_the_new_one_is_there(void **state)
{
    const struct snapshot_rig *rig = *state;
    bool reached = true;
    unsigned left = 0;
    unsigned new = 0;

    for (unsigned n = 0; reached; n++) {
        write_old(rig);
        save_with_fate(rig, true, n, KILLED, &reached);
        left += others(rig);
        if (is_old(rig))
            assert_int_equal(new, 0);
        else
            assert_true(is_whole(rig) && ++new > 0);
        assert_int_equal(snapshot_rig_save(rig, true), 0);
        assert_int_equal(others(rig), 0);
    }
    assert_true(new > 0);
    assert_int_equal(left, 1);
}

static void killed_at_any_call_nothing_or_a_whole_file_is_there(void **state)
{
    const struct snapshot_rig *rig = *state;
    bool reached = true;
    unsigned calls = 0;

    for (unsigned n = 0; reached; n++) {
        unlink(rig->path);
        save_with_fate(rig, false, n, KILLED, &reached);
        assert_true(access(rig->path, F_OK) != 0 || is_whole(rig));
        assert_int_equal(others(rig), 0);
        calls++;
    }
    assert_true(calls > 10);
}

/*
 * A call that fails is an error in one line, and nothing is left but the old file. Or it was none
 * that the save depends on.
 */
static void whatever_call_fails_the_old_file_or_a_whole_one_is_there(void **state)
{
    const struct snapshot_rig *rig = *state;
    bool reached = true;
    unsigned errors = 0;

    for (unsigned n = 0; reached; n++) {
        int status;

        write_old(rig);
        said();
        status = save_with_fate(rig, true, n, FAILS, &reached);
        assert_true(status == 0 || status == 1);
        if (status == 1 && ++errors > 0)
            assert_true(is_old(rig) || strstr(said(), "the snapshot is written") != NULL);
        else
            assert_true(is_whole(rig));
        unlink(rig->path);
        assert_int_equal(others(rig), 0);
    }
    assert_true(errors > 5);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, snapshot_rig_make, snapshot_rig_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_snapshot_is_sparse_private_and_what_the_memory_was),
        TEST(pages_with_data_are_counted_and_vmcoreinfo_is_found),
        TEST(a_file_is_replaced_only_if_asked),
        TEST(a_file_that_appears_meanwhile_is_not_replaced),
        TEST(a_link_stays_and_what_it_leads_to_is_replaced),
        TEST(what_cannot_be_written_is_refused_in_one_line),
        TEST(a_name_that_leaves_no_room_for_another_is_refused_at_once),
        TEST(a_full_disk_leaves_nothing_and_the_old_file),
        TEST(a_save_that_is_cut_short_leaves_nothing_and_the_old_file),
        TEST(killed_at_any_call_the_old_file_or_the_new_one_is_there),
        TEST(killed_at_any_call_nothing_or_a_whole_file_is_there),
        TEST(whatever_call_fails_the_old_file_or_a_whole_one_is_there),
    };

    return cmocka_run_group_tests_name("snapshot_save", tests, NULL, NULL);
}
