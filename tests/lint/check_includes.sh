#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Which room may include what. The rooms stand in the table from the lowest to the highest, and a room
# may include those that it names, all of them above it in the table: so arrows go one way only. What
# the pure rooms do depends on their arguments alone, so headers of clocks, threads and the like are
# not on their lists.
. tests/lint/sources.sh

STANDARD='<(assert|errno|inttypes|limits|stdbool|stddef|stdint|string)\.h>'

# A room, the rooms and single headers of ours that it may include beside its own, and the pattern of
# other headers.
rooms() {
    cat <<TABLE
base -
    <(stdarg|stdio|xxhash)\.h>|$STANDARD
kvmclock base
    $STANDARD
devices base,kvmclock
    $STANDARD
devices/msr base,kvmclock,devices
    $STANDARD
devices/acpi base,kvmclock,devices
    $STANDARD
devices/pc base,devices
    $STANDARD
devices/virtio base,devices
    $STANDARD
boot base
    <(linux|asm)/|<(elf|endian|gelf|libelf|stdarg|stdio|unistd)\.h>|$STANDARD
check base,guest-images/probe
    <(jansson|stdio)\.h>|$STANDARD
snapshot base
    <linux/|<elf\.h>|$STANDARD
timelab base,kvmclock,check
    <(jansson|regex)\.h>|$STANDARD
vmm/host base,kvmclock,snapshot,timelab,devices/pc/rtc.h,devices/virtio/blk_request.h
    <
vmm/initramfs base,boot,vmm/host
    <
vmm/kvm base,kvmclock,devices/access.h,devices/irq_line.h,vmm/host/log.h,vmm/host/host_clock.h
    <
vmm/machine base,kvmclock,devices,devices/acpi,devices/msr,devices/pc,devices/virtio,boot,check,snapshot,timelab,vmm/host,vmm/kvm
    <
vmm/cmd base,kvmclock,devices,devices/msr,devices/pc,boot,check,snapshot,timelab,vmm/host,vmm/initramfs,vmm/kvm,vmm/machine,guest-images/probe,guest-images/initramfs.h
    <
vmm/cmd/completion vmm/cmd
    <
TABLE
}

# includes_of ROOM: the include lines of its own files, not of rooms in it, as FILE:LINE:INCLUDED.
includes_of() {
    [ -d "$1" ] || return 0
    for file in $(find "$1" -maxdepth 1 -name '*.[ch]' | LC_ALL=C sort); do
        sed -nE '/^[ \t]*#[ \t]*include/{s/^[ \t]*#[ \t]*include[ \t]*//;=;p}' "$file" |
            sed "N;s|\n|:|;s|^|$file:|"
    done
}

# pattern_of NAME: what an include of a room, or of a single header, looks like.
pattern_of() {
    case $1 in
    *.h) echo "\"$1\"" ;;
    *) echo "\"$1/[a-z0-9_]+\.h\"" ;;
    esac
}

# check ROOM ALLOWED OTHERS: prints the includes that are not allowed.
check() {
    patterns="$3|$(pattern_of "$1")"
    for name in $(echo "$2" | sed 's|^-$||;s|,| |g'); do
        patterns="$patterns|$(pattern_of "$name")"
    done
    includes_of "$1" | grep -vE "^[^:]*:[0-9]+:($patterns)" |
        sed -E "s|^([^:]*:[0-9]+):(.*)|\1: include-direction: $1 may not include \2|"
}

# Every folder with sources is a room, a room names none that stands below it, and docs/architecture.md has a
# row for each.
check_table() {
    rooms | awk 'NR % 2 { seen = seen "," $1 ","; n = split($2, names, ",")
        for (i = 1; i <= n; i++)
            if (names[i] !~ /^-$|^guest-images\/|\.h$/ && index(seen, "," names[i] ",") == 0)
                print "tests/lint/check_includes.sh:1: include-direction: " $1 " names " names[i] ", which is not above it" }'
    # shellcheck disable=SC2086
    for folder in $(sources '*.[ch]' $PROGRAM_FOLDERS | sed 's|/[^/]*$||' | sort -u); do
        rooms | grep -q "^$folder " ||
            echo "$(sources '*.[ch]' "$folder" | head -n 1):1: include-direction: $folder is no room of the table"
    done
    [ -f docs/architecture.md ] || return 0
    rooms | awk 'NR % 2 { print $1 }' | while read -r room; do
        grep -q "^| \`$room/\` |" docs/architecture.md ||
            echo "docs/architecture.md:1: include-direction: it has no row for $room"
    done
}

findings=$(
    check_table
    rooms | while read -r room allowed && read -r others; do
        check "$room" "$allowed" "$others"
    done
)
[ -z "$findings" ] || { echo "$findings"; exit 1; }
