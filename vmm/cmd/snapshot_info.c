/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_info.h. */
#include "vmm/cmd/snapshot_info.h"

#include <inttypes.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/stat.h>

#include "base/calendar.h"
#include "check/json_text.h"
#include "snapshot/host_record.h"
#include "snapshot/record.h"
#include "vmm/cmd/options_machine.h"

#define NS_PER_SECOND    INT64_C(1000000000)
#define TEXT_BYTES       256
#define MACHINE_BYTES    16384
#define DATE_BYTES       40
#define RECORD_KINDS_MAX 64

/* How many records of a type there are. */
struct record_kind {
    uint32_t type;
    unsigned count;
    uint64_t bytes;
};

struct snapshot_info {
    const struct snapshot_file *file;
    uint64_t disk_bytes;
    /* Empty where there is no record of it, or none that is valid. */
    char producer[TEXT_BYTES];
    char machine[MACHINE_BYTES];
    char boot_id[TEXT_BYTES];
    char kernel[TEXT_BYTES];
    char taken[DATE_BYTES];
    bool has_time;
    struct time_record time;
    unsigned kind_count;
    struct record_kind kinds[RECORD_KINDS_MAX];
};

static bool take(const struct snapshot_info *info, enum record_type type, uint32_t instance,
                 void *to, size_t to_bytes)
{
    return record_take(snapshot_file_notes(info->file), info->file->core.notes_bytes, type,
                       instance, to, to_bytes);
}

/* What a terminal would obey becomes '?'. */
static void copy_text(char to[TEXT_BYTES], const void *bytes, size_t size_bytes)
{
    size_t length = strnlen(bytes, size_bytes < TEXT_BYTES ? size_bytes : TEXT_BYTES - 1);

    memcpy(to, bytes, length);
    to[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (to[i] < ' ' || to[i] > '~')
            to[i] = '?';
}

static void add_date(struct text *text, int64_t epoch_sec)
{
    const struct calendar_time time = calendar_from_sec(epoch_sec);

    text_add(text, "%04lld-%02u-%02uT%02u:%02u:%02uZ", (long long)time.year, time.month, time.day,
             time.hour, time.minute, time.second);
}

static void collect_machine(struct snapshot_info *info)
{
    static struct options options;
    struct record record;
    char error[TEXT_BYTES];
    struct text text;

    options = (struct options){0};
    text_init(&text, info->machine, sizeof info->machine);
    if (record_find(snapshot_file_notes(info->file), info->file->core.notes_bytes, RECORD_CONFIG, 0,
                    &record) &&
        machine_config_take(&options.config, record.bytes, record.size_bytes) &&
        machine_config_validate(&options.config, error, sizeof error))
        options_add_machine(&options, &text);
}

static void collect_host(struct snapshot_info *info)
{
    struct host_record host;
    struct record producer;
    struct text text;

    if (record_find(snapshot_file_notes(info->file), info->file->core.notes_bytes, RECORD_PRODUCER,
                    0, &producer))
        copy_text(info->producer, producer.bytes, producer.size_bytes);
    info->has_time = take(info, RECORD_TIME, 0, &info->time, sizeof info->time);
    if (!take(info, RECORD_HOST, 0, &host, sizeof host))
        return;
    copy_text(info->boot_id, host.boot_id, sizeof host.boot_id);
    copy_text(info->kernel, host.kernel_release, sizeof host.kernel_release);
    text_init(&text, info->taken, sizeof info->taken);
    add_date(&text, host.realtime_ns / NS_PER_SECOND);
}

static struct record_kind *kind_of(struct snapshot_info *info, uint32_t type)
{
    for (unsigned i = 0; i < info->kind_count; i++)
        if (info->kinds[i].type == type)
            return &info->kinds[i];
    if (info->kind_count == RECORD_KINDS_MAX)
        return &info->kinds[RECORD_KINDS_MAX - 1];
    info->kinds[info->kind_count] = (struct record_kind){.type = type};
    return &info->kinds[info->kind_count++];
}

static void collect(const struct snapshot_file *file, struct snapshot_info *info)
{
    struct note_reader reader;
    struct record record;
    struct stat status;

    *info = (struct snapshot_info){.file = file};
    if (fstat(file->fd, &status) == 0)
        info->disk_bytes = (uint64_t)status.st_blocks * 512;
    collect_machine(info);
    collect_host(info);
    note_reader_init(&reader, snapshot_file_notes(file), file->core.notes_bytes);
    while (record_next(&reader, &record)) {
        struct record_kind *kind = kind_of(info, record.type);

        kind->count++;
        kind->bytes += record.size_bytes;
    }
}

static void add_text_row(struct text *out, const char *name, const char *value)
{
    if (value[0] != '\0')
        text_add(out, "%-12s%s\n", name, value);
}

static void add_vcpu_rows(const struct snapshot_info *info, struct text *out)
{
    struct vcpu_time_record time;
    struct kvm_regs regs;

    for (uint32_t i = 0; take(info, RECORD_VCPU_REGS, i, &regs, sizeof regs); i++) {
        text_add(out, "vCPU %-7uRIP 0x%" PRIx64, i, (uint64_t)regs.rip);
        if (take(info, RECORD_VCPU_TIME, i, &time, sizeof time))
            text_add(out, ", TSC %" PRIu64 ", offset %" PRId64 ", deadline %" PRIu64, time.tsc,
                     (int64_t)time.tsc_offset, time.tsc_deadline);
        text_add(out, "\n");
    }
}

static void add_time_rows(const struct snapshot_info *info, struct text *out)
{
    uint64_t guest_ns = info->time.guest_ns;
    int64_t wall_ns = (int64_t)(info->time.wall_zero_ns + guest_ns);

    if (!info->has_time)
        return;
    text_add(out, "%-12s%" PRIu64 ".%09" PRIu64 " s\n%-12s", "guest time",
             guest_ns / (uint64_t)NS_PER_SECOND, guest_ns % (uint64_t)NS_PER_SECOND, "its date");
    add_date(out, wall_ns / NS_PER_SECOND);
    text_add(out, "\n");
}

static void write_table(const struct snapshot_info *info, struct text *out)
{
    const struct elf_core *core = &info->file->core;

    text_add(out, "%-12s%u.%u\n", "format", core->major, core->minor);
    add_text_row(out, "written by", info->producer);
    add_text_row(out, "taken", info->taken);
    add_text_row(out, "host's boot", info->boot_id);
    add_text_row(out, "host kernel", info->kernel);
    add_text_row(out, "machine", info->machine);
    for (unsigned i = 0; i < core->region_count; i++)
        text_add(out, "%-12s0x%" PRIx64 " to 0x%" PRIx64 ", in the file at 0x%" PRIx64 "\n",
                 "memory", core->regions[i].base_gpa,
                 core->regions[i].base_gpa + core->regions[i].size_bytes - 1,
                 core->regions[i].file_offset);
    text_add(out, "%-12s%" PRIu64 " KiB, on the disk %" PRIu64 " KiB\n", "size",
             core->file_bytes >> 10, info->disk_bytes >> 10);
    add_time_rows(info, out);
    add_vcpu_rows(info, out);
    for (unsigned i = 0; i < info->kind_count; i++)
        text_add(out, "%-12s%u x %s, %" PRIu64 " bytes\n", "records", info->kinds[i].count,
                 record_type_name(info->kinds[i].type), info->kinds[i].bytes);
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

/* JSON's numbers have a sign: what is 64 bits wide is a text, so that no reader rounds it. */
static json_t *wide(uint64_t value)
{
    char bytes[24];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "%" PRIu64, value);
    return json_string(bytes);
}

static json_t *memory_to_json(const struct elf_core *core)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < core->region_count; i++)
        json_array_append_new(array,
                              json_pack("{s:o, s:o, s:o}", "gpa", wide(core->regions[i].base_gpa),
                                        "bytes", wide(core->regions[i].size_bytes), "offset",
                                        wide(core->regions[i].file_offset)));
    return array;
}

