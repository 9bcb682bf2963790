/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel_probe.h. */
#include "vmm/cmd/kernel_probe.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "boot/cpu_state.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"

/* Up to the page tables that cpu_state_fill makes, and more. */
#define MEMORY_BYTES   0x100000
#define IDT_GPA        0x8000
#define CODE_GPA       0x9000
#define RAN_GPA        0xa000
#define FAULTED_GPA    0xa010
#define DATA_GPA       0xb000
#define CODE_SELECTOR  0x10
#define EXCEPTIONS     32
#define BREAKPOINT     3
#define INTERRUPT_GATE 0x8e00
#define PORT_RAN       0xf5
#define PORT_FAULTED   0xf6
/* While the first of them comes, a host with much to do may have let this process stand still. */
#define ALARM_PERIOD_SEC 1
#define ALARMS_OF_HUNG   2
#define CPUID_CAPACITY   256

/* Ends what ran: OUT PORT_RAN, AL. */
#define OUT_RAN 0xe6, PORT_RAN

struct snippet {
    const char *name;
    /* The bit of CPUID without which no kernel uses it; with leaf 0 it is always there. */
    uint32_t leaf;
    enum { IN_EBX, IN_ECX, IN_EDX } reg;
    unsigned bit;
    uint8_t code[32];
};

static const struct snippet snippets[] = {
    {"cpuid", 0, 0, 0, {0x0f, 0xa2, OUT_RAN}},
    /* INT3, whose handler is at RAN_GPA */
    {"int3", 0, 0, 0, {0xcc}},
    {"swapgs", 0, 0, 0, {0x0f, 0x01, 0xf8, OUT_RAN}},
    /* MOV ECX, EFER; RDMSR; WRMSR */
    {"wrmsr", 0, 0, 0, {0xb9, 0x80, 0x00, 0x00, 0xc0, 0x0f, 0x32, 0x0f, 0x30, OUT_RAN}},
    /* MOV RAX, RSP; PUSH 0x18, RAX, RFLAGS, 0x10; LEA RCX, behind IRETQ; PUSH RCX; IRETQ */
    {"iretq", 0, 0, 0, {0x48, 0x89, 0xe0, 0x6a, 0x18, 0x50, 0x9c, 0x6a, 0x10, 0x48,
                        0x8d, 0x0d, 0x03, 0x00, 0x00, 0x00, 0x51, 0x48, 0xcf, OUT_RAN}},
    {"fxsave64", 1, IN_EDX, 24, {0x48, 0x0f, 0xae, 0x03, OUT_RAN}},
    /* LOCK CMPXCHG16B [RBX] */
    {"cmpxchg16b", 1, IN_ECX, 13, {0xf0, 0x48, 0x0f, 0xc7, 0x0b, OUT_RAN}},
    /* POPCNT RAX, RBX */
    {"popcnt", 1, IN_ECX, 23, {0xf3, 0x48, 0x0f, 0xb8, 0xc3, OUT_RAN}},
    /* CR4.OSXSAVE; XOR EAX, EAX; XSAVE64 [RBX] */
    {"xsave64",
     1,
     IN_ECX,
     26,
     {0x0f, 0x20, 0xe0, 0x0d, 0x00, 0x00, 0x04, 0x00, 0x0f, 0x22, 0xe0, 0x31, 0xc0, 0x48, 0x0f,
      0xae, 0x23, OUT_RAN}},
    {"stac", 7, IN_EBX, 20, {0x0f, 0x01, 0xcb, OUT_RAN}},
};
#define SNIPPET_COUNT (sizeof snippets / sizeof snippets[0])
static_assert(SNIPPET_COUNT <= DOCTOR_INSTRUCTIONS_MAX, "all have room");

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

struct probe {
    struct kvm kvm;
    struct guest_mem mem;
    uint8_t *memory;
    int vcpu_fd;
    struct kvm_run *run;
    struct {
        struct kvm_cpuid2 header;
        struct kvm_cpuid_entry2 entries[CPUID_CAPACITY];
    } cpuid;
};

