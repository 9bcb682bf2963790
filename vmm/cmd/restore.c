/* SPDX-License-Identifier: BSD-2-Clause */
/* See restore.h. */
#include "vmm/cmd/restore.h"

#include <errno.h>

#include "vmm/cmd/options.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_restore.h"

#define TEXT_BYTES 256

/* A region of the file for each of the machine's, with the same size. */
static int find_memory(const struct restore_source *source, struct restore_request *request)
{
    const struct elf_core *core = &source->file.core;
    struct guest_mem memory;
    bool fits;

    guest_mem_layout(&memory, source->image.config.memory_bytes);
    fits = core->region_count == memory.region_count;
    for (unsigned i = 0; fits && i < memory.region_count; i++) {
        fits = core->regions[i].base_gpa == memory.regions[i].base_gpa &&
               core->regions[i].size_bytes == memory.regions[i].size_bytes;
        request->memory.offsets[i] = core->regions[i].file_offset;
    }
    request->memory.fd = source->file.fd;
    if (fits)
        return 0;
    log_error("%s: damaged: its memory is not that of its configuration", request->name);
    return -EINVAL;
}

static int read_image(struct restore_source *source, const char *name)
{
    const struct snapshot_file *file = &source->file;
    char bytes[TEXT_BYTES];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    if (machine_image_read(&source->image, snapshot_file_notes(file), file->core.notes_bytes,
                           &error))
        return 0;
    log_error("%s: %s", name, bytes);
    return -EINVAL;
}

int restore_open(struct restore_source *source, const char *path)
{
    int result = snapshot_file_open(&source->file, path);

    return result == 0 ? read_image(source, path) : result;
}

int restore_machine(struct machine *machine, struct restore_source *source,
                    const struct options *options, const struct clock_bracket *start)
{
    const struct restore_options *restore = &options->restore;
    const struct restore_source *of = restore->source != NULL ? restore->source : source;
    struct restore_request request = {
        .name = restore->path,
        .time = restore->time,
        .at_sec = restore->at_sec,
    };
    int result = of == source ? restore_open(source, restore->path) : 0;

    if (result == 0)
        result = find_memory(of, &request);
    return result == 0 ? machine_restore(machine, &of->image, &options->host, &request, start)
                       : result;
}

void restore_release(struct restore_source *source)
{
    snapshot_file_close(&source->file);
}
