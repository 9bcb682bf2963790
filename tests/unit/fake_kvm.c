/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_kvm.h. */
#include "tests/unit/fake_kvm.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cpuid_hosts.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/unit.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/dirty_log.h"
#include "vmm/kvm/kvm.h"

/* No descriptors of the process: nobody reads or closes them. */
#define DEV_FD      1000000
#define RECORD_SIZE 65536

struct fake_kvm fake_kvm;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char record[RECORD_SIZE];
static size_t record_length;
static int next_vm_fd;
/* KVM's clock shows this where the host's shows 0. */
static uint64_t clock_zero_ns;

static struct {
    const char *name;
    unsigned after;
    int error;
} failure;

void fake_kvm_reset(void)
{
    fake_kvm = (struct fake_kvm){
        .host_khz = FAKE_CLOCK_HZ / 1000,
        .can_intercept_hypercalls = true,
        .tsc_deadline = true,
        .has_smm = true,
        .tells_halted = true,
        .max_vcpus = FAKE_KVM_MAX_VCPUS,
        .mapped_bytes = UINT64_MAX,
        .xsave_bytes = 4096,
        .has_xcrs = true,
        .listed_msrs = {0x10, 0x174, 0x3b, 0xc0000082, 0x4b564d01, 0x6e0, 0x40000000},
        .listed_msr_count = 7,
    };
    next_vm_fd = FAKE_KVM_FIRST_VM_FD;
    clock_zero_ns = 0;
    fake_kvm_fail(NULL, 0, 0);
    fake_kvm_forget_calls();
    fake_vcpus_reset();
    fake_irqchip_reset();
}

void fake_kvm_lock(void)
{
    pthread_mutex_lock(&lock);
}

void fake_kvm_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void fake_kvm_fail(const char *name, unsigned after, int error)
{
    fake_kvm_lock();
    failure.name = name;
    failure.after = after;
    failure.error = error;
    fake_kvm_unlock();
}

void fake_kvm_forget_calls(void)
{
    fake_kvm_lock();
    record[0] = '\0';
    record_length = 0;
    fake_kvm_unlock();
}

const char *fake_kvm_calls(void)
{
    static char copy[RECORD_SIZE];

    fake_kvm_lock();
    memcpy(copy, record, record_length + 1);
    fake_kvm_unlock();
    return copy;
}

unsigned fake_kvm_count(const char *name)
{
    size_t length = strlen(name);
    unsigned count = 0;

    for (const char *line = fake_kvm_calls(); *line != '\0'; line = strchr(line, '\n') + 1)
        count += strncmp(line, name, length) == 0 && strchr(" \n", line[length]) != NULL;
    return count;
}

int fake_kvm_failure(const char *name)
{
    if (failure.name == NULL || strcmp(failure.name, name) != 0)
        return 0;
    if (failure.after == 0)
        return -failure.error;
    failure.after--;
    return 0;
}

/* A record that is full stays as it is: what is compared with it then differs. */
static int note(const char *name, const char *format, va_list arguments)
{
    char line[160];
    int length = snprintf(line, sizeof line, "%s", name);

    length += vsnprintf(line + length, sizeof line - (size_t)length, format, arguments);
    if (record_length + (size_t)length + 2 < sizeof record)
        record_length += (size_t)sprintf(record + record_length, "%s\n", line);
    return fake_kvm_failure(name);
}

int fake_kvm_called(const char *name, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = note(name, format, arguments);
    va_end(arguments);
    return result;
}

int fake_kvm_call(const char *name, const char *format, ...)
{
    va_list arguments;
    int result;

    fake_kvm_lock();
    va_start(arguments, format);
    result = note(name, format, arguments);
    va_end(arguments);
    fake_kvm_unlock();
    if (result < 0)
        log_error("%s: %s", name, strerror(-result));
    return result;
}

bool kvm_has(const struct kvm *kvm, const struct kvm_capability *capability)
{
    (void)kvm;
    return capability->number != fake_kvm.lacks;
}

int kvm_open_device(struct kvm *kvm)
{
    *kvm = (struct kvm){.dev_fd = DEV_FD, .vm_fd = -1};
    return 0;
}

int kvm_ask_device(struct kvm *kvm)
{
    kvm->run_size_bytes = FAKE_KVM_RUN_BYTES;
    kvm->max_vcpus = fake_kvm.max_vcpus;
    kvm->tsc_deadline = fake_kvm.tsc_deadline;
    kvm->has_smm = fake_kvm.has_smm;
    return fake_kvm_call("kvm_ask_device", "%s", "");
}

int kvm_open(struct kvm *kvm)
{
    int result = fake_kvm_call("kvm_open", "%s", "");

    if (result == 0)
        result = kvm_open_device(kvm);
    return result == 0 ? kvm_ask_device(kvm) : result;
}

int kvm_create_vm(struct kvm *kvm)
{
    int result = fake_kvm_call("kvm_create_vm", "%s", "");

    fake_clock_pass_ns(fake_kvm.create_vm_ns);
    kvm->vm_fd = result == 0 ? next_vm_fd++ : -1;
    return result;
}

