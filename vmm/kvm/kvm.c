/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm.h. */
#include "vmm/kvm/kvm.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/kvm/kvm_access.h"
#include "vmm/kvm/kvm_call.h"

#define MSR_XEN_HYPERCALL_PAGE 0x40000000
/* In headers of Linux 6.11 and later. */
#define CAP_X86_APIC_BUS_CYCLES_NS 237
/* The address space is in the upper half of a slot's number. */
#define SMM_SLOT (1u << 16)

bool kvm_has(const struct kvm *kvm, const struct kvm_capability *capability)
{
    return kvm_capability_is_in(capability,
                                ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, capability->number));
}

int kvm_open_device(struct kvm *kvm)
{
    *kvm = (struct kvm){.dev_fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC), .vm_fd = -1};
    return kvm->dev_fd < 0 ? -errno : 0;
}

static int kvm_check_version(const struct kvm *kvm)
{
    int version = kvm_call_value(kvm->dev_fd, KVM_GET_API_VERSION, "KVM_GET_API_VERSION", 0);

    if (version < 0 || version == KVM_API_VERSION)
        return version < 0 ? version : 0;
    log_error(KVM_DEVICE " has API version %d; version %d is needed", version, KVM_API_VERSION);
    return -ENOTSUP;
}

int kvm_ask_device(struct kvm *kvm)
{
    int result = kvm_check_version(kvm);

    if (result < 0)
        return result;
    result = kvm_call_value(kvm->dev_fd, KVM_GET_VCPU_MMAP_SIZE, "KVM_GET_VCPU_MMAP_SIZE", 0);
    if (result < 0)
        return result;
    kvm->run_size_bytes = (size_t)result;
    kvm->max_vcpus = (unsigned)ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
    kvm->tsc_deadline = ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0;
    kvm->has_readonly_memory = ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) > 0;
    kvm->has_smm = ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM) > 0;
    return 0;
}

static int kvm_check_capabilities(const struct kvm *kvm)
{
    for (unsigned i = 0; i < KVM_CAPABILITY_COUNT; i++)
        if (kvm_capabilities[i].required && !kvm_has(kvm, &kvm_capabilities[i])) {
            log_error(KVM_DEVICE " lacks %s; Linux 5.16 or newer has it", kvm_capabilities[i].name);
            return -ENOTSUP;
        }
    return 0;
}

int kvm_open(struct kvm *kvm)
{
    int result = kvm_open_device(kvm);

    if (result < 0) {
        kvm_access_explain(-result);
        return result;
    }
    result = kvm_ask_device(kvm);
    return result < 0 ? result : kvm_check_capabilities(kvm);
}

int kvm_create_vm(struct kvm *kvm)
{
    do
        kvm->vm_fd = ioctl(kvm->dev_fd, KVM_CREATE_VM, 0);
    while (kvm->vm_fd < 0 && errno == EINTR);
    if (kvm->vm_fd >= 0)
        return 0;
    kvm->vm_fd = -errno;
    log_error("KVM_CREATE_VM: %s%s", strerror(-kvm->vm_fd),
              kvm->vm_fd == -EBUSY ? "; another hypervisor has this host's VMX or SVM: end its "
                                     "virtual machines or unload its modules"
                                   : "");
    return kvm->vm_fd;
}

int kvm_halt_in_guest(struct kvm *kvm)
{
    struct kvm_enable_cap disable = {.cap = KVM_CAP_X86_DISABLE_EXITS,
                                     .args = {KVM_X86_DISABLE_EXITS_HLT}};
    int offered = ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_DISABLE_EXITS);

    if (offered > 0 && (offered & KVM_X86_DISABLE_EXITS_HLT) != 0)
        return kvm_call(kvm->vm_fd, KVM_ENABLE_CAP, "KVM_ENABLE_CAP(KVM_CAP_X86_DISABLE_EXITS)",
                        &disable);
    log_error("--halt-in-guest: this KVM cannot do it (KVM_CAP_X86_DISABLE_EXITS); leave it out");
    return -ENOTSUP;
}

void kvm_stop_halt_polling(struct kvm *kvm)
{
    struct kvm_enable_cap poll = {.cap = KVM_CAP_HALT_POLL, .args = {0}};

    ioctl(kvm->vm_fd, KVM_ENABLE_CAP, &poll);
}

bool kvm_set_apic_bus(struct kvm *kvm, uint32_t ns)
{
    struct kvm_enable_cap bus = {.cap = CAP_X86_APIC_BUS_CYCLES_NS, .args = {ns}};

    if (ns != 1 && (ioctl(kvm->vm_fd, KVM_CHECK_EXTENSION, bus.cap) <= 0 ||
                    ioctl(kvm->vm_fd, KVM_ENABLE_CAP, &bus) < 0))
        return false;
    kvm->apic_bus_ns = ns;
    return true;
}

