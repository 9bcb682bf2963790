/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the program itself takes for an exit: minivmm with a KVM_RUN that costs nothing. The linker
 * puts __wrap_kvm_vcpu_run in the place of kvm_vcpu_run; all else is the program as it is, with its
 * threads, on a real KVM.
 *
 * usage: exit_path OPTION... KERNEL, as minivmm; the kernel writes to COM1 first
 * From that write on the guest does not run. Its vCPU gets EXITS exits of each kind, BATCHES times
 * in turn, and then the write to port F4h that ends the run with status 1. For each kind it prints
 * "path-NAME-ns NANOSECONDS": those of one exit in the quickest batch.
 * environment: BATCHES of each kind (300); KIND, the name of the only kind to make
 */
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXITS       2000
#define DATA_OFFSET 4096
#define COM1_THR    0x3f8
#define EXIT_PORT   0xf4

struct kind {
    const char *name;
    uint32_t reason;
    uint64_t addr;
    uint8_t is_write, size_bytes;
    double best_ns;
};

static struct kind kinds[] = {
    {"post-write", KVM_EXIT_IO, 0x80, 1, 1, 0},
    {"unclaimed-read", KVM_EXIT_IO, 0x1f7, 0, 1, 0},
    {"lsr-read", KVM_EXIT_IO, 0x3fd, 0, 1, 0},
    {"pmtimer-read", KVM_EXIT_IO, 0x608, 0, 4, 0},
    {"hpet-read", KVM_EXIT_MMIO, 0xfed000f0, 0, 4, 0},
    {"pit-read", KVM_EXIT_IO, 0x40, 0, 1, 0},
    {"cmos-read", KVM_EXIT_IO, 0x71, 0, 1, 0},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static struct kvm_run *run;
static bool has_begun;
static unsigned batches_left, kind, exits_left;
static double begun_ns;

int __real_kvm_vcpu_run(int vcpu_fd);
int __wrap_kvm_vcpu_run(int vcpu_fd);
int __real_kvm_create_vcpu(void *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run_page);
int __wrap_kvm_create_vcpu(void *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run_page);

int __wrap_kvm_create_vcpu(void *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run_page)
{
    int result = __real_kvm_create_vcpu(kvm, index, vcpu_fd, run_page);

    run = *run_page;
    return result;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fill_port(uint16_t port, uint8_t is_write, uint8_t size_bytes)
{
    run->exit_reason = KVM_EXIT_IO;
    run->io.direction = is_write ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
    run->io.size = size_bytes;
    run->io.port = port;
    run->io.count = 1;
    run->io.data_offset = DATA_OFFSET;
}

static void fill(const struct kind *of)
{
    if (of->reason == KVM_EXIT_IO) {
        fill_port((uint16_t)of->addr, of->is_write, of->size_bytes);
        return;
    }
    run->exit_reason = of->reason;
    run->mmio.phys_addr = of->addr;
    run->mmio.len = of->size_bytes;
    run->mmio.is_write = of->is_write;
}

static bool is_asked_for(const struct kind *of)
{
    const char *only = getenv("KIND");

    return only == NULL || strcmp(only, of->name) == 0;
}

static void begin_batch(void)
{
    exits_left = is_asked_for(&kinds[kind]) ? EXITS : 1;
    fill(&kinds[kind]);
    begun_ns = now_ns();
}

static void end_batch(void)
{
    double ns = (now_ns() - begun_ns) / EXITS;

    if (kinds[kind].best_ns == 0 || ns < kinds[kind].best_ns)
        kinds[kind].best_ns = ns;
    kind = (kind + 1) % KINDS;
    if (kind == 0)
        batches_left--;
}

static void begin(void)
{
    const char *batches = getenv("BATCHES");

    has_begun = true;
    batches_left = batches != NULL ? (unsigned)atoi(batches) : 300;
    begin_batch();
}

static void end(void)
{
    for (unsigned i = 0; i < KINDS; i++)
        if (is_asked_for(&kinds[i]))
            printf("path-%s-ns %.2f\n", kinds[i].name, kinds[i].best_ns);
    fflush(stdout);
    fill_port(EXIT_PORT, 1, 1);
    ((uint8_t *)run)[DATA_OFFSET] = 0;
}

static int play_guest(int vcpu_fd)
{
    int result = __real_kvm_vcpu_run(vcpu_fd);

    if (result == 0 && run->exit_reason == KVM_EXIT_IO && run->io.port == COM1_THR)
        begin();
    return result;
}

int __wrap_kvm_vcpu_run(int vcpu_fd)
{
    if (!has_begun)
        return play_guest(vcpu_fd);
    if (exits_left > 0) {
        exits_left--;
        return 0;
    }
    end_batch();
    if (batches_left == 0)
        end();
    else
        begin_batch();
    return 0;
}