/* Every exception ends in FAULTED_GPA, INT3's own in RAN_GPA. */
static void write_handlers(struct probe *probe)
{
    static const uint8_t ran[] = {OUT_RAN}, faulted[] = {0xe6, PORT_FAULTED};
    struct gate gates[EXCEPTIONS];

    for (unsigned i = 0; i < EXCEPTIONS; i++)
        gates[i] = (struct gate){.offset_low = i == BREAKPOINT ? RAN_GPA : FAULTED_GPA,
                                 .selector = CODE_SELECTOR,
                                 .type = INTERRUPT_GATE};
    memcpy(probe->memory + IDT_GPA, gates, sizeof gates);
    memcpy(probe->memory + RAN_GPA, ran, sizeof ran);
    memcpy(probe->memory + FAULTED_GPA, faulted, sizeof faulted);
}

static int create(struct probe *probe, const struct kvm *kvm)
{
    int result;

    probe->kvm = *kvm;
    probe->kvm.vm_fd = -1;
    probe->memory =
        mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe->memory == MAP_FAILED) {
        probe->memory = NULL;
        log_error("out of memory");
        return -ENOMEM;
    }
    guest_mem_layout(&probe->mem, MEMORY_BYTES);
    probe->mem.regions[0].host = probe->memory;
    result = kvm_create_vm(&probe->kvm);
    if (result == 0)
        result = kvm_add_memory(&probe->kvm, 0, 0, MEMORY_BYTES, probe->memory);
    if (result == 0)
        result = kvm_create_vcpu(&probe->kvm, 0, &probe->vcpu_fd, &probe->run);
    if (result == 0)
        result = kvm_supported_cpuid(&probe->kvm, &probe->cpuid.header, CPUID_CAPACITY);
    return result < 0 ? result : kvm_vcpu_set_cpuid(probe->vcpu_fd, &probe->cpuid.header);
}

/* /dev/kvm itself is the caller's. */
static void destroy(struct probe *probe)
{
    if (probe->run != NULL)
        kvm_destroy_vcpu(&probe->kvm, probe->vcpu_fd, probe->run);
    probe->kvm.dev_fd = -1;
    kvm_close(&probe->kvm);
    if (probe->memory != NULL)
        munmap(probe->memory, MEMORY_BYTES);
}

/* RBX has the address of a page, RAX is given, all others but RSP are 0. */
static int load(struct probe *probe, const uint8_t *code, size_t code_bytes, uint64_t rax)
{
    const struct boot_entry entry = {
        .mode = BOOT_MODE_LONG, .rip = CODE_GPA, .rax = rax, .rbx = DATA_GPA};
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    int result = kvm_vcpu_get_sregs(probe->vcpu_fd, &sregs);

    if (result == 0)
        result = cpu_state_fill(&entry, &probe->mem, &regs, &sregs);
    if (result < 0)
        return result;
    write_handlers(probe);
    memcpy(probe->memory + CODE_GPA, code, code_bytes);
    sregs.idt.base = IDT_GPA;
    sregs.idt.limit = EXCEPTIONS * sizeof(struct gate) - 1;
    result = kvm_vcpu_set_sregs(probe->vcpu_fd, &sregs);
    return result < 0 ? result : kvm_vcpu_set_regs(probe->vcpu_fd, &regs);
}

/* KVM finishes an OUT when the vCPU runs again, which would else be after the next load. */
static void finish_exit(struct probe *probe)
{
    probe->run->immediate_exit = 1;
    kvm_vcpu_run(probe->vcpu_fd);
    probe->run->immediate_exit = 0;
}

/* How often it has come since it was set, up to ALARMS_OF_HUNG. */
static volatile sig_atomic_t alarm_count;

