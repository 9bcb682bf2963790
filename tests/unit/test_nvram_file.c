/* SPDX-License-Identifier: BSD-2-Clause */
/* The file with the RTC's memory: coding, damage, replacing it as a whole. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/host/nvram_file.h"

/* Of nobody that the test is. */
#define OTHER_UID 65534
#define OTHER_GID 65533
#define OFFSET_NS INT64_C(-0x0102030405060708)

struct folder {
    char path[64];
    char file[96];
    int stderr_fd;
};

/* A folder of its own as state; the lines of refusals go nowhere. */
static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    int null_fd = open("/dev/null", O_WRONLY);

    strcpy(folder->path, "/tmp/test_nvram.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/file", folder->path);
    folder->stderr_fd = dup(STDERR_FILENO);
    assert_int_equal(dup2(null_fd, STDERR_FILENO), STDERR_FILENO);
    close(null_fd);
    *state = folder;
    return 0;
}

/* That it can be removed says that nothing but the file was left in it. */
static int remove_folder(void **state)
{
    struct folder *folder = *state;

    dup2(folder->stderr_fd, STDERR_FILENO);
    close(folder->stderr_fd);
    unlink(folder->file);
    assert_int_equal(rmdir(folder->path), 0);
    free(folder);
    return 0;
}

static struct nvram_image sample_image(void)
{
    struct nvram_image image = {.rtc_offset_ns = OFFSET_NS};

    for (unsigned i = 0; i < RTC_NVRAM_BYTES; i++)
        image.bytes[i] = (uint8_t)(0xff - i);
    return image;
}

static void write_file(const char *path, const void *bytes, size_t size_bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, uint8_t *bytes, size_t capacity)
{
    FILE *file = fopen(path, "r");
    size_t size_bytes;

    assert_non_null(file);
    size_bytes = fread(bytes, 1, capacity, file);
    fclose(file);
    return size_bytes;
}

static void assert_equal_images(const struct nvram_image *a, const struct nvram_image *b)
{
    assert_int_equal(a->rtc_offset_ns, b->rtc_offset_ns);
    assert_memory_equal(a->bytes, b->bytes, RTC_NVRAM_BYTES);
}

