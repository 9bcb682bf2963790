/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of a snapshot: what is in it, and that no lie in it is believed. */
#include "tests/unit/unit.h"

#include <elf.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "snapshot/elf_core.h"
#include "snapshot/record.h"
#include "snapshot/vmcoreinfo.h"

#define VCPUS      2
#define LOW_BYTES  (ELF_CORE_CHUNK_BYTES + 0x3000)
#define HIGH_BYTES 0x1000
#define CHUNKS     3
#define INFO       "OSRELEASE=6.12\n"

static const struct guest_mem memory = {
    .regions = {{.base_gpa = 0, .size_bytes = LOW_BYTES},
                {.base_gpa = GUEST_MEM_HIGH_GPA, .size_bytes = HIGH_BYTES}},
    .region_count = 2,
};
static const uint64_t checksums[CHUNKS] = {11, 22, 33};

struct sample {
    uint8_t records[4096];
    size_t records_bytes;
    struct elf_core core;
    uint8_t *head;
    size_t head_bytes;
};

static void add_vcpu(struct note_writer *writer, uint32_t vcpu)
{
    const struct kvm_regs regs = {.rax = 0xa0 + vcpu, .rip = 0x1000, .rflags = 2};
    const struct kvm_msr_entry msr = {.index = 0xc0000102, .data = 0x9900 + vcpu};
    struct kvm_sregs2 sregs = {.cr3 = 0x5000, .cs = {.selector = 8, .type = 11, .s = 1, .l = 1}};

    sregs.gdt.base = 0x7000;
    sregs.gdt.limit = 0x7f;
    record_add(writer, RECORD_VCPU_REGS, vcpu, &regs, sizeof regs);
    record_add(writer, RECORD_VCPU_SREGS2, vcpu, &sregs, sizeof sregs);
    record_add(writer, RECORD_VCPU_MSRS, vcpu, &msr, sizeof msr);
}

/* The file as it is without its memory. */
static int make_sample(void **state)
{
    struct sample *sample = calloc(1, sizeof *sample);
    struct elf_core_head head;
    struct note_writer writer;

    note_writer_init(&writer, sample->records, sizeof sample->records);
    record_add(&writer, RECORD_PRODUCER, 0, "minivmm test", 12);
    for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++)
        add_vcpu(&writer, vcpu);
    sample->records_bytes = writer.length_bytes;
    assert_true(elf_core_plan(&sample->core, &memory, sample->records, writer.length_bytes));
    sample->head = calloc(1, sample->core.regions[0].file_offset);
    head = (struct elf_core_head){
        .records = sample->records,
        .records_bytes = sample->records_bytes,
        .vmcoreinfo = INFO,
        .vmcoreinfo_bytes = sizeof INFO - 1,
        .checksums = checksums,
    };
    sample->head_bytes = elf_core_encode(&sample->core, &head, sample->head);
    *state = sample;
    return 0;
}

static int free_sample(void **state)
{
    struct sample *sample = *state;

    free(sample->head);
    free(sample);
    return 0;
}

/* What decoding says of these bytes and the zeros behind them, in a block of its own. */
static bool decode(const uint8_t *bytes, size_t size_bytes, size_t head_bytes, uint64_t file_bytes,
                   struct text *error)
{
    uint8_t *head = calloc(1, head_bytes);
    struct elf_core core;
    bool is_right;

    memcpy(head, bytes, size_bytes < head_bytes ? size_bytes : head_bytes);
    is_right = elf_core_decode(head, head_bytes, file_bytes, &core, error);
    free(head);
    return is_right;
}

/* What is wrong with a file that begins so and goes on with zeros; "" if nothing is. */
static const char *wrong_with(const uint8_t *bytes, size_t size_bytes, uint64_t file_bytes)
{
    static char said[256];
    size_t first_bytes = size_bytes < ELF_CORE_HEADERS_BYTES ? size_bytes : ELF_CORE_HEADERS_BYTES;
    uint8_t *first = malloc(first_bytes + 1);
    size_t head_bytes;
    struct text error;
    bool is_right;

    text_init(&error, said, sizeof said);
    memcpy(first + 1, bytes, first_bytes);
    head_bytes = elf_core_head_bytes(first + 1, first_bytes, file_bytes, &error);
    free(first);
    is_right = head_bytes > 0 && decode(bytes, size_bytes, head_bytes, file_bytes, &error);
    assert_int_equal(is_right, said[0] == '\0');
    assert_null(strchr(said, '\n'));
    return said;
}

static const char *wrong_with_sample(const struct sample *sample)
{
    return wrong_with(sample->head, sample->head_bytes, sample->core.file_bytes);
}

