/* See kvm.h. */
#include "vmm/kvm/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvmclock/guest_tsc.h"
#include "kvmclock/kvmclock.h"
#include "kvmclock/steal_time.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_access.h"

#define TSS_ADDRESS            0xfffbd000
#define IOAPIC_PINS            24
#define PIC_INPUTS             16
#define RTC_GSI                8
#define MSR_MISC_ENABLE        0x1a0
#define MSR_MTRR_DEF           0x2ff
#define MSR_XEN_HYPERCALL_PAGE 0x40000000
#define READ_WRITE             (KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE)

static int kvm_call(int fd, unsigned long request, const char *name, void *argument)
{
    int result = ioctl(fd, request, argument);

    if (result >= 0)
        return result;
    result = -errno;
    log_error("%s: %s", name, strerror(-result));
    return result;
}

static int kvm_call_value(int fd, unsigned long request, const char *name, uintptr_t argument)
{
    return kvm_call(fd, request, name, (void *)argument);
}

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
    kvm->vm_fd = kvm_call_value(kvm->dev_fd, KVM_CREATE_VM, "KVM_CREATE_VM", 0);
    return kvm->vm_fd < 0 ? kvm->vm_fd : 0;
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

void kvm_close(struct kvm *kvm)
{
    if (kvm->vm_fd >= 0)
        close(kvm->vm_fd);
    if (kvm->dev_fd >= 0)
        close(kvm->dev_fd);
    kvm->vm_fd = kvm->dev_fd = -1;
}

int kvm_add_memory(struct kvm *kvm, unsigned slot, uint64_t gpa, uint64_t size_bytes, void *host)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .guest_phys_addr = gpa,
        .memory_size = size_bytes,
        .userspace_addr = (uintptr_t)host,
    };

    return kvm_call(kvm->vm_fd, KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", &region);
}

static struct kvm_irq_routing_entry route(unsigned gsi, unsigned chip, unsigned pin)
{
    return (struct kvm_irq_routing_entry){
        .gsi = gsi,
        .type = KVM_IRQ_ROUTING_IRQCHIP,
        .u.irqchip = {.irqchip = chip, .pin = pin},
    };
}

static int kvm_route_irqs(struct kvm *kvm)
{
    struct {
        struct kvm_irq_routing header;
        struct kvm_irq_routing_entry entries[PIC_INPUTS + IOAPIC_PINS];
    } table = {0};
    struct kvm_irq_routing_entry *next = table.entries;

    for (unsigned gsi = 0; gsi < IOAPIC_PINS; gsi++) {
        if (gsi == 2)
            continue;
        if (gsi < PIC_INPUTS)
            *next++ = route(gsi, gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, gsi % 8);
        *next++ = route(gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? 2 : gsi);
    }
    table.header.nr = (uint32_t)(next - table.entries);
    return kvm_call(kvm->vm_fd, KVM_SET_GSI_ROUTING, "KVM_SET_GSI_ROUTING", &table);
}

