/* SPDX-License-Identifier: BSD-2-Clause */
/* See boot_rig.h. */
#include "tests/unit/boot_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

void boot_rig_init(struct boot_rig *rig, uint64_t memory_bytes)
{
    *rig = (struct boot_rig){.kernel.fd = -1, .initrd.source.fd = -1};
    guest_mem_layout(&rig->mem, memory_bytes);
    for (unsigned i = 0; i < rig->mem.region_count; i++) {
        struct guest_mem_region *region = &rig->mem.regions[i];

        region->host = mmap(NULL, region->size_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        assert_ptr_not_equal(region->host, MAP_FAILED);
    }
    rig->request = (struct boot_request){
        .kernel = &rig->kernel,
        .modules = &rig->initrd,
        .linux_words = "",
        .command_line = "",
        .mem = &rig->mem,
        .rsdp_gpa = BOOT_RIG_RSDP_GPA,
    };
}

static void close_source(struct boot_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}

void boot_rig_free(struct boot_rig *rig)
{
    for (unsigned i = 0; i < rig->mem.region_count; i++)
        munmap(rig->mem.regions[i].host, rig->mem.regions[i].size_bytes);
    close_source(&rig->kernel);
    close_source(&rig->initrd.source);
}

static void set_source(struct boot_source *source, const char *name, const void *bytes,
                       size_t size_bytes)
{
    close_source(source);
    *source = (struct boot_source){
        .name = name,
        .fd = memfd_create(name, MFD_CLOEXEC),
        .size_bytes = size_bytes,
    };
    assert_true(source->fd >= 0);
    assert_int_equal(write(source->fd, bytes, size_bytes), size_bytes);
}

void boot_rig_set_kernel(struct boot_rig *rig, const void *bytes, size_t size_bytes)
{
    set_source(&rig->kernel, "kernel", bytes, size_bytes);
}

void boot_rig_set_initrd(struct boot_rig *rig, size_t size_bytes)
{
    uint8_t *bytes = malloc(size_bytes + 1);

    assert_non_null(bytes);
    memset(bytes, 0xaa, size_bytes);
    if (size_bytes > 0)
        bytes[0] = bytes[size_bytes - 1] = 0x55;
    set_source(&rig->initrd.source, "initrd", bytes, size_bytes);
    rig->initrd.text = "initrd";
    rig->initrd.words = "";
    rig->request.module_count = 1;
    free(bytes);
}

void boot_rig_set_modules(struct boot_rig *rig)
{
    static uint8_t bytes[3][4097];
    static const struct boot_module modules[] = {
        {{"one", -1, bytes[0], 3}, "one", ""},
        {{"two", -1, bytes[1], 4097}, "two a=1", "a=1"},
        {{"three", -1, bytes[2], 5}, "three", ""},
    };

    for (unsigned i = 0; i < 3; i++)
        memset(bytes[i], (int)i + 1, sizeof bytes[i]);
    rig->request.modules = modules;
    rig->request.module_count = 3;
}

void boot_rig_assert_bytes(const struct boot_rig *rig, uint64_t gpa, uint64_t size_bytes,
                           uint8_t value)
{
    const uint8_t *bytes = boot_rig_at(rig, gpa, size_bytes);

    for (uint64_t i = 0; i < size_bytes; i++)
        assert_int_equal(bytes[i], value);
}

bool boot_rig_has_initrd(const struct boot_rig *rig, uint64_t start_gpa, uint64_t size_bytes)
{
    const uint8_t *bytes = boot_rig_at(rig, start_gpa, size_bytes);

    for (uint64_t i = 1; i + 1 < size_bytes; i++)
        if (bytes[i] != 0xaa)
            return false;
    return size_bytes == rig->initrd.source.size_bytes && bytes[0] == 0x55 &&
           bytes[size_bytes - 1] == 0x55;
}

void *boot_rig_at(const struct boot_rig *rig, uint64_t gpa, uint64_t size_bytes)
{
    void *host = guest_mem_at(&rig->mem, gpa, size_bytes);

    assert_non_null(host);
    return host;
}

void boot_rig_load(struct boot_rig *rig)
{
    int result;

    rig->error.text[0] = 0;
    result = boot_load(&rig->request, &rig->entry, &rig->error);
    assert_string_equal(rig->error.text, "");
    assert_int_equal(result, 0);
}

void boot_rig_fail(struct boot_rig *rig, const char *text)
{
    int result;

    rig->error.text[0] = 0;
    result = boot_load(&rig->request, &rig->entry, &rig->error);
    assert_string_equal(rig->error.text, text);
    assert_true(result < 0);
}

/* 0, or a negative value and one line. */
static int load_either_way(struct boot_rig *rig)
{
    int result;

    memset(&rig->error, 0, sizeof rig->error);
    result = boot_load(&rig->request, &rig->entry, &rig->error);
    if (result == 0) {
        assert_non_null(guest_mem_at(&rig->mem, rig->entry.rip, 1));
    } else {
        assert_true(result < 0);
        assert_true(rig->error.text[0] != 0);
        assert_null(strchr(rig->error.text, '\n'));
    }
    return result;
}

void boot_rig_sweep_truncation(struct boot_rig *rig, const uint8_t *image, size_t size_bytes,
                               size_t min_bytes)
{
    boot_rig_set_kernel(rig, image, size_bytes);
    assert_int_equal(load_either_way(rig), 0);
    for (size_t length = size_bytes; length-- > 0;) {
        const struct boot_source file = rig->kernel;
        uint8_t *copy = malloc(length + (length == 0));
        int from_file;

        assert_non_null(copy);
        memcpy(copy, image, length);
        assert_int_equal(ftruncate(rig->kernel.fd, (off_t)length), 0);
        rig->kernel.size_bytes = length;
        from_file = load_either_way(rig);
        assert_true(from_file < 0 || length >= min_bytes);
        rig->kernel.fd = -1;
        rig->kernel.bytes = copy;
        assert_int_equal(load_either_way(rig), from_file);
        rig->kernel = file;
        free(copy);
    }
}

void boot_rig_sweep_damage(struct boot_rig *rig, const uint8_t *image, size_t size_bytes,
                           size_t first, size_t last)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint8_t *copy = malloc(size_bytes);

    assert_non_null(copy);
    for (size_t i = first; i <= last; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            memcpy(copy, image, size_bytes);
            copy[i] = values[v];
            rig->kernel = (struct boot_source){
                .name = "kernel", .fd = -1, .bytes = copy, .size_bytes = size_bytes};
            load_either_way(rig);
        }
    }
    free(copy);
}