/* Gives the head the checksum of what it is, as a stranger would who means harm. */
static void sign(struct sample *sample)
{
    uint64_t checksum = checksum_of(sample->head, sample->head_bytes - sizeof checksum);

    memcpy(sample->head + sample->head_bytes - sizeof checksum, &checksum, sizeof checksum);
}

static Elf64_Phdr *segment_of(struct sample *sample, unsigned number)
{
    return (Elf64_Phdr *)(sample->head + sizeof(Elf64_Ehdr)) + number;
}

static void a_file_comes_back_as_it_was_planned(void **state)
{
    const struct sample *sample = *state;
    char said[256];
    struct elf_core core;
    struct text error;

    text_init(&error, said, sizeof said);
    assert_true(
        elf_core_decode(sample->head, sample->head_bytes, sample->core.file_bytes, &core, &error));
    assert_int_equal(core.major, 1);
    assert_int_equal(core.minor, 1);
    assert_int_equal(core.region_count, 2);
    assert_memory_equal(core.regions, sample->core.regions, 2 * sizeof core.regions[0]);
    assert_int_equal(core.regions[0].file_offset, ELF_CORE_CHUNK_BYTES);
    assert_int_equal(core.regions[1].file_offset, 3 * ELF_CORE_CHUNK_BYTES);
    assert_int_equal(core.file_bytes, 3 * ELF_CORE_CHUNK_BYTES + HIGH_BYTES);
    assert_int_equal(core.chunk_count, CHUNKS);
    for (unsigned i = 0; i < CHUNKS; i++)
        assert_int_equal(elf_core_chunk_checksum(&core, sample->head, i), checksums[i]);
}

static void the_machines_records_are_in_it(void **state)
{
    const struct sample *sample = *state;
    const uint8_t *notes = sample->head + sample->core.notes_offset;
    struct record record;

    assert_true(record_find(notes, sample->core.notes_bytes, RECORD_PRODUCER, 0, &record));
    assert_int_equal(record.size_bytes, 12);
    for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++)
        assert_true(record_find(notes, sample->core.notes_bytes, RECORD_VCPU_REGS, vcpu, &record));
}

/* The n-th note with that name. */
static struct note note_of(const struct sample *sample, const char *name, unsigned n)
{
    struct note_reader reader;
    struct note note;

    note_reader_init(&reader, sample->head + sample->core.notes_offset, sample->core.notes_bytes);
    for (;;) {
        assert_true(note_next(&reader, &note));
        if (note_has_name(&note, name) && n-- == 0)
            return note;
    }
}

static uint64_t number_at(const struct note *note, size_t offset)
{
    uint64_t number;

    memcpy(&number, note->bytes + offset, sizeof number);
    return number;
}

/* Offsets as in Linux's struct elf_prstatus and QEMU's QEMUCPUState. */
static void debuggers_find_the_registers_of_each_vcpu(void **state)
{
    const struct sample *sample = *state;

    for (unsigned vcpu = 0; vcpu < VCPUS; vcpu++) {
        const struct note status = note_of(sample, "CORE", vcpu);
        const struct note cpu = note_of(sample, "QEMU", vcpu);

        assert_int_equal(status.type, NT_PRSTATUS);
        assert_int_equal(status.size_bytes, 336);
        assert_int_equal((uint32_t)number_at(&status, 32), vcpu + 1);
        assert_int_equal(number_at(&status, 112 + 8 * 10), 0xa0 + vcpu);
        assert_int_equal(number_at(&status, 112 + 8 * 16), 0x1000);
        assert_int_equal(cpu.size_bytes, 440);
        assert_int_equal(number_at(&cpu, 0), UINT64_C(440) << 32 | 1);
        assert_int_equal(number_at(&cpu, 8), 0xa0 + vcpu);
        assert_int_equal((uint32_t)number_at(&cpu, 152), 8);
        assert_int_equal((uint32_t)number_at(&cpu, 160), 1 << 21 | 1 << 12 | 11 << 8);
        assert_int_equal(number_at(&cpu, 152 + 8 * 24 + 16), 0x7000);
        assert_int_equal(number_at(&cpu, 392 + 3 * 8), 0x5000);
        assert_int_equal(number_at(&cpu, 432), 0x9900 + vcpu);
    }
}

/* By it crash tells this format from another one. */
static void regions_have_no_alignment_in_their_headers(void **state)
{
    struct sample *sample = *state;

    assert_int_equal(segment_of(sample, 1)->p_align, 0);
    assert_int_equal(segment_of(sample, 2)->p_align, 0);
}

