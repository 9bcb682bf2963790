/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID tables of two hosts, as the tests of the CPUID policy start from. */
#ifndef TESTS_UNIT_CPUID_HOSTS_H
#define TESTS_UNIT_CPUID_HOSTS_H

#include <linux/kvm.h>

#define INDEXED KVM_CPUID_FLAG_SIGNIFCANT_INDEX

/* What a KVM on an Intel host gives, with the topology of that host in it. */
static const struct kvm_cpuid_entry2 intel_host[] = {
    {.function = 0, .eax = 0x1f, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69},
    {.function = 1, .eax = 0x50654, .ebx = 0x07400800, .ecx = 0xfffa3203, .edx = 0x1f8bfbff},
    {.function = 4, .index = 0, .flags = INDEXED, .eax = 0x7c004121, .ebx = 0x01c0003f, .ecx = 63},
    {.function = 4, .index = 1, .flags = INDEXED, .eax = 0x7c004122, .ebx = 0x01c0003f, .ecx = 63},
    {.function = 4,
     .index = 2,
     .flags = INDEXED,
     .eax = 0x7c004143,
     .ebx = 0x03c0003f,
     .ecx = 1023},
    {.function = 4,
     .index = 3,
     .flags = INDEXED,
     .eax = 0x7c0fc163,
     .ebx = 0x0280003f,
     .ecx = 9999},
    {.function = 4, .index = 4, .flags = INDEXED},
    {.function = 5, .eax = 0x40, .ebx = 0x40, .ecx = 3, .edx = 0x2020},
    {.function = 6, .eax = 0x77, .ebx = 2, .ecx = 9, .edx = 1},
    {.function = 7, .index = 0, .flags = INDEXED, .ebx = 0xd39ffffb, .ecx = 0x40000008},
    {.function = 0xa, .eax = 0x07300404, .edx = 0x603},
    {.function = 0xb, .index = 0, .flags = INDEXED, .eax = 1, .ebx = 2, .ecx = 0x100, .edx = 7},
    {.function = 0xb, .index = 1, .flags = INDEXED, .eax = 6, .ebx = 40, .ecx = 0x201, .edx = 7},
    {.function = 0xb, .index = 2, .flags = INDEXED, .ecx = 2, .edx = 7},
    {.function = 0x15, .eax = 2, .ebx = 168, .ecx = 25000000},
    {.function = 0x16, .eax = 2100, .ebx = 3700, .ecx = 100},
    {.function = 0x1f, .index = 0, .flags = INDEXED, .eax = 1, .ebx = 2, .ecx = 0x100, .edx = 7},
    {.function = 0x80000000, .eax = 0x80000008},
    {.function = 0x80000001, .ecx = 0x121, .edx = 0x2c100800},
    {.function = 0x80000007, .edx = 0x100},
    {.function = 0x80000008, .eax = 0x302e, .ecx = 0x1007},
    {.function = 0x40000000, .eax = 0x40000001, .ebx = 0x4b4d564b, .ecx = 0x564b4d56, .edx = 0x4d},
    {.function = 0x40000001, .eax = 0x01007afb},
};

/* The same of an AMD host, by a KVM that gives neither leaf 6 nor the KVM leaves. */
static const struct kvm_cpuid_entry2 amd_host[] = {
    {.function = 0, .eax = 0x10, .ebx = 0x68747541, .ecx = 0x444d4163, .edx = 0x69746e65},
    {.function = 1, .eax = 0xa00f11, .ebx = 0x05100800, .ecx = 0x00202001, .edx = 0x178bfbff},
    {.function = 7, .index = 0, .flags = INDEXED, .ebx = 0x219c97ab},
    {.function = 0xb, .index = 0, .flags = INDEXED, .edx = 5},
    {.function = 0x80000000, .eax = 0x80000026, .ebx = 0x68747541},
    {.function = 0x80000001, .ecx = 0x31c81fff, .edx = 0x2fd3fbff},
    {.function = 0x80000008, .eax = 0x3030, .ebx = 0x110ed215, .ecx = 0x2700f},
    {.function = 0x8000000a, .eax = 1, .ebx = 0x8000, .edx = 0xffff},
    {.function = 0x8000001d, .index = 0, .flags = INDEXED, .eax = 0x00004121, .ebx = 0x01c0003f},
    {.function = 0x8000001d, .index = 2, .flags = INDEXED, .eax = 0x00004143, .ebx = 0x01c0003f},
    {.function = 0x8000001d, .index = 3, .flags = INDEXED, .eax = 0x0003c163, .ebx = 0x03c0003f},
    {.function = 0x80000022, .eax = 1, .ebx = 6},
    {.function = 0x80000026, .index = 0, .flags = INDEXED, .eax = 1, .ebx = 2, .ecx = 0x100},
};

#endif
