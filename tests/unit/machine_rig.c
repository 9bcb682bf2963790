/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_rig.h. */
#include "tests/unit/machine_rig.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/elf_file.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/said.h"
#include "tests/unit/unit.h"
#include "vmm/cmd/boot_files.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_tsc.h"

/* What the program carries as its initramfs. */
__asm__(".section .rodata\n"
        ".globl initramfs_start, initramfs_end\n"
        "initramfs_start: .skip 16, 0x5a\n"
        "initramfs_end:\n"
        ".text\n");

static void open_kernel(struct machine_rig *rig)
{
    struct elf_file kernel = elf_file_make();

    elf_file_add_pvh_note(&kernel);
    elf_file_add_linux_note(&kernel);
    rig->kernel_fd = memfd_create("kernel", MFD_CLOEXEC);
    assert_int_equal(write(rig->kernel_fd, &kernel, sizeof kernel), sizeof kernel);
    snprintf(rig->kernel_path, sizeof rig->kernel_path, "/proc/self/fd/%d", rig->kernel_fd);
}

void machine_rig_begin(struct machine_rig *rig)
{
    fake_clock_reset();
    fake_kvm_reset();
    said_begin();
    *rig = (struct machine_rig){
        .config = machine_config_default,
        .host = {.linux_words = "", .console = CONSOLE_NONE},
    };
    rig->config.cpu_count = MACHINE_RIG_CPUS;
    rig->config.vmclock = VMCLOCK_OFF;
    rig->config.memory_bytes = UINT64_C(64) << 20;
    open_kernel(rig);
    rig->host.kernel_path = rig->kernel_path;
}

int machine_rig_create(struct machine_rig *rig)
{
    struct clock_bracket start = host_clock_bracket(CLOCK_MONOTONIC_RAW);
    struct boot_files files;
    int result = boot_files_open(&rig->host, &files);

    if (result < 0)
        return result;
    fake_clock_pass_ns(15 * 1000000);
    result = machine_create(&rig->machine, &rig->config, &rig->host, &files, &start);
    boot_files_close(&files);
    return result;
}

void machine_rig_make(struct machine_rig *rig)
{
    machine_rig_begin(rig);
    assert_int_equal(machine_rig_create(rig), 0);
    machine_tsc_find_out(&rig->machine);
    vcpu_clear_kick(&rig->machine.vcpus[0]);
    fake_kvm_forget_calls();
}

void machine_rig_end(struct machine_rig *rig)
{
    close(rig->kernel_fd);
    said_end();
}

void machine_rig_start(struct machine_rig *rig)
{
    assert_int_equal(machine_start(&rig->machine), 0);
    fake_clock_await_wait(1);
    said();
}

uint64_t machine_rig_guest_ns(struct machine_rig *rig)
{
    uint64_t now_ns = machine_lock(&rig->machine);

    machine_unlock(&rig->machine);
    return now_ns;
}

bool machine_rig_apply_fault(struct machine_rig *rig, const char *words,
                             char line[FAULT_ERROR_BYTES])
{
    struct text why;
    struct fault fault;

    text_init(&why, line, FAULT_ERROR_BYTES);
    assert_true(fault_from_words(words, &fault, &why));
    return machine_fault_apply(&rig->machine, &fault, &why);
}

bool machine_rig_end_fault(struct machine_rig *rig, const char *words, char line[FAULT_ERROR_BYTES])
{
    struct text why;
    struct fault fault;

    text_init(&why, line, FAULT_ERROR_BYTES);
    assert_true(fault_from_words(words, &fault, &why));
    fault.is_end = true;
    return machine_fault_apply(&rig->machine, &fault, &why);
}

struct machine_event_record machine_rig_event(struct machine_rig *rig,
                                              struct machine_events *events)
{
    struct machine_event_record record;

    machine_lock(&rig->machine);
    assert_true(machine_event_take(events, &record));
    machine_unlock(&rig->machine);
    return record;
}

void machine_rig_assert_no_event(struct machine_rig *rig, struct machine_events *events)
{
    struct machine_event_record record;

    machine_lock(&rig->machine);
    assert_false(machine_event_take(events, &record));
    machine_unlock(&rig->machine);
}

void machine_rig_destroy(struct machine_rig *rig)
{
    machine_destroy(&rig->machine);
    machine_rig_end(rig);
}

int machine_rig_setup(void **rig)
{
    machine_rig_begin(*rig);
    return 0;
}

int machine_rig_setup_made(void **rig)
{
    machine_rig_make(*rig);
    return 0;
}

int machine_rig_teardown(void **rig)
{
    machine_rig_destroy(*rig);
    return 0;
}

int machine_rig_teardown_failed(void **rig)
{
    machine_rig_end(*rig);
    return 0;
}
