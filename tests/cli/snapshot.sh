#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154 # run.sh and lib.sh set the variables
# Files of snapshots: what the program says of them, and what others do. tests/cli/make_snapshot.c
# has what is in them.

snapshots=$work/snapshots
mkdir -p "$snapshots"
"$tools/make_snapshot" "$snapshots/a"
"$tools/make_snapshot" "$snapshots/b" 0x200000 7 0x201fff 8 0x100001000 9

said_of() {
    "$minivmm" snapshot "$@" 2>&1
}

# has NAME PATTERN...: a line of $work/out matches each.
has() {
    has_name=$1
    shift
    for pattern; do
        grep -Eq -- "$pattern" "$work/out" || {
            not_ok "$has_name" "no line matches '$pattern'"
            return
        }
    done
    ok "$has_name"
}

said_of info "$snapshots/a" >"$work/out"
has 'snapshot info: format, producer without control characters, host, machine, memory, time and vCPUs' \
    '^format +1\.1$' '^written by +make_snapshot\?\[2J$' "^host's boot +01234567-89ab-cdef-0123-456789abcdef$" \
    '^taken +2026-09-21T14:13:20Z$' '^machine +.*--cpus 2' '^memory +0x0 to 0x3fffff, in the file at 0x200000$' \
    '^memory +0x100000000 to 0x100001fff, in the file at 0x600000$' '^guest time +12\.345678901 s$' \
    '^its date +2020-09-13T12:26:52Z$' '^vCPU 1 +RIP 0x1000, TSC 5001, offset -7, deadline 9000$' \
    '^records +2 x vCPU registers, 288 bytes$'

said_of --format json info "$snapshots/a" >"$work/out"
if [ "$(jq -r '.format.major, .machine != null, .memory[1].gpa, .time.guest_ns, .vcpus[1].tsc_offset' "$work/out" 2>&1 |
    tr '\n' ' ')" = '1 true 4294967296 12345678901 18446744073709551609 ' ]; then
    ok 'snapshot info as JSON'
else
    not_ok 'snapshot info as JSON' "$(one_line "$work/out")"
fi

check_output 'snapshot verify says whole' 0 '' whole "$minivmm" snapshot verify "$snapshots/a"
check_output 'snapshots that are equal do not differ' 0 '' '0 records and 0 pages of 4 KiB differ' \
    "$minivmm" snapshot diff "$snapshots/a" "$snapshots/a"
check_output 'snapshots that differ have status 20, and the pages are named' 20 '' \
    'memory 0x200000 to 0x201fff: differs' "$minivmm" snapshot diff "$snapshots/a" "$snapshots/b"
check_output 'and as JSON' 20 '' ' "page_count": 3,' \
    "$minivmm" snapshot --format json diff "$snapshots/a" "$snapshots/b"
check 'snapshot without a word' 2 "snapshot '': accepted is info, verify or diff" "$minivmm" snapshot
check 'snapshot diff with one file' 2 'snapshot diff: wanted is 2 FILEs, and 1 is given' \
    "$minivmm" snapshot diff "$snapshots/a"
check 'snapshot info of a folder' 2 "$work_empty: cannot read the snapshot: Is a directory" \
    "$minivmm" snapshot info "$work_empty"
check 'snapshot info of a program' 2 '/bin/sh: the file is not a snapshot: an ELF file, but no core' \
    "$minivmm" snapshot info /bin/sh
printf '\377' | dd of="$snapshots/b" bs=1 seek=$((0x200000 + 0x1234)) conv=notrunc 2>"$work/err"
check 'snapshot verify names the damaged memory' 2 \
    "$snapshots/b: the file is damaged: its memory from 0x0 to 0x1fffff has another checksum than when it was saved" \
    "$minivmm" snapshot verify "$snapshots/b"
check_output 'a snapshot comes out of a pipe' 0 '' whole \
    bash -c '"$1" snapshot verify <(cat "$2")' - "$minivmm" "$snapshots/a"

# A cut file of each length of the head, and each byte of it flipped, by one run of the program each: some
# of them here, all in tests/unit/test_elf_core.c.
head_bytes=$(readelf -lW "$snapshots/a" | awk '$1 == "NOTE" { print strtonum($2) + strtonum($5) }' 2>/dev/null)
head_bytes=${head_bytes:-4096}
wrong=
for place in 0 1 63 64 100 231 232 400 1000 $((head_bytes - 1)); do
    head -c "$place" "$snapshots/a" >"$snapshots/cut"
    { head -c "$place" "$snapshots/a" && printf '\125' && tail -c +$((place + 2)) "$snapshots/a"; } >"$snapshots/flipped"
    for file in cut flipped; do
        cmp -s "$snapshots/a" "$snapshots/$file" && continue
        run "$minivmm" snapshot info "$snapshots/$file"
        [ "$status" -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && [ ! -s "$work/out" ] ||
            wrong="$wrong $file at $place: status $status, $(one_line "$work/err")"
    done
done
if [ -z "$wrong" ]; then ok 'cut or flipped, one line and status 2'; else not_ok 'cut or flipped, one line and status 2' "$wrong"; fi

# A file that the first minivmm with this format wrote. Each later one reads it.
zstd -qdc --sparse tests/cli/snapshots/format-1.0.zst >"$snapshots/kept"
check_output 'the kept file of format 1.0 is whole' 0 '' whole "$minivmm" snapshot verify "$snapshots/kept"
said_of info "$snapshots/kept" >"$work/out"
has 'and all of it is known' '^format +1\.0$' '^machine +--cpus 2 --kvmclock user --memory 64M --vmclock off --no-reference --s3 off$' '^guest time +12\.345678901 s$' \
    '^vCPU 1 +RIP 0x1000, TSC 5001, offset -7, deadline 9000$' '^records +2 x vCPU system registers, '
if [ -n "$variant" ]; then return; fi

# Tools of others: binutils, gdb and crash.
readelf -aW "$snapshots/a" >"$work/out" 2>"$work/err"
[ ! -s "$work/err" ] || not_ok 'readelf -a has nothing to say against it' "$(one_line "$work/err")"
has 'readelf -a shows segments and notes' 'Type: +CORE' 'LOAD +0x0*200000 0x0+ 0x0+ 0x0*400000' \
    'LOAD +0x0*600000 0x0+ 0x0*100000000 ' 'CORE +0x0*150.*NT_PRSTATUS' 'QEMU +0x0*1b8' 'VMCOREINFO +0x' 'minivmm +0x'
# To both any note of a small type is one of Linux's, whatever its name: ours have other types.
grep 'minivmm' "$work/out" | grep -q 'NT_' && not_ok 'readelf takes no record for a note of Linux' "$(grep 'minivmm' "$work/out" | cut -c 1-60 | tr '\n' '|')"
timeout 60 gdb -q -batch -nx -ex 'info files' -ex 'info threads' -ex 'x/s 0x1000' -ex 'thread 2' \
    -ex 'p/x $rax' -ex 'info float' -c "$snapshots/a" >"$work/out" 2>&1
has 'gdb shows segments, a thread for each vCPU, its registers, and physical memory' \
    '0x0+ - 0x0*400000 is load' '2 .*LWP 2' '0x1000:.*"minivmm snapshot"' '= 0x1112$'
grep -i warning "$work/out" >"$work/err" && not_ok 'gdb warns of nothing' "$(one_line "$work/err")"
check_output "crash finds the kernel's release" 0 '' '6\.12\.1-test' crash --osrelease "$snapshots/a"