static enum doctor_instruction_result result_of_exit(const struct kvm_run *run)
{
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        if (run->io.port == PORT_RAN)
            return DOCTOR_INSTRUCTION_RAN;
        return run->io.port == PORT_FAULTED ? DOCTOR_INSTRUCTION_FAULTED : DOCTOR_INSTRUCTION_LOST;
    case KVM_EXIT_SHUTDOWN:
        return DOCTOR_INSTRUCTION_FAULTED;
    case KVM_EXIT_INTERNAL_ERROR:
        return DOCTOR_INSTRUCTION_NOT_RUN;
    default:
        return DOCTOR_INSTRUCTION_LOST;
    }
}

/*
 * With the registers that load has left; *regs are those at the end. Other signals than the alarm
 * interrupt KVM_RUN as well: a debugger's, or SIGCONT.
 */
static int run(struct probe *probe, enum doctor_instruction_result *outcome, struct kvm_regs *regs)
{
    int result;

    do
        result = kvm_vcpu_run(probe->vcpu_fd);
    while (result == -EAGAIN || (result == -EINTR && alarm_count < ALARMS_OF_HUNG));
    if (result == -EINTR) {
        *outcome = DOCTOR_INSTRUCTION_HUNG;
        return 0;
    }
    if (result < 0) {
        log_error("a guest in kernel mode: KVM_RUN: %s", strerror(-result));
        return result;
    }
    *outcome = result_of_exit(probe->run);
    finish_exit(probe);
    return kvm_vcpu_get_regs(probe->vcpu_fd, regs);
}

/* The guest is asked: some KVMs show it other bits than those that were set. */
static int ask_cpuid(struct probe *probe, const struct snippet *snippet, bool *offered)
{
    static const uint8_t cpuid[] = {0x0f, 0xa2, OUT_RAN};
    enum doctor_instruction_result outcome;
    struct kvm_regs regs;
    int result = load(probe, cpuid, sizeof cpuid, snippet->leaf);

    if (result == 0)
        result = run(probe, &outcome, &regs);
    if (result == 0) {
        const uint64_t registers[] = {
            [IN_EBX] = regs.rbx, [IN_ECX] = regs.rcx, [IN_EDX] = regs.rdx};

        *offered =
            outcome == DOCTOR_INSTRUCTION_RAN && (registers[snippet->reg] >> snippet->bit & 1) != 0;
    }
    return result;
}

static int try(struct probe *probe, const struct snippet *snippet,
               enum doctor_instruction_result *outcome)
{
    struct kvm_regs regs;
    bool offered = true;
    int result = 0;

    *outcome = DOCTOR_INSTRUCTION_NOT_OFFERED;
    if (snippet->leaf != 0)
        result = ask_cpuid(probe, snippet, &offered);
    if (result < 0 || !offered)
        return result;
    result = load(probe, snippet->code, sizeof snippet->code, 0);
    return result < 0 ? result : run(probe, outcome, &regs);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    if (alarm_count < ALARMS_OF_HUNG)
        alarm_count++;
}

/* It comes again and again, since the first one may come outside of KVM_RUN. */
static void set_alarm(unsigned period_sec)
{
    const struct itimerval timer = {.it_interval.tv_sec = period_sec,
                                    .it_value.tv_sec = period_sec};
    const struct sigaction action = {.sa_handler = on_alarm};

    alarm_count = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

int kernel_probe(const struct kvm *kvm, struct doctor_facts *facts)
{
    static struct probe probe;
    bool hung = false;
    int result;

    probe = (struct probe){.vcpu_fd = -1};
    result = create(&probe, kvm);
    for (unsigned i = 0; result == 0 && !hung && i < SNIPPET_COUNT; i++) {
        struct doctor_instruction *instruction = &facts->instructions[facts->instruction_count++];

        instruction->name = snippets[i].name;
        set_alarm(ALARM_PERIOD_SEC);
        result = try(&probe, &snippets[i], &instruction->result);
        set_alarm(0);
        hung = instruction->result == DOCTOR_INSTRUCTION_HUNG;
    }
    destroy(&probe);
    return result;
}