static void vmcoreinfo_is_copied(void **state)
{
    const struct note note = note_of(*state, "VMCOREINFO", 0);

    assert_int_equal(note.type, 0);
    assert_int_equal(note.size_bytes, sizeof INFO - 1);
    assert_memory_equal(note.bytes, INFO, sizeof INFO - 1);
}

static void vmcoreinfo_is_found_at_the_beginning_of_a_page(void **unused)
{
    static uint8_t page[8192];
    struct note_writer writer;
    struct note note;

    (void)unused;
    note_writer_init(&writer, page, sizeof page);
    memcpy(note_add(&writer, "VMCOREINFO", 0, 4096), INFO, sizeof INFO - 1);
    assert_true(vmcoreinfo_is_at(page, sizeof page, &note));
    assert_int_equal(note.size_bytes, 4096);
    assert_false(vmcoreinfo_is_at(page, 4096, &note));
    assert_false(vmcoreinfo_is_at(page + 4, sizeof page - 4, &note));
    page[24] = 'o';
    assert_false(vmcoreinfo_is_at(page, sizeof page, &note));
    note_writer_init(&writer, page, sizeof page);
    memcpy(note_add(&writer, "VMCOREINFO", 0, 4097), INFO, sizeof INFO - 1);
    assert_false(vmcoreinfo_is_at(page, sizeof page, &note));
}

/* Those that the memory makes up are zeros here, as nobody looks at them. */
static void a_file_cut_at_any_length_is_refused(void **state)
{
    const struct sample *sample = *state;

    for (size_t length = 0; length <= sample->head_bytes; length++)
        assert_string_not_equal(wrong_with(sample->head, length, length), "");
    assert_string_equal(wrong_with(sample->head, sample->head_bytes, sample->core.file_bytes - 1),
                        "damaged: segment 2 is not whole: the file is cut off");
    assert_string_equal(wrong_with(sample->head, sample->head_bytes, sample->core.file_bytes + 1),
                        "damaged: it has 1 bytes behind its end");
}

