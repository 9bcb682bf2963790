/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initramfs inside the program: a cpio archive whose only file is the clock probe, /init. It is
 * what a Linux kernel is given when no other initrd is named.
 */
#ifndef GUEST_IMAGES_INITRAMFS_H
#define GUEST_IMAGES_INITRAMFS_H

#include <stdint.h>

extern const uint8_t initramfs_start[];
extern const uint8_t initramfs_end[];

/* The init of `minivmm run-test`, a program by itself. */
extern const uint8_t runner_start[];
extern const uint8_t runner_end[];

#endif
