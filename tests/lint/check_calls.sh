#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Calls that belong to one file or room each: the kernel's KVM interface, files and sockets, the host's
# clocks, the end of the program. Who looks for where time enters finds one place. /dev/kvm is opened in
# vmm/kvm.
. tests/lint/sources.sh

# only_in PLACE RULE PATTERN: prints code that matches the pattern anywhere but in that file or room.
only_in() {
    echo "$code" | grep -E "^[^:]*:[0-9]+:.*$3" | grep -v "^$1" |
        sed -E "s|^([^:]*:[0-9]+):.*|\1: $2: belongs in ${1%:}|"
}

# shellcheck disable=SC2046,SC2086
code=$(awk -f tests/lint/code_lines.awk $(sources '*.[ch]' $PROGRAM_FOLDERS) /dev/null)
findings=$(
    only_in vmm/kvm/ ioctl '\bioctl *\('
    only_in vmm/host/host_clock.c: host-clock \
        '\b(clock_gettime|gettimeofday|timespec_get|time|ftime|clock|_*rdtscp?|__builtin_ia32_rdtscp?) *\(|\brdtsc'
    only_in vmm/host/ open '\b(open|openat|openat2|creat|fopen|socket|socketpair) *\(' | grep -v '^vmm/kvm/'
    only_in vmm/cmd/main.c: exit '\b(exit|_exit|_Exit|quick_exit) *\('
)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