void kvm_close(struct kvm *kvm)
{
    if (kvm->vm_fd >= 0)
        close(kvm->vm_fd);
    if (kvm->dev_fd >= 0)
        close(kvm->dev_fd);
    kvm->vm_fd = kvm->dev_fd = -1;
}

static int add_memory(const struct kvm *kvm, unsigned slot, uint32_t flags, uint64_t gpa,
                      uint64_t size_bytes, void *host)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = flags,
        .guest_phys_addr = gpa,
        .memory_size = size_bytes,
        .userspace_addr = (uintptr_t)host,
    };

    return kvm_call(kvm->vm_fd, KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", &region);
}

int kvm_add_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes, void *host)
{
    return add_memory(kvm, slot, 0, gpa, size_bytes, host);
}

int kvm_add_readonly_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes,
                            void *host)
{
    return add_memory(kvm, slot, kvm->has_readonly_memory ? KVM_MEM_READONLY : 0, gpa, size_bytes,
                      host);
}

int kvm_add_smram(struct kvm *kvm, uint64_t gpa, uint64_t size_bytes, void *host)
{
    return kvm_add_memory(kvm, SMM_SLOT, gpa, size_bytes, host);
}

int kvm_capture_msrs(struct kvm *kvm, const struct msr_range *ranges, unsigned count)
{
    /* A bit for each MSR of a range, 0: denied, so that it exits. */
    static uint8_t no_bits[KVM_CAPTURED_MSRS_MAX / 8];
    struct kvm_enable_cap exits = {.cap = KVM_CAP_X86_USER_SPACE_MSR,
                                   .args = {KVM_MSR_EXIT_REASON_FILTER}};
    struct kvm_msr_filter filter = {.flags = KVM_MSR_FILTER_DEFAULT_ALLOW};
    int result;

    assert(count <= KVM_MSR_FILTER_MAX_RANGES);
    for (unsigned i = 0; i < count; i++) {
        assert(ranges[i].count <= KVM_CAPTURED_MSRS_MAX);
        filter.ranges[i] = (struct kvm_msr_filter_range){
            .flags = KVM_MSR_FILTER_WRITE | (ranges[i].reads ? KVM_MSR_FILTER_READ : 0),
            .nmsrs = ranges[i].count,
            .base = ranges[i].first_msr,
            .bitmap = no_bits,
        };
    }
    result =
        kvm_call(kvm->vm_fd, KVM_ENABLE_CAP, "KVM_ENABLE_CAP(KVM_CAP_X86_USER_SPACE_MSR)", &exits);
    if (result < 0)
        return result;
    return kvm_call(kvm->vm_fd, KVM_X86_SET_MSR_FILTER, "KVM_X86_SET_MSR_FILTER", &filter);
}

int kvm_intercept_hypercalls(struct kvm *kvm)
{
    /* KVM looks at the flag only if there is the MSR by which Xen's guests ask for their page. */
    struct kvm_xen_hvm_config config = {.flags = KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL,
                                        .msr = MSR_XEN_HYPERCALL_PAGE};
    int offered = ioctl(kvm->dev_fd, KVM_CHECK_EXTENSION, KVM_CAP_XEN_HVM);
    int result = 0;

    kvm->hypercalls_exit = offered > 0 && (offered & KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL) != 0;
    if (kvm->hypercalls_exit)
        result = kvm_call(kvm->vm_fd, KVM_XEN_HVM_CONFIG, "KVM_XEN_HVM_CONFIG", &config);
    return result;
}

int kvm_supported_cpuid(struct kvm *kvm, struct kvm_cpuid2 *table, unsigned capacity)
{
    table->nent = capacity;
    return kvm_call(kvm->dev_fd, KVM_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID", table);
}

int kvm_get_clock(const struct kvm *kvm, struct kvm_clock_reading *reading)
{
    struct kvm_clock_data data = {0};
    int result = kvm_call(kvm->vm_fd, KVM_GET_CLOCK, "KVM_GET_CLOCK", &data);

    *reading = (struct kvm_clock_reading){
        .clock_ns = data.clock,
        .has_host_tsc = (data.flags & KVM_CLOCK_HOST_TSC) != 0,
        .host_tsc = data.host_tsc,
    };
    return result;
}

int kvm_set_clock(const struct kvm *kvm, uint64_t clock_ns)
{
    struct kvm_clock_data data = {.clock = clock_ns};

    return kvm_call(kvm->vm_fd, KVM_SET_CLOCK, "KVM_SET_CLOCK", &data);
}
