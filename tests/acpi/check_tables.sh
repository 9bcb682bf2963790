#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check_tables.sh DUMP_TABLES SCRATCH_DIR: our ACPI tables under the eyes of ACPICA, which is also
# Linux' own ACPI interpreter. iasl disassembles every table, acpiexec loads them all as a kernel
# does; one warning or error from either fails the test.
set -eu
dump_tables=$1
scratch=$2

# complaints LOG: the lines in which ACPICA finds fault, without acpiexec's tests of itself.
complaints() {
    grep -aiE 'warning|error|invalid|incorrect|mismatch|unknown|exception' "$1" |
        grep -av '^Unexpected AE_' || true
}

# load DIR: loads the tables in DIR; prints complaints.
load() {
    acpiexec -b 'tables; evaluate \_S5' "$1"/*.dat >"$1/acpiexec.log" 2>&1 || echo "acpiexec failed"
    grep -aq 'AML tables successfully acquired and loaded' "$1/acpiexec.log" ||
        echo "the AML tables did not load"
    grep -aqF '[Package] Contains 4 Elements' "$1/acpiexec.log" || echo "\\_S5 is not a package of 4"
    complaints "$1/acpiexec.log"
}

# disassemble DIR: disassembles the tables in DIR; prints complaints.
disassemble() {
    for table in "$1"/*.dat; do
        iasl -vs -d "$table" >"$table.log" 2>&1 || echo "iasl -d failed on $table"
        complaints "$table.log"
        complaints "${table%.dat}.dsl"
    done
}

check() {
    dir=$scratch/cpus$1-pmtimer$2-hpet$3-ged$4
    rm -rf "$dir"
    mkdir -p "$dir"
    "$dump_tables" "$dir" "$1" "$2" "$3" "$4"
    found=$(load "$dir" && disassemble "$dir")
    if [ -n "$found" ]; then
        printf 'FAIL: ACPI tables with %s CPUs, PM timer %s, HPET %s, GED %s:\n%s\n' "$1" "$2" "$3" "$4" "$found"
        exit 1
    fi
    echo "ok: ACPI tables with $1 CPUs, PM timer $2, HPET $3, GED $4"
}

# The interrupt of the Generic Event Device ends in a notice to each device that it tells of.
check_events() {
    dir=$scratch/events
    rm -rf "$dir"
    mkdir -p "$dir"
    "$dump_tables" "$dir" 1 24 1 1
    acpiexec -b 'execute \_SB.GED._EVT 0x10' "$dir"/*.dat >"$dir/events.log" 2>&1 || true
    for device in VGEN VCLK; do
        grep -aq "Device Notify on \[$device\].* Value 0x80" "$dir/events.log" && continue
        echo "FAIL: $device gets no notice: $dir/events.log"
        exit 1
    done
    echo "ok: an event is told to each device"
}

# The virtio devices are those whose bits are set.
check_virtio() {
    dir=$scratch/virtio
    rm -rf "$dir"
    mkdir -p "$dir"
    "$dump_tables" "$dir" 1 24 1 1
    found=
    for slot in 0 1 2 3 4; do
        acpiexec -b "execute \\_SB.VIO$slot._STA" "$dir"/*.dat >"$dir/virtio.log" 2>&1 || true
        found="$found $(sed -n 's/.*\[Integer\] = 0*\([0-9A-F]\)$/\1/p' "$dir/virtio.log")"
    done
    if [ "$found" != " F F 0 0 F" ]; then
        echo "FAIL: the states of the virtio devices are$found: $dir/virtio.log"
        exit 1
    fi
    echo "ok: virtio devices are those that there are"
}

# The check itself: a FADT whose two PM timer addresses differ must not pass.
check_notices_a_fault() {
    dir=$scratch/faulty
    rm -rf "$dir"
    mkdir -p "$dir"
    "$dump_tables" "$dir" 1 24 1 1
    printf '\001' | dd of="$dir/FACP.dat" bs=1 seek=213 conv=notrunc 2>/dev/null
    if [ -z "$(load "$dir")" ]; then
        echo "FAIL: a faulty FADT was not noticed"
        exit 1
    fi
    echo "ok: a faulty FADT is noticed"
}

check 1 24 1 1
check 2 32 0 1
check 4 0 1 0
check 64 0 0 0
check 255 32 1 1
check_events
check_virtio
check_notices_a_fault
