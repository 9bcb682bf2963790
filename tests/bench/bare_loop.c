/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that can run a guest through KVM with the in-kernel interrupt chips: what the other
 * programs are measured against.
 *
 * usage: bare_loop [--pit | --discard] MEMORY_MIB IMAGE
 *        bare_loop --snapshot FILE
 * IMAGE is loaded at 1 MiB and entered there in 32-bit protected mode. An exit is answered by
 * running on. Few ports mean something: what is written to COM1 appears on stdout, or nowhere with
 * --discard; the transmitters of COM1 and COM2 are always empty; and a write to the debug exit port
 * ends the program. With --pit, KVM's own PIT answers ports 40h to 43h and raises IRQ 0: the
 * program has no part in it. With --snapshot, the memory of a snapshot is mapped, and is all of it
 * that is restored: the guest begins anew at 1 MiB, without CPUID.
 * status: 1 the guest ended; 2 anything else
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOAD_GPA    0x100000
#define TSS_ADDRESS 0xfffbd000
#define COM1_THR    0x3f8
#define COM1_LSR    0x3fd
#define COM2_LSR    0x2fd
#define LSR_EMPTY   0x60
#define DEBUG_EXIT  0xf4
#define CR0_PE      1
#define CPUID_ROOM  256
#define REGIONS_MAX 4

#define STATUS_ENDED 1
#define STATUS_ERROR 2

struct memory {
    struct kvm_userspace_memory_region regions[REGIONS_MAX];
    unsigned region_count;
};

static int checked(int result, const char *what)
{
    if (result < 0)
        err(STATUS_ERROR, "%s", what);
    return result;
}

static void add_region(struct memory *memory, uint64_t gpa, uint64_t size_bytes, void *mapping)
{
    unsigned slot = memory->region_count++;

    if (mapping == MAP_FAILED)
        err(STATUS_ERROR, "memory");
    memory->regions[slot] = (struct kvm_userspace_memory_region){
        .slot = slot,
        .guest_phys_addr = gpa,
        .memory_size = size_bytes,
        .userspace_addr = (uintptr_t)mapping,
    };
}

static void load_image(struct memory *memory, size_t size_bytes, const char *path)
{
    uint8_t *mapping = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int fd = checked(open(path, O_RDONLY | O_CLOEXEC), path);

    add_region(memory, 0, size_bytes, mapping);
    checked((int)read(fd, mapping + LOAD_GPA, size_bytes - LOAD_GPA), path);
    close(fd);
}

/* A snapshot is an ELF core with a segment for each region of memory. */
static void map_snapshot(struct memory *memory, const char *path)
{
    int fd = checked(open(path, O_RDONLY | O_CLOEXEC), path);
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segments[REGIONS_MAX];
    } head;

    if (read(fd, &head, sizeof head) != sizeof head || head.header.e_phoff != sizeof head.header)
        errx(STATUS_ERROR, "%s is no snapshot", path);
    for (unsigned i = 0; i < head.header.e_phnum && i < REGIONS_MAX; i++) {
        const Elf64_Phdr *segment = &head.segments[i];

        if (segment->p_type == PT_LOAD)
            add_region(memory, segment->p_paddr, segment->p_memsz,
                       mmap(NULL, segment->p_memsz, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_NORESERVE, fd, (off_t)segment->p_offset));
    }
    close(fd);
}

/* The memory goes before the interrupt chips: the other order takes milliseconds longer. */
static int create_vm(int dev_fd, const struct memory *memory, bool with_pit)
{
    const struct kvm_pit_config pit = {0};
    int vm_fd = checked(ioctl(dev_fd, KVM_CREATE_VM, 0), "KVM_CREATE_VM");

    for (unsigned i = 0; i < memory->region_count; i++)
        checked(ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &memory->regions[i]),
                "KVM_SET_USER_MEMORY_REGION");
    checked(ioctl(vm_fd, KVM_SET_TSS_ADDR, TSS_ADDRESS), "KVM_SET_TSS_ADDR");
    checked(ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
    if (with_pit)
        checked(ioctl(vm_fd, KVM_CREATE_PIT2, &pit), "KVM_CREATE_PIT2");
    return vm_fd;
}