static json_t *vcpus_to_json(const struct snapshot_info *info)
{
    json_t *array = json_array();
    struct vcpu_time_record time;
    struct kvm_regs regs;

    for (uint32_t i = 0; take(info, RECORD_VCPU_REGS, i, &regs, sizeof regs); i++) {
        json_t *vcpu = json_pack("{s:o}", "rip", wide(regs.rip));

        if (take(info, RECORD_VCPU_TIME, i, &time, sizeof time))
            json_object_update_new(vcpu, json_pack("{s:o, s:o, s:o}", "tsc", wide(time.tsc),
                                                   "tsc_offset", wide(time.tsc_offset),
                                                   "tsc_deadline", wide(time.tsc_deadline)));
        json_array_append_new(array, vcpu);
    }
    return array;
}

static json_t *records_to_json(const struct snapshot_info *info)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < info->kind_count; i++)
        json_array_append_new(
            array, json_pack("{s:I, s:s, s:i, s:I}", "type", (json_int_t)info->kinds[i].type,
                             "name", record_type_name(info->kinds[i].type), "count",
                             info->kinds[i].count, "bytes", (json_int_t)info->kinds[i].bytes));
    return array;
}

static void write_json(const struct snapshot_info *info, struct text *out)
{
    const struct elf_core *core = &info->file->core;
    json_t *time =
        info->has_time
            ? json_pack("{s:o, s:o, s:o}", "guest_ns", wide(info->time.guest_ns), "wall_zero_ns",
                        wide(info->time.wall_zero_ns), "host_tsc", wide(info->time.host_tsc))
            : json_null();

    json_text_write(
        json_pack("{s:{s:i, s:i}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format",
                  "major", core->major, "minor", core->minor, "producer",
                  text_or_null(info->producer), "taken", text_or_null(info->taken), "boot_id",
                  text_or_null(info->boot_id), "host_kernel", text_or_null(info->kernel), "machine",
                  text_or_null(info->machine), "memory", memory_to_json(core), "file_bytes",
                  wide(core->file_bytes), "disk_bytes", wide(info->disk_bytes), "time", time,
                  "vcpus", vcpus_to_json(info), "records", records_to_json(info)),
        out);
}

void snapshot_info_write(const struct snapshot_file *file, bool json, struct text *out)
{
    static struct snapshot_info info;

    collect(file, &info);
    if (json)
        write_json(&info, out);
    else
        write_table(&info, out);
}