static void the_file_has_the_bytes_that_the_header_tells(void **unused)
{
    static const uint8_t head[] = {'M',  'I',  'N',  'I',  'V',  'N',  'V', 'R',  1,
                                   0,    0,    0,    144,  0,    0,    0,   0xf8, 0xf8,
                                   0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
    const struct nvram_image image = sample_image();
    uint8_t file[NVRAM_FILE_BYTES];

    (void)unused;
    nvram_file_encode(&image, file);
    assert_memory_equal(file, head, sizeof head);
    assert_int_equal(file[137], 0xff - 113);
    assert_int_equal(file[138] | file[139], 0);
}

/* The CRC that zlib's crc32 gives for the 140 bytes of an image of zeros. */
static void the_checksum_is_the_crc_32_of_zlib(void **unused)
{
    static const uint8_t crc[] = {0x48, 0x1d, 0xda, 0x9a};
    const struct nvram_image image = {0};
    uint8_t file[NVRAM_FILE_BYTES];

    (void)unused;
    nvram_file_encode(&image, file);
    assert_memory_equal(&file[140], crc, sizeof crc);
}

static void an_image_comes_back_from_its_file(void **unused)
{
    const struct nvram_image image = sample_image();
    struct nvram_image decoded = {0};
    uint8_t file[NVRAM_FILE_BYTES];

    (void)unused;
    nvram_file_encode(&image, file);
    assert_null(nvram_file_decode(file, sizeof file, &decoded));
    assert_equal_images(&decoded, &image);
}

static void a_file_with_any_bit_of_any_byte_damaged_is_refused(void **unused)
{
    const struct nvram_image image = sample_image();
    struct nvram_image decoded = {.rtc_offset_ns = 7};
    uint8_t file[NVRAM_FILE_BYTES];

    (void)unused;
    nvram_file_encode(&image, file);
    for (unsigned bit = 0; bit < 8 * NVRAM_FILE_BYTES; bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_non_null(nvram_file_decode(file, sizeof file, &decoded));
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(decoded.rtc_offset_ns, 7);
}

static void a_file_of_any_other_size_is_refused(void **unused)
{
    const struct nvram_image image = sample_image();
    struct nvram_image decoded;
    uint8_t file[NVRAM_FILE_BYTES + 1] = {0};

    (void)unused;
    nvram_file_encode(&image, file);
    for (size_t size_bytes = 0; size_bytes <= sizeof file; size_bytes++)
        if (size_bytes != NVRAM_FILE_BYTES)
            assert_non_null(nvram_file_decode(file, size_bytes, &decoded));
}

static void what_is_wrong_is_said(void **unused)
{
    const struct nvram_image image = sample_image();
    struct nvram_image decoded;
    uint8_t file[NVRAM_FILE_BYTES];

    (void)unused;
    nvram_file_encode(&image, file);
    assert_string_equal(nvram_file_decode(file, 143, &decoded), "damaged: its size is wrong");
    file[100]++;
    assert_string_equal(nvram_file_decode(file, 144, &decoded), "damaged: its checksum is wrong");
    file[8]++;
    assert_string_equal(nvram_file_decode(file, 144, &decoded), "of another version of minivmm");
    file[0]++;
    assert_string_equal(nvram_file_decode(file, 144, &decoded), "not an NVRAM file of minivmm");
}

static void a_missing_file_is_an_image_of_zeros_and_saving_makes_it(void **state)
{
    const struct folder *folder = *state;
    const struct nvram_image image = sample_image();
    const struct nvram_image zeros = {0};
    struct nvram_image loaded = sample_image();
    bool found = true;

    assert_int_equal(nvram_file_load(folder->file, &loaded, &found), 0);
    assert_false(found);
    assert_equal_images(&loaded, &zeros);
    assert_int_equal(access(folder->file, F_OK), -1);
    assert_int_equal(nvram_file_save(folder->file, &image), 0);
    assert_int_equal(nvram_file_load(folder->file, &loaded, &found), 0);
    assert_true(found);
    assert_equal_images(&loaded, &image);
}

static void a_damaged_file_is_refused_and_left_as_it_is(void **state)
{
    const struct folder *folder = *state;
    uint8_t bytes[NVRAM_FILE_BYTES + 8];
    const struct nvram_image image = sample_image();
    struct nvram_image loaded;
    bool found;

    memset(bytes, 'x', sizeof bytes);
    nvram_file_encode(&image, bytes);
    write_file(folder->file, bytes, NVRAM_FILE_BYTES + 1);
    assert_true(nvram_file_load(folder->file, &loaded, &found) < 0);
    bytes[50] ^= 1;
    write_file(folder->file, bytes, NVRAM_FILE_BYTES);
    assert_true(nvram_file_load(folder->file, &loaded, &found) < 0);
    assert_int_equal(read_file(folder->file, bytes, sizeof bytes), NVRAM_FILE_BYTES);
    assert_int_equal(bytes[50], (image.bytes[26]) ^ 1);
}

static void a_folder_that_is_missing_or_no_file_is_refused_at_the_start(void **state)
{
    const struct folder *folder = *state;
    struct nvram_image image;
    char path[128];
    bool found;

    snprintf(path, sizeof path, "%s/missing/file", folder->path);
    assert_true(nvram_file_load(path, &image, &found) < 0);
    assert_true(nvram_file_save(path, &image) < 0);
    assert_true(nvram_file_load(folder->path, &image, &found) < 0);
    assert_true(nvram_file_load("/dev/null", &image, &found) < 0);
    assert_int_equal(mkfifo(folder->file, 0600), 0);
    assert_true(nvram_file_load(folder->file, &image, &found) < 0);
}

static void saving_replaces_the_file_and_keeps_its_mode_and_a_link_to_it(void **state)
{
    const struct folder *folder = *state;
    const struct nvram_image image = sample_image();
    struct nvram_image loaded;
    struct stat before, after;
    char link[128];
    bool found;

    snprintf(link, sizeof link, "%s/link", folder->path);
    assert_int_equal(symlink(folder->file, link), 0);
    write_file(folder->file, "old", 3);
    assert_int_equal(chmod(folder->file, 0640), 0);
    assert_int_equal(stat(folder->file, &before), 0);
    assert_int_equal(nvram_file_save(link, &image), 0);
    assert_int_equal(nvram_file_load(folder->file, &loaded, &found), 0);
    assert_equal_images(&loaded, &image);
    assert_int_equal(lstat(link, &after), 0);
    assert_true(S_ISLNK(after.st_mode));
    assert_int_equal(stat(folder->file, &after), 0);
    assert_int_equal(after.st_mode & 07777, 0640);
    assert_int_not_equal(after.st_ino, before.st_ino);
    unlink(link);
}

/* As root; any other user can give a file to nobody. */
static void saving_keeps_the_owner_of_the_file(void **state)
{
    const struct folder *folder = *state;
    const struct nvram_image image = sample_image();
    struct stat after;

    write_file(folder->file, "old", 3);
    if (chown(folder->file, OTHER_UID, OTHER_GID) != 0)
        skip();
    assert_int_equal(chmod(folder->file, 0660), 0);
    assert_int_equal(nvram_file_save(folder->file, &image), 0);
    assert_int_equal(stat(folder->file, &after), 0);
    assert_int_equal(after.st_uid, OTHER_UID);
    assert_int_equal(after.st_gid, OTHER_GID);
    assert_int_equal(after.st_mode & 07777, 0660);
}

/* What is said from now on goes to a pipe, to which no limit for files applies. */
static int hear(void)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
    close(fds[1]);
    return fds[0];
}

static void assert_heard(int fd, const char *expected)
{
    char text[512] = "";

    close(STDERR_FILENO);
    assert_true(read(fd, text, sizeof text - 1) >= 0);
    assert_string_equal(text, expected);
    close(fd);
}

/* In a child, as it cannot become root again. Its exit status: whether it has saved. */
static int save_as_another_user(const struct folder *folder)
{
    const struct nvram_image image = sample_image();
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(setgid(OTHER_GID) != 0 || setuid(OTHER_UID) != 0 ||
              nvram_file_save(folder->file, &image) != 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_user_who_may_not_give_it_back_gets_the_file_and_a_line(void **state)
{
    const struct folder *folder = *state;
    char expected[256];
    struct stat after;
    int fd;

    write_file(folder->file, "old", 3);
    if (chown(folder->path, OTHER_UID, OTHER_GID) != 0)
        skip();
    fd = hear();
    assert_int_equal(save_as_another_user(folder), 0);
    assert_int_equal(stat(folder->file, &after), 0);
    assert_int_equal(after.st_uid, OTHER_UID);
    snprintf(expected, sizeof expected,
             "minivmm: --rtc nvram=%s: the file's owner, user 0 and group 0, cannot be kept: "
             "Operation not permitted\n",
             folder->file);
    assert_heard(fd, expected);
}

static void a_write_that_stops_halfway_says_how_far_it_came_and_why(void **state)
{
    const struct folder *folder = *state;
    const struct nvram_image image = sample_image();
    struct rlimit before, limit;
    char expected[256];
    int fd = hear(), result;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){100, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    result = nvram_file_save(folder->file, &image);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, -EFBIG);
    snprintf(expected, sizeof expected,
             "minivmm: --rtc nvram=%s: 100 of 144 bytes were written: File too large\n",
             folder->file);
    assert_heard(fd, expected);
    assert_int_equal(access(folder->file, F_OK), -1);
}

static void one_run_at_a_time_has_the_file_also_by_a_link_to_it(void **state)
{
    const struct folder *folder = *state;
    const struct nvram_image image = sample_image();
    struct nvram_lock first, second;
    char link[128];

    snprintf(link, sizeof link, "%s/link", folder->path);
    assert_int_equal(symlink(folder->file, link), 0);
    assert_int_equal(nvram_file_save(folder->file, &image), 0);
    assert_int_equal(nvram_file_lock(folder->file, &first), 0);
    assert_int_equal(nvram_file_lock(folder->file, &second), -EAGAIN);
    assert_int_equal(nvram_file_save(folder->file, &image), 0);
    assert_int_equal(nvram_file_lock(link, &second), -EAGAIN);
    nvram_file_unlock(&second);
    assert_int_equal(nvram_file_lock(link, &second), -EAGAIN);
    nvram_file_unlock(&first);
    assert_int_equal(nvram_file_lock(link, &second), 0);
    nvram_file_unlock(&second);
    unlink(link);
}

/* As a process that is killed does: the lock is gone, the files are not. */
static void what_a_killed_run_has_left_is_taken_over_and_removed(void **state)
{
    const struct folder *folder = *state;
    struct nvram_lock lock;
    char saving[128];

    snprintf(saving, sizeof saving, "%s" NVRAM_FILE_SAVING_SUFFIX, folder->file);
    write_file(saving, "half", 4);
    assert_int_equal(nvram_file_lock(folder->file, &lock), 0);
    close(lock.fd);
    assert_int_equal(access(lock.path, F_OK), 0);
    assert_int_equal(access(saving, F_OK), -1);
    assert_int_equal(nvram_file_lock(folder->file, &lock), 0);
    nvram_file_unlock(&lock);
}

static void a_lock_that_cannot_be_made_is_said_with_what_to_do(void **state)
{
    const struct folder *folder = *state;
    struct nvram_lock lock;
    char path[128], expected[512];
    int fd;

    snprintf(path, sizeof path, "%s" NVRAM_FILE_LOCK_SUFFIX, folder->file);
    assert_int_equal(mkdir(path, 0700), 0);
    fd = hear();
    assert_int_equal(nvram_file_lock(folder->file, &lock), -EISDIR);
    assert_int_equal(lock.fd, -1);
    snprintf(expected, sizeof expected,
             "minivmm: --rtc nvram=%s: cannot lock %s: Is a directory; remove it if no run uses "
             "it\n",
             folder->file, path);
    assert_heard(fd, expected);
    rmdir(path);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_has_the_bytes_that_the_header_tells),
        cmocka_unit_test(the_checksum_is_the_crc_32_of_zlib),
        cmocka_unit_test(an_image_comes_back_from_its_file),
        cmocka_unit_test(a_file_with_any_bit_of_any_byte_damaged_is_refused),
        cmocka_unit_test(a_file_of_any_other_size_is_refused),
        cmocka_unit_test(what_is_wrong_is_said),
        WITH_FOLDER(a_missing_file_is_an_image_of_zeros_and_saving_makes_it),
        WITH_FOLDER(a_damaged_file_is_refused_and_left_as_it_is),
        WITH_FOLDER(a_folder_that_is_missing_or_no_file_is_refused_at_the_start),
        WITH_FOLDER(saving_replaces_the_file_and_keeps_its_mode_and_a_link_to_it),
        WITH_FOLDER(saving_keeps_the_owner_of_the_file),
        WITH_FOLDER(a_user_who_may_not_give_it_back_gets_the_file_and_a_line),
        WITH_FOLDER(one_run_at_a_time_has_the_file_also_by_a_link_to_it),
        WITH_FOLDER(what_a_killed_run_has_left_is_taken_over_and_removed),
        WITH_FOLDER(a_lock_that_cannot_be_made_is_said_with_what_to_do),
        WITH_FOLDER(a_write_that_stops_halfway_says_how_far_it_came_and_why),
    };

    return cmocka_run_group_tests_name("nvram_file", tests, NULL, NULL);
}