int kvm_create_irqchip(struct kvm *kvm)
{
    int result = kvm_call_value(kvm->vm_fd, KVM_SET_TSS_ADDR, "KVM_SET_TSS_ADDR", TSS_ADDRESS);

    if (result == 0)
        result = kvm_call_value(kvm->vm_fd, KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP", 0);
    if (result == 0)
        result = kvm_route_irqs(kvm);
    return result;
}

enum irq_arrival kvm_set_irq_line(struct kvm *kvm, unsigned gsi, bool level)
{
    struct kvm_irq_level line = {.irq = gsi, .level = level};
    unsigned long request = gsi == RTC_GSI ? KVM_IRQ_LINE : KVM_IRQ_LINE_STATUS;

    if (kvm_call(kvm->vm_fd, request, "KVM_IRQ_LINE", &line) < 0 || gsi == RTC_GSI)
        return IRQ_ARRIVED;
    /* The status has taken the place of the GSI. */
    if ((int32_t)line.status < 0)
        return IRQ_MASKED;
    return line.status == 0 ? IRQ_MERGED : IRQ_ARRIVED;
}

int kvm_tell_eoi(struct kvm *kvm, unsigned gsi, int unused_fd, int eoi_fd)
{
    struct kvm_irqfd irqfd = {
        .fd = (uint32_t)unused_fd,
        .gsi = gsi,
        .flags = KVM_IRQFD_FLAG_RESAMPLE,
        .resamplefd = (uint32_t)eoi_fd,
    };

    return ioctl(kvm->vm_fd, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}

void kvm_signal_msi(struct kvm *kvm, uint32_t address, uint32_t data)
{
    static struct log_tally refused = {.what = "interrupt message without a receiver"};
    struct kvm_msi msi = {.address_lo = address, .data = data};

    /* Address and data are the guest's: KVM fails if they name no local APIC. */
    if (ioctl(kvm->vm_fd, KVM_SIGNAL_MSI, &msi) < 0)
        log_guest(&refused, "address 0x%x, data 0x%x: %s", address, data, strerror(errno));
}

/* A range of the MSR filter whose bits are all 0: denied, so that it exits. */
static struct kvm_msr_filter_range captured_range(uint32_t flags, uint32_t first_msr,
                                                  uint32_t count, uint8_t *bits)
{
    return (struct kvm_msr_filter_range){
        .flags = flags,
        .nmsrs = count,
        .base = first_msr,
        .bitmap = bits,
    };
}

int kvm_capture_clock_msrs(struct kvm *kvm, bool clock, bool steal)
{
    uint8_t no_bits[1] = {0};
    struct kvm_enable_cap exits = {.cap = KVM_CAP_X86_USER_SPACE_MSR,
                                   .args = {KVM_MSR_EXIT_REASON_FILTER}};
    struct kvm_msr_filter filter = {.flags = KVM_MSR_FILTER_DEFAULT_ALLOW};
    struct kvm_msr_filter_range *next = filter.ranges;
    int result;

    if (clock) {
        *next++ = captured_range(READ_WRITE, MSR_WALL_CLOCK_OLD, 2, no_bits);
        *next++ = captured_range(READ_WRITE, MSR_WALL_CLOCK, 2, no_bits);
        *next++ = captured_range(KVM_MSR_FILTER_WRITE, MSR_TSC, 1, no_bits);
        *next++ = captured_range(KVM_MSR_FILTER_WRITE, MSR_TSC_ADJUST, 1, no_bits);
    }
    if (steal)
        *next++ = captured_range(READ_WRITE, MSR_STEAL_TIME, 1, no_bits);
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

int kvm_create_vcpu(struct kvm *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run)
{
    int fd = kvm_call_value(kvm->vm_fd, KVM_CREATE_VCPU, "KVM_CREATE_VCPU", index);
    void *mapping;
    int result;

    if (fd < 0)
        return fd;
    mapping = mmap(NULL, kvm->run_size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED) {
        result = -errno;
        log_error("vCPU %u: mapping its kvm_run page: %s", index, strerror(-result));
        close(fd);
        return result;
    }
    *vcpu_fd = fd;
    *run = mapping;
    return 0;
}

void kvm_destroy_vcpu(struct kvm *kvm, int vcpu_fd, struct kvm_run *run)
{
    munmap(run, kvm->run_size_bytes);
    close(vcpu_fd);
}

int kvm_vcpu_set_cpuid(int vcpu_fd, struct kvm_cpuid2 *table)
{
    return kvm_call(vcpu_fd, KVM_SET_CPUID2, "KVM_SET_CPUID2", table);
}

int kvm_vcpu_get_regs(int vcpu_fd, struct kvm_regs *regs)
{
    return kvm_call(vcpu_fd, KVM_GET_REGS, "KVM_GET_REGS", regs);
}

int kvm_vcpu_set_regs(int vcpu_fd, struct kvm_regs *regs)
{
    return kvm_call(vcpu_fd, KVM_SET_REGS, "KVM_SET_REGS", regs);
}

int kvm_vcpu_get_sregs(int vcpu_fd, struct kvm_sregs *sregs)
{
    return kvm_call(vcpu_fd, KVM_GET_SREGS, "KVM_GET_SREGS", sregs);
}

int kvm_vcpu_set_sregs(int vcpu_fd, struct kvm_sregs *sregs)
{
    return kvm_call(vcpu_fd, KVM_SET_SREGS, "KVM_SET_SREGS", sregs);
}

int kvm_vcpu_set_firmware_msrs(int vcpu_fd)
{
    struct {
        struct kvm_msrs header;
        struct kvm_msr_entry entries[2];
    } msrs = {
        .header.nmsrs = 2,
        .entries = {{.index = MSR_MISC_ENABLE, .data = 1},
                    {.index = MSR_MTRR_DEF, .data = 1 << 11 | 6}},
    };
    int result = kvm_call(vcpu_fd, KVM_SET_MSRS, "KVM_SET_MSRS", &msrs);

    return result < 0 ? result : 0;
}

static struct kvm_device_attr tsc_offset_attribute(uint64_t *offset_tsc)
{
    return (struct kvm_device_attr){
        .group = KVM_VCPU_TSC_CTRL,
        .attr = KVM_VCPU_TSC_OFFSET,
        .addr = (uintptr_t)offset_tsc,
    };
}

int kvm_vcpu_get_tsc_offset(int vcpu_fd, uint64_t *offset_tsc)
{
    struct kvm_device_attr attribute = tsc_offset_attribute(offset_tsc);

    return kvm_call(vcpu_fd, KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR(KVM_VCPU_TSC_OFFSET)",
                    &attribute);
}

int kvm_vcpu_set_tsc_offset(int vcpu_fd, uint64_t offset_tsc)
{
    struct kvm_device_attr attribute = tsc_offset_attribute(&offset_tsc);

    return ioctl(vcpu_fd, KVM_SET_DEVICE_ATTR, &attribute) == 0 ? 0 : -errno;
}

int kvm_vcpu_get_tsc_khz(int vcpu_fd)
{
    return kvm_call_value(vcpu_fd, KVM_GET_TSC_KHZ, "KVM_GET_TSC_KHZ", 0);
}

int kvm_vcpu_set_tsc_khz(int vcpu_fd, uint32_t khz)
{
    return ioctl(vcpu_fd, KVM_SET_TSC_KHZ, (uintptr_t)khz) == 0 ? 0 : -errno;
}

struct one_msr {
    struct kvm_msrs header;
    struct kvm_msr_entry entry;
};

/* KVM answers with how many it has done, which is 0 if it does not know the MSR. */
static int kvm_msr_call(int vcpu_fd, unsigned long request, const char *name, struct one_msr *msr)
{
    int result = kvm_call(vcpu_fd, request, name, msr);

    if (result == 0) {
        log_error("%s: KVM does not take MSR 0x%x", name, msr->entry.index);
        return -EINVAL;
    }
    return result < 0 ? result : 0;
}

int kvm_vcpu_get_msr(int vcpu_fd, uint32_t msr, uint64_t *value)
{
    struct one_msr one = {.header.nmsrs = 1, .entry.index = msr};
    int result = kvm_msr_call(vcpu_fd, KVM_GET_MSRS, "KVM_GET_MSRS", &one);

    *value = one.entry.data;
    return result;
}

int kvm_vcpu_set_msr(int vcpu_fd, uint32_t msr, uint64_t value)
{
    struct one_msr one = {.header.nmsrs = 1, .entry = {.index = msr, .data = value}};

    return kvm_msr_call(vcpu_fd, KVM_SET_MSRS, "KVM_SET_MSRS", &one);
}

int kvm_vcpu_get_lapic(int vcpu_fd, struct kvm_lapic_state *state)
{
    return kvm_call(vcpu_fd, KVM_GET_LAPIC, "KVM_GET_LAPIC", state);
}

int kvm_vcpu_set_lapic(int vcpu_fd, const struct kvm_lapic_state *state)
{
    return kvm_call(vcpu_fd, KVM_SET_LAPIC, "KVM_SET_LAPIC", (void *)state);
}

int kvm_get_clock(const struct kvm *kvm, uint64_t *clock_ns)
{
    struct kvm_clock_data data = {0};
    int result = kvm_call(kvm->vm_fd, KVM_GET_CLOCK, "KVM_GET_CLOCK", &data);

    *clock_ns = data.clock;
    return result;
}

int kvm_set_clock(const struct kvm *kvm, uint64_t clock_ns)
{
    struct kvm_clock_data data = {.clock = clock_ns};

    return kvm_call(kvm->vm_fd, KVM_SET_CLOCK, "KVM_SET_CLOCK", &data);
}

void kvm_vcpu_guest_stopped(int vcpu_fd)
{
    if (ioctl(vcpu_fd, KVM_KVMCLOCK_CTRL, 0) < 0 && errno != EINVAL)
        log_error("KVM_KVMCLOCK_CTRL: %s", strerror(errno));
}

bool kvm_vcpu_translate(int vcpu_fd, uint64_t linear, uint64_t *gpa)
{
    struct kvm_translation translation = {.linear_address = linear};

    if (ioctl(vcpu_fd, KVM_TRANSLATE, &translation) != 0 || !translation.valid)
        return false;
    *gpa = translation.physical_address;
    return true;
}

int kvm_vcpu_run(int vcpu_fd)
{
    return ioctl(vcpu_fd, KVM_RUN, 0) == 0 ? 0 : -errno;
}