int kvm_halt_in_guest(struct kvm *kvm)
{
    (void)kvm;
    return fake_kvm_call("kvm_halt_in_guest", "%s", "");
}

void kvm_stop_halt_polling(struct kvm *kvm)
{
    (void)kvm;
    fake_kvm_call("kvm_stop_halt_polling", "%s", "");
}

/* One of a nanosecond is KVM's own: nothing is told. */
bool kvm_set_apic_bus(struct kvm *kvm, uint32_t ns)
{
    bool is_set = ns == 1;

    fake_kvm_lock();
    is_set = is_set || fake_kvm_called("kvm_set_apic_bus", " %u", ns) == 0;
    fake_kvm_unlock();
    if (is_set)
        kvm->apic_bus_ns = ns;
    return is_set;
}

void kvm_close(struct kvm *kvm)
{
    kvm->vm_fd = kvm->dev_fd = -1;
}

int kvm_add_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes, void *host)
{
    (void)host;
    if (kvm->vm_fd != FAKE_KVM_FIRST_VM_FD)
        return 0;
    return fake_kvm_call("kvm_add_memory", " %u 0x%llx 0x%llx", slot, (unsigned long long)gpa,
                         (unsigned long long)size_bytes);
}

int kvm_add_readonly_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes,
                            void *host)
{
    (void)host;
    if (kvm->vm_fd != FAKE_KVM_FIRST_VM_FD)
        return 0;
    return fake_kvm_call("kvm_add_readonly_memory", " %u 0x%llx 0x%llx", slot,
                         (unsigned long long)gpa, (unsigned long long)size_bytes);
}

int kvm_log_dirty_pages(const struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes,
                        void *host, bool on)
{
    (void)kvm;
    (void)gpa;
    (void)size_bytes;
    (void)host;
    return fake_kvm_call("kvm_log_dirty_pages", " %u %s", slot, on ? "on" : "off");
}

/* Of the first slot alone; a word is as much as a test has to write to. */
int kvm_take_dirty_pages(const struct kvm *kvm, unsigned slot, uint64_t *bits)
{
    (void)kvm;
    if (slot == 0) {
        bits[0] = fake_kvm.dirty_pages;
        fake_kvm.dirty_pages = fake_kvm.always_dirty_pages;
    }
    return fake_kvm_call("kvm_take_dirty_pages", " %u", slot);
}

int kvm_add_smram(struct kvm *kvm, uint64_t gpa, uint64_t size_bytes, void *host)
{
    (void)host;
    if (kvm->vm_fd != FAKE_KVM_FIRST_VM_FD)
        return 0;
    return fake_kvm_call("kvm_add_smram", " 0x%llx 0x%llx", (unsigned long long)gpa,
                         (unsigned long long)size_bytes);
}

int kvm_capture_msrs(struct kvm *kvm, const struct msr_range *ranges, unsigned count)
{
    char text[256] = "";
    size_t length = 0;

    (void)kvm;
    for (unsigned i = 0; i < count; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, " %#x+%u%s", ranges[i].first_msr,
                             ranges[i].count, ranges[i].reads ? "rw" : "w");
    return fake_kvm_call("kvm_capture_msrs", "%s", text);
}

int kvm_intercept_hypercalls(struct kvm *kvm)
{
    kvm->hypercalls_exit = fake_kvm.can_intercept_hypercalls;
    return fake_kvm_call("kvm_intercept_hypercalls", "%s", "");
}

int kvm_supported_cpuid(struct kvm *kvm, struct kvm_cpuid2 *table, unsigned capacity)
{
    (void)kvm;
    assert_true(capacity >= sizeof intel_host / sizeof intel_host[0]);
    memcpy(table->entries, intel_host, sizeof intel_host);
    table->nent = sizeof intel_host / sizeof intel_host[0];
    (void)amd_host;
    return fake_kvm_call("kvm_supported_cpuid", "%s", "");
}

uint64_t fake_kvm_clock_ns(void)
{
    return host_monotonic_ns() + clock_zero_ns;
}

int kvm_get_clock(const struct kvm *kvm, struct kvm_clock_reading *reading)
{
    (void)kvm;
    fake_clock_pass_ns(fake_kvm.clock_call_ns);
    *reading = (struct kvm_clock_reading){
        .clock_ns = fake_kvm_clock_ns(),
        .has_host_tsc = !fake_kvm.clock_lacks_host_tsc,
        .host_tsc = fake_kvm.clock_lacks_host_tsc ? 0 : host_tsc(),
    };
    fake_clock_pass_ns(fake_kvm.clock_call_ns);
    return fake_kvm_call("kvm_get_clock", "%s", "");
}

int kvm_set_clock(const struct kvm *kvm, uint64_t clock_ns)
{
    int result = fake_kvm_call("kvm_set_clock", " %llu", (unsigned long long)clock_ns);

    (void)kvm;
    fake_clock_pass_ns(fake_kvm.clock_call_ns);
    if (result == 0)
        clock_zero_ns = clock_ns - host_monotonic_ns();
    fake_clock_pass_ns(fake_kvm.clock_call_ns);
    return result;
}