/* All that KVM offers: without CPUID a vCPU runs no operating system. */
static void set_cpuid(int dev_fd, int vcpu_fd)
{
    static struct {
        struct kvm_cpuid2 header;
        struct kvm_cpuid_entry2 entries[CPUID_ROOM];
    } table = {.header.nent = CPUID_ROOM};

    checked(ioctl(dev_fd, KVM_GET_SUPPORTED_CPUID, &table), "KVM_GET_SUPPORTED_CPUID");
    checked(ioctl(vcpu_fd, KVM_SET_CPUID2, &table), "KVM_SET_CPUID2");
}

static void set_entry_state(int vcpu_fd)
{
    const struct kvm_segment data = {
        .limit = UINT32_MAX, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1};
    struct kvm_regs regs = {.rip = LOAD_GPA, .rflags = 2};
    struct kvm_sregs sregs;

    checked(ioctl(vcpu_fd, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = sregs.cs = data;
    sregs.cs.type = 11;
    sregs.cr0 |= CR0_PE;
    checked(ioctl(vcpu_fd, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
    checked(ioctl(vcpu_fd, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void take_port_write(const struct kvm_run *run, bool discard)
{
    const uint8_t *data = (const uint8_t *)run + run->io.data_offset;

    if (run->io.port == DEBUG_EXIT)
        exit(STATUS_ENDED);
    if (run->io.port == COM1_THR && !discard)
        checked((int)write(STDOUT_FILENO, data, 1), "stdout");
}

static void answer_port_read(struct kvm_run *run)
{
    if (run->io.port == COM1_LSR || run->io.port == COM2_LSR)
        *((uint8_t *)run + run->io.data_offset) = LSR_EMPTY;
}

int main(int argc, char **argv)
{
    bool with_pit = argc == 4 && strcmp(argv[1], "--pit") == 0;
    bool discard = argc == 4 && strcmp(argv[1], "--discard") == 0;
    bool is_restored = argc == 3 && strcmp(argv[1], "--snapshot") == 0;
    bool with_option = with_pit || discard;
    char **positional = argv + with_option;
    size_t memory_bytes = argc == 3 + with_option ? strtoul(positional[1], NULL, 10) << 20 : 0;
    struct memory memory = {0};
    int dev_fd, vm_fd, vcpu_fd;
    struct kvm_run *run;

    if (is_restored)
        map_snapshot(&memory, argv[2]);
    else if (memory_bytes > LOAD_GPA)
        load_image(&memory, memory_bytes, positional[2]);
    else
        errx(STATUS_ERROR,
             "usage: bare_loop [--pit | --discard] MEMORY_MIB IMAGE | --snapshot FILE");
    dev_fd = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    vm_fd = create_vm(dev_fd, &memory, with_pit);
    vcpu_fd = checked(ioctl(vm_fd, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    run = mmap(NULL, (size_t)checked(ioctl(dev_fd, KVM_GET_VCPU_MMAP_SIZE, 0), "kvm_run size"),
               PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);
    if (run == MAP_FAILED)
        err(STATUS_ERROR, "kvm_run");
    if (!is_restored)
        set_cpuid(dev_fd, vcpu_fd);
    set_entry_state(vcpu_fd);
    while (checked(ioctl(vcpu_fd, KVM_RUN, 0), "KVM_RUN") == 0)
        if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT)
            take_port_write(run, discard);
        else if (run->exit_reason == KVM_EXIT_IO)
            answer_port_read(run);
        else if (run->exit_reason != KVM_EXIT_MMIO)
            errx(STATUS_ERROR, "unexpected exit, reason %u", run->exit_reason);
    return STATUS_ERROR;
}
