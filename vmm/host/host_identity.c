/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_identity.h. */
#include "vmm/host/host_identity.h"

#include <cpuid.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

static void read_boot_id(char boot_id[static sizeof(((struct host_record *)0)->boot_id)])
{
    size_t size = sizeof(((struct host_record *)0)->boot_id);
    int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (read(fd, boot_id, size - 1) < 0)
        boot_id[0] = '\0';
    close(fd);
    boot_id[strcspn(boot_id, "\n")] = '\0';
}

static void read_cpu(struct host_record *record)
{
    unsigned highest, eax, ebx, ecx, edx;

    if (!__get_cpuid(0, &highest, &ebx, &ecx, &edx))
        return;
    memcpy(record->cpu_vendor, &ebx, sizeof ebx);
    memcpy(record->cpu_vendor + 4, &edx, sizeof edx);
    memcpy(record->cpu_vendor + 8, &ecx, sizeof ecx);
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        record->cpu_signature = eax;
}

void host_identity_read(struct host_record *record)
{
    struct utsname names;

    read_boot_id(record->boot_id);
    if (uname(&names) == 0)
        snprintf(record->kernel_release, sizeof record->kernel_release, "%s", names.release);
    read_cpu(record);
}

/* A signal may cut it short. */
void host_random(void *bytes, size_t size_bytes)
{
    for (size_t done = 0; done < size_bytes;) {
        ssize_t got = getrandom((uint8_t *)bytes + done, size_bytes - done, 0);

        done += got > 0 ? (size_t)got : 0;
    }
}

void host_new_generation_id(uint8_t id[static GENERATION_ID_BYTES])
{
    host_random(id, GENERATION_ID_BYTES);
}
