/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Multiboot kernel gets of the initrds and of what is for Linux. */
#include "tests/unit/unit.h"

#include <string.h>

#include "boot/layout.h"
#include "boot/multiboot.h"
#include "tests/unit/boot_rig.h"

#define LOAD_GPA 0x100000

/* A rig whose kernel is a header with addresses, and what it is entered at. */
static void rig_init(struct boot_rig *rig)
{
    const uint32_t flags = MULTIBOOT_HEADER_HAS_ADDRESSES;
    const struct {
        struct multiboot_header header;
        uint8_t text[32];
    } image = {.header = {.magic = MULTIBOOT_HEADER_MAGIC,
                          .flags = flags,
                          .checksum = -(MULTIBOOT_HEADER_MAGIC + flags),
                          .header_addr = LOAD_GPA,
                          .load_addr = LOAD_GPA,
                          .entry_addr = LOAD_GPA + sizeof image.header}};

    boot_rig_init(rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(rig, &image, sizeof image);
}

static void each_module_has_pages_of_its_own_and_the_text_that_the_user_gave(void **unused)
{
    static const char *const texts[] = {"one", "two a=1", "three"};
    static const unsigned sizes[] = {3, 4097, 5};
    const struct multiboot_module *modules;
    const struct multiboot_info *info;
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    rig.request.command_line = "x=1";
    boot_rig_set_modules(&rig);
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_int_equal(info->mods_count, 3);
    modules = boot_rig_at(&rig, info->mods_addr, 3 * sizeof modules[0]);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(modules[i].mod_start % 4096, 0);
        assert_int_equal(modules[i].mod_end - modules[i].mod_start, sizes[i]);
        boot_rig_assert_bytes(&rig, modules[i].mod_start, sizes[i], (uint8_t)(i + 1));
        assert_string_equal(boot_rig_at(&rig, modules[i].string, 10), texts[i]);
    }
    assert_string_equal(boot_rig_at(&rig, info->cmdline, 100), "kernel x=1");
    boot_rig_free(&rig);
}

static void texts_of_modules_that_have_no_room_are_an_error(void **unused)
{
    static char line[LAYOUT_COMMAND_LINE_BYTES];
    struct boot_rig rig;

    (void)unused;
    memset(line, 'x', sizeof line - strlen("kernel ") - 1 - sizeof "one" - sizeof "two a=1" - 5);
    rig_init(&rig);
    rig.request.command_line = line;
    boot_rig_set_modules(&rig);
    boot_rig_fail(&rig, "kernel: the command line and the words of the initrds have more than "
                        "20480 bytes together; shorten them");
    line[strlen(line) - 1] = '\0';
    boot_rig_load(&rig);
    boot_rig_free(&rig);
}

static void what_only_linux_is_told_is_not_in_the_command_line(void **unused)
{
    const struct multiboot_info *info;
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    rig.request.linux_words = "console=ttyS0 panic=-1";
    rig.request.command_line = "com1=115200";
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_string_equal(boot_rig_at(&rig, info->cmdline, 100), "kernel com1=115200");
    boot_rig_free(&rig);
}

static void an_initrd_for_linux_is_no_module(void **unused)
{
    const struct multiboot_info *info;
    struct boot_rig rig;

    (void)unused;
    rig_init(&rig);
    boot_rig_set_initrd(&rig, 5001);
    rig.request.modules_are_for_linux = true;
    boot_rig_load(&rig);
    info = boot_rig_at(&rig, rig.entry.rbx, sizeof *info);
    assert_int_equal(info->flags & MULTIBOOT_INFO_MODULES, 0);
    assert_int_equal(info->mods_count, 0);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_module_has_pages_of_its_own_and_the_text_that_the_user_gave),
        cmocka_unit_test(texts_of_modules_that_have_no_room_are_an_error),
        cmocka_unit_test(what_only_linux_is_told_is_not_in_the_command_line),
        cmocka_unit_test(an_initrd_for_linux_is_no_module),
    };

    return cmocka_run_group_tests_name("multiboot_modules", tests, NULL, NULL);
}