static void a_head_with_any_bit_flipped_is_refused(void **state)
{
    struct sample *sample = *state;

    assert_string_equal(wrong_with_sample(sample), "");
    for (size_t bit = 0; bit < 8 * sample->head_bytes; bit++) {
        sample->head[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_string_not_equal(wrong_with_sample(sample), "");
        sample->head[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_string_equal(wrong_with_sample(sample), "");
}

static void what_is_no_snapshot_is_said_to_be_none(void **state)
{
    struct sample *sample = *state;
    Elf64_Ehdr *header = (Elf64_Ehdr *)sample->head;

    assert_string_equal(wrong_with((const uint8_t *)"", 0, 0),
                        "not a snapshot: it has 0 bytes, less than an ELF header");
    header->e_type = ET_EXEC;
    assert_string_equal(wrong_with_sample(sample), "not a snapshot: an ELF file, but no core");
    header->e_machine = EM_AARCH64;
    assert_string_equal(wrong_with_sample(sample),
                        "not a snapshot of this architecture, which is x86-64");
    header->e_ident[0] = 0;
    assert_string_equal(wrong_with_sample(sample), "not a snapshot: no ELF file");
}

static void the_number_of_segments_is_not_believed(void **state)
{
    static const uint16_t numbers[] = {0, 1, 2 + ELF_CORE_MAX_REGIONS, PN_XNUM};
    struct sample *sample = *state;
    Elf64_Ehdr *header = (Elf64_Ehdr *)sample->head;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        header->e_phnum = numbers[i];
        sign(sample);
        assert_string_equal(
            wrong_with_sample(sample),
            "not a snapshot of minivmm: its program headers are not as one has them");
    }
    header->e_phnum = 2;
    sign(sample);
    assert_string_equal(wrong_with_sample(sample),
                        "not a snapshot of minivmm: its notes are not as one has them");
}

static void the_size_of_the_notes_is_not_believed(void **state)
{
    const uint64_t sizes[] = {0, 4, UINT64_MAX - 3, UINT64_MAX - 300, RECORD_STREAM_MAX_BYTES + 4};
    struct sample *sample = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        segment_of(sample, 0)->p_filesz = sizes[i];
        assert_string_equal(wrong_with_sample(sample),
                            "not a snapshot of minivmm: its notes are not as one has them");
    }
    segment_of(sample, 0)->p_filesz = RECORD_STREAM_MAX_BYTES;
    assert_string_equal(wrong_with_sample(sample),
                        "cut off: it has 6295552 bytes, and its notes end at 67109096");
    segment_of(sample, 0)->p_filesz = sample->core.notes_bytes - 4;
    assert_string_equal(wrong_with_sample(sample),
                        "not a snapshot of minivmm, or damaged: its notes do not end with a "
                        "checksum");
}

/* Changes one field of a segment's header to a lie. */
static void assert_refused(struct sample *sample, uint64_t *field, uint64_t value,
                           const char *expected)
{
    uint64_t old = *field;

    *field = value;
    sign(sample);
    assert_string_equal(wrong_with_sample(sample), expected);
    *field = old;
    sign(sample);
    assert_string_equal(wrong_with_sample(sample), "");
}

static void no_field_of_a_region_is_believed(void **state)
{
    static const char pages[] = "damaged: segment 1 is no region of whole pages";
    static const char file[] =
        "damaged: segment 2 overlaps another part of the file, or is not aligned in it";
    static const char gpa[] =
        "damaged: segment 2 overlaps another region of memory, or comes before it";
    static const char whole[] = "damaged: segment 2 is not whole: the file is cut off";
    struct sample *sample = *state;
    Elf64_Phdr *low = segment_of(sample, 1), *high = segment_of(sample, 2);

    assert_refused(sample, &low->p_filesz, LOW_BYTES - 0x1000, pages);
    assert_refused(sample, &low->p_memsz, 0, pages);
    assert_refused(sample, &low->p_paddr, 1, pages);
    assert_refused(sample, &high->p_offset, 2 * ELF_CORE_CHUNK_BYTES, file);
    assert_refused(sample, &high->p_offset, high->p_offset + 8, file);
    assert_refused(sample, &high->p_offset, 0, file);
    assert_refused(sample, &high->p_offset, UINT64_MAX - 0xfff, whole);
    assert_refused(sample, &high->p_paddr, LOW_BYTES - 0x1000, gpa);
    assert_refused(sample, &high->p_paddr, UINT64_MAX - 0xfff, gpa);
    assert_refused(sample, &low->p_offset, 0,
                   "damaged: segment 1 overlaps another part of the file, or is not aligned in it");
}

static void another_version_or_unit_of_the_format_is_refused(void **state)
{
    struct sample *sample = *state;
    struct record record;
    uint8_t *at;

    assert_true(record_find(sample->head + sample->core.notes_offset, sample->core.notes_bytes,
                            RECORD_FORMAT, 0, &record));
    at = sample->head + (record.bytes - sample->head);
    at[2] = 7;
    sign(sample);
    assert_string_equal(wrong_with_sample(sample), "");
    at[0] = 2;
    sign(sample);
    assert_string_equal(wrong_with_sample(sample),
                        "of format 2.7, and this minivmm reads 1.x; use the minivmm that wrote it");
}

static void a_table_of_another_size_is_refused(void **state)
{
    struct sample *sample = *state;
    Elf64_Phdr *high = segment_of(sample, 2);

    high->p_filesz = high->p_memsz = ELF_CORE_CHUNK_BYTES + 0x1000;
    sign(sample);
    assert_string_equal(wrong_with(sample->head, sample->head_bytes,
                                   sample->core.file_bytes + ELF_CORE_CHUNK_BYTES),
                        "damaged: its table of checksums is not that of its memory");
}

/* `head -c 3 /dev/zero | xxhsum -H3` and so on. */
static void the_checksum_is_that_of_xxhsum(void **unused)
{
    (void)unused;
    assert_int_equal(checksum_of("minivmm", 7), UINT64_C(0x94ea95153c7243cf));
    assert_int_equal(checksum_of_zeros(3), UINT64_C(0xeb5d658bb22f286b));
    assert_int_equal(checksum_of_zeros(ELF_CORE_CHUNK_BYTES), UINT64_C(0x94e26d8e04364852));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_sample, free_sample)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_comes_back_as_it_was_planned),
        TEST(the_machines_records_are_in_it),
        TEST(debuggers_find_the_registers_of_each_vcpu),
        TEST(regions_have_no_alignment_in_their_headers),
        TEST(vmcoreinfo_is_copied),
        cmocka_unit_test(vmcoreinfo_is_found_at_the_beginning_of_a_page),
        TEST(a_file_cut_at_any_length_is_refused),
        TEST(a_head_with_any_bit_flipped_is_refused),
        TEST(what_is_no_snapshot_is_said_to_be_none),
        TEST(the_number_of_segments_is_not_believed),
        TEST(the_size_of_the_notes_is_not_believed),
        TEST(no_field_of_a_region_is_believed),
        TEST(another_version_or_unit_of_the_format_is_refused),
        TEST(a_table_of_another_size_is_refused),
        cmocka_unit_test(the_checksum_is_that_of_xxhsum),
    };

    return cmocka_run_group_tests_name("elf_core", tests, NULL, NULL);
}
