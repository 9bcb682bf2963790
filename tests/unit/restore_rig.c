/* SPDX-License-Identifier: BSD-2-Clause */
/* See restore_rig.h. */
#include "tests/unit/restore_rig.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot/host_record.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_save.h"

#define RECORDS_BYTES (1 << 20)

void restore_rig_make(struct restore_rig *self)
{
    *self = (struct restore_rig){.memory_fd = -1};
    machine_rig_make(&self->rig);
}

void restore_rig_stop(struct restore_rig *self)
{
    struct machine *machine = &self->rig.machine;

    machine_lock(machine);
    machine_cut_take(machine);
    machine->pause.active = true;
    machine_unlock(machine);
}

/* All of it: of these guests there is one region. */
static void save_memory(struct restore_rig *self)
{
    const struct guest_mem_region *region = &self->rig.machine.memory.regions[0];

    self->memory_fd = memfd_create("memory", MFD_CLOEXEC);
    assert_int_equal(write(self->memory_fd, region->host, region->size_bytes), region->size_bytes);
}

void restore_rig_save(struct restore_rig *self)
{
    struct note_writer writer;

    self->records = malloc(RECORDS_BYTES);
    note_writer_init(&writer, self->records, RECORDS_BYTES);
    machine_lock(&self->rig.machine);
    assert_int_equal(machine_save(&self->rig.machine, &writer), 0);
    machine_unlock(&self->rig.machine);
    assert_false(note_writer_is_full(&writer));
    self->size_bytes = writer.length_bytes;
    save_memory(self);
}

int restore_rig_restore(struct restore_rig *self)
{
    struct clock_bracket start = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    char bytes[256];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    self->request.name = "saved";
    self->request.memory.fd = self->memory_fd;
    if (!record_stream_validate(self->records, self->size_bytes, &error) ||
        !machine_image_read(&self->image, self->records, self->size_bytes, &error)) {
        log_error("saved: %s", bytes);
        return -EINVAL;
    }
    return machine_restore(&self->rig.machine, &self->image, &self->rig.host, &self->request,
                           &start);
}

void restore_rig_save_and_destroy(struct restore_rig *self)
{
    if (!self->rig.machine.cut.active)
        restore_rig_stop(self);
    restore_rig_save(self);
    machine_destroy(&self->rig.machine);
    fake_kvm_reset();
}

int restore_rig_restore_after(struct restore_rig *self, uint64_t ns, enum restore_time time)
{
    fake_clock_pass_ns(ns);
    self->request.time = time;
    return restore_rig_restore(self);
}

uint8_t *restore_rig_record(struct restore_rig *self, enum record_type type, uint32_t instance,
                            size_t size_bytes)
{
    struct record record;

    assert_true(record_find(self->records, self->size_bytes, type, instance, &record));
    assert_int_equal(record.size_bytes, size_bytes);
    return self->records + (record.bytes - self->records);
}

/* The first of a host record is its boot_id. */
void restore_rig_be_another_boot(struct restore_rig *self)
{
    *restore_rig_record(self, RECORD_HOST, 0, sizeof(struct host_record)) ^= 1;
}

void restore_rig_end(struct restore_rig *self)
{
    free(self->records);
    close(self->memory_fd);
}

void restore_rig_destroy(struct restore_rig *self)
{
    machine_rig_destroy(&self->rig);
    restore_rig_end(self);
}

int restore_rig_setup(void **rig)
{
    restore_rig_make(*rig);
    return 0;
}

int restore_rig_teardown(void **rig)
{
    restore_rig_destroy(*rig);
    return 0;
}

uint64_t restore_rig_guest_ns(struct restore_rig *self)
{
    return machine_now(&self->rig.machine);
}
