#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
# Init of the guest that build-shell.sh makes: it runs the commands of the word run= on the kernel's command line, as
#   run="echo hello; sleep 5"
# with busybox's shell and programs. Their output is on the console. Then the guest powers off.

/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin
# The kernel makes variables of words that it does not know.
eval "${run:-echo 'the word run= is missing'}"
poweroff -f
