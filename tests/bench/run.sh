#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Measure minivmm beside a bare KVM_RUN loop and QEMU, and print one table.
#
# usage: run.sh PART...
#   exits  TSC cycles of one exit round trip, on this machine's /dev/kvm
#   path   nanoseconds of one exit in minivmm itself, with a KVM_RUN that costs nothing; there too
#   start  from exec to the guest's first port write, and memory beside the guest's, there too
#   boot   from exec to the clock probe's first line and peak memory beside the guest's, with a small
#          kernel and with Debian's cloud kernel, in the SVM lab
#   check  what minivmm check takes longer than a boot that ends as soon as init runs, with the small
#          kernel, in the SVM lab
#   clock  kvm-clock against the host's clock for a minute, published by minivmm and by KVM; on
#          /dev/kvm, with a table of its own
#   interrupts  how many of a periodic interrupt's ticks a guest that halts gets in ten seconds, at
#          which rate, how late and for how much CPU time: PIT and HPET at 1000 Hz, RTC at 1024 Hz,
#          beside KVM's own PIT and QEMU's, on this machine's /dev/kvm
#   console  time, CPU time and thread switches of 1 MiB on COM1 and on COM2, to a file, a pipe and a
#          terminal, beside a bare loop that throws the bytes away; there too
#   snapshot  on /dev/kvm, guests of 512 MiB and 4 GiB that have written to a quarter of it: from exec of a
#          restore to the guest's first exit, beside a program that only makes a VM and maps the file; how
#          long a save stops the vCPUs, beside the time that the write takes; 100 clones that write 1 MiB
#          each. Wants 4 GiB of memory, and as much of the folder for temporary files
#   answer  from exec of a restore to the first line of a Linux that prints one every 10 ms, beside QEMU's -incoming
#          from a file, in the SVM lab
#   trace  cycles of an exit with a fault that is still to come (--at), and with --trace, each beside the same without;
#          on /dev/kvm. A record that is missing is a failure
#   migrate  how long a guest with 512 MiB that writes to nothing stands still when it moves to another
#          process, again and again, on this machine's /dev/kvm
# environment: ROUNDS runs of each program (30; fewer of QEMU, which takes up to seconds, and a
#              tenth of it, but at least one, in interrupts and console, where a round takes minutes,
#              and of saves and clones)
#              BOOT_ROUNDS rounds of boot, each with 3 boots of the small kernel and one of Debian's
#              by each program; of check, 3 of either; of answer, one of either (3)
# status: 0 measured, whatever the figures; 1 something could not be measured
#
# In every round each program runs once, so that a busy host is busy for all of them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
built=$top/${BUILD:-build}/tests/bench
rounds=${ROUNDS:-30}
boot_rounds=${BOOT_ROUNDS:-3}
memory_mib=256
# What com1.elf and com2.elf send.
sent_bytes=1048576

fail() {
    echo "bench: $1" >&2
    exit 1
}

# qemu MACHINE ARGUMENT...: without pni, which not every KVM has
qemu() {
    machine=$1
    shift
    set -- qemu-system-x86_64 -accel kvm -cpu qemu64,-pni -machine "$machine" -m "$memory_mib" \
        -nodefaults -no-user-config -display none -no-reboot \
        -chardev stdio,id=com1,signal=off -device isa-serial,chardev=com1,index=0 \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "$@"
    $prefix "$@"
}

# run PROGRAM PAYLOAD: $prefix is put before the command
run() {
    case $1 in
    bare) $prefix "$built/bare_loop" "$memory_mib" "$built/$2.bin" ;;
    discard) $prefix "$built/bare_loop" --discard "$memory_mib" "$built/$2.bin" ;;
    kvm) $prefix "$built/bare_loop" --pit "$memory_mib" "$built/$2.bin" ;;
    plain | minivmm) $prefix "$top/minivmm" --memory "${memory_mib}M" "$built/$2.elf" ;;
    minivmm-at) $prefix "$top/minivmm" --at '3650d rtc.step by=1h' --memory "${memory_mib}M" "$built/$2.elf" ;;
    minivmm-trace) $prefix "$top/minivmm" --trace "$work/trace" --memory "${memory_mib}M" "$built/$2.elf" ;;
    minivmm-com2)
        $prefix "$top/minivmm" --memory "${memory_mib}M" --console none --report /dev/stdout "$built/$2.elf"
        ;;
    qemu-q35) qemu q35,kernel-irqchip=split -kernel "$built/$2.elf" ;;
    qemu-microvm) qemu microvm,isa-serial=off -kernel "$built/$2.elf" ;;
    esac
}

# measure_exits PROGRAM [PREFIX]: of the measures. The status of a guest that ended itself with 0 is 1.
measure_exits() {
    prefix='timeout 60'
    status=0
    run "$1" exits >"$work/exits" </dev/null 2>"$work/stderr" || status=$?
    if [ "$status" -ne 1 ]; then
        cat "$work/stderr" >&2
        fail "$1 ended with status $status"
    fi
    tr -d '\r' <"$work/exits" | awk -v program="$1" -v prefix="${2:-}" '{ print prefix $1, program, $2 }' \
        >>"$work/figures"
}

measure_path() {
    status=0
    timeout 60 "$built/exit_path" --memory "${memory_mib}M" "$built/first_write.elf" >"$work/path" \
        </dev/null 2>"$work/stderr" || status=$?
    if [ "$status" -ne 1 ]; then
        cat "$work/stderr" >&2
        fail "exit_path ended with status $status"
    fi
    awk '{ print $1, "minivmm", $2 }' "$work/path" >>"$work/figures"
}

measure_start() {
    prefix="$built/stopwatch $memory_mib !"
    run "$1" first_write >"$work/start" 2>"$work/stderr" || {
        cat "$work/stderr" >&2
        fail "$1 cannot be measured"
    }
    awk -v program="$1" '{
        print "start-ms", program, $1
        print "start-private-kib", program, $3
        print "start-rss-kib", program, $2
    }' "$work/start" >>"$work/figures"
}

# measure_ticks PROGRAM DEVICE
measure_ticks() {
    prefix="$built/tick_reader"
    run "$1" "$2_ticks" >"$work/ticks" 2>"$work/stderr" || {
        cat "$work/stderr" >&2
        fail "$1's $2 cannot be measured"
    }
    awk -v program="$1-$2" '{
        print "ticks-lost", program, $1
        print "rate-error-ppb", program, $2
        print "late-p50-us", program, $3
        print "late-p99-us", program, $4
        print "late-max-us", program, $5
        print "cpu-per-tick-us", program, $6
    }' "$work/ticks" >>"$work/figures"
}

# measure_sent NAME PROGRAM PORT file|pipe|pty BYTES: as many arrive.
measure_sent() {
    prefix="timeout 600 $built/meter $4 $5 1"
    run "$2" "$3" >"$work/sent" 2>"$work/stderr" || {
        cat "$work/stderr" >&2
        fail "what $1 takes for $3 cannot be measured"
    }
    awk -v port="$3" -v name="$1" '{
        print port "-ms", name, $1
        print port "-cpu-ms", name, $2
        print port "-switches", name, $3
    }' "$work/sent" >>"$work/figures"
}

need_kvm() {
    [ -w /dev/kvm ] || fail "no /dev/kvm that can be written to: only parts boot and check do without"
}

part_interrupts() {
    need_kvm
    round=0
    while [ "$round" -lt $(((rounds + 9) / 10)) ]; do
        measure_ticks kvm pit
        measure_ticks qemu-q35 pit
        measure_ticks minivmm pit
        measure_ticks minivmm rtc
        measure_ticks minivmm hpet
        round=$((round + 1))
    done
}

part_path() {
    need_kvm
    round=0
    while [ "$round" -lt $(((rounds + 2) / 3)) ]; do
        measure_path
        round=$((round + 1))
    done
}

part_trace() {
    need_kvm
    round=0
    while [ "$round" -lt "$rounds" ]; do
        measure_exits plain timeline-
        measure_exits minivmm-at timeline-
        measure_exits plain trace-
        measure_exits minivmm-trace trace-
        ! grep 'records are missing' "$work/stderr" >&2 || fail 'records of the trace were dropped'
        round=$((round + 1))
    done
}

# measure_beside_bare NAME PROGRAM PORT file|pipe|pty
measure_beside_bare() {
    measure_sent bare discard "$3" file 0
    measure_sent "$1" "$2" "$3" "$4" "$sent_bytes"
}

part_console() {
    need_kvm
    round=0
    while [ "$round" -lt $(((rounds + 9) / 10)) ]; do
        for output in file pipe pty; do
            measure_beside_bare "minivmm-$output" minivmm com1 "$output"
            measure_beside_bare "minivmm-$output" minivmm-com2 com2 "$output"
        done
        [ "$round" -ne 0 ] || measure_beside_bare qemu-microvm qemu-microvm com1 file
        round=$((round + 1))
    done
}

part_on_kvm() {
    need_kvm
    round=0
    while [ "$round" -lt "$rounds" ]; do
        "$1" bare
        "$1" minivmm
        [ "$1" = measure_exits ] || [ $((round % 3)) -ne 0 ] || "$1" qemu-microvm
        [ $((round % 10)) -ne 0 ] || "$1" qemu-q35
        round=$((round + 1))
    done
}

# until_done COMMAND...: for up to 20 s
until_done() {
    tries=0
    until "$@" 2>/dev/null; do
        [ $((tries += 1)) -lt 1000 ] || fail "the guest cannot be migrated: $(tail -n 1 "$work/said$next")"
        sleep 0.02
    done
}

# How long it stood still, as the target says; once it has said so.
has_moved() {
    downtime_ms=$(sed -n 's/.*runs here; it stood still for \(.*\) ms$/\1/p' "$work/said$next")
    [ -n "$downtime_ms" ]
}

part_migrate() {
    need_kvm
    "$top/minivmm" --timeout 60 --memory 512M --control "$work/0" "$built/first_write.elf" \
        </dev/null >/dev/null 2>"$work/said0" &
    round=0
    while [ "$round" -lt "$rounds" ]; do
        next=$((round + 1))
        "$top/minivmm" restore --timeout 60 --incoming "unix:$work/to$next" --control "$work/$next" \
            </dev/null >/dev/null 2>"$work/said$next" &
        until_done "$top/minivmm" ctl "$work/$round" migrate "uri=unix:$work/to$next"
        until_done has_moved
        echo "downtime-ms minivmm $downtime_ms" >>"$work/figures"
        round=$next
    done
    "$top/minivmm" ctl "$work/$round" quit
}

# A minute each, one after the other: a guest that waits in a loop needs a CPU.
part_clock() {
    [ -w /dev/kvm ] || fail "no /dev/kvm that can be written to: part clock needs one"
    for who in user kernel; do
        status=0
        timeout 90 "$top/minivmm" --verbose --kvmclock "$who" --memory "${memory_mib}M" "$built/clock.elf" \
            >"$work/clock" </dev/null 2>"$work/stderr" || status=$?
        [ "$status" -ne 3 ] || fail "the guest's TSC is not the host's: their clocks cannot be compared"
        [ "$status" -eq 1 ] || fail "--kvmclock $who ended with status $status: $(tail -n 1 "$work/stderr")"
        tr -d '\r' <"$work/clock" | awk -v who="$who" '{ print who, $0 }' >>"$work/clocks"
        [ "$who" = kernel ] || sed -n "s/.* by CLOCK_MONOTONIC_RAW over .* right to \(.*\) ppb/$who bound \1/p" \
            "$work/stderr" | tail -n 1 >>"$work/clocks"
    done
    awk -f "$here/clock.awk" "$work/clocks"
}

# save MIB AFTER FILE: the guest has written to a quarter of its memory. MiB are pages of it, times 64.
save() {
    "$top/minivmm" --verbose --memory "$1M" --append "before=$(($1 * 64)) after=$2" \
        --snapshot-at "boot:^!,file=$3,then=stop" "$built/restored.elf" </dev/null >"$work/console" 2>"$work/stderr" &
    vmm=$!
    until grep -q 'stood still' "$work/stderr"; do
        kill -0 "$vmm" 2>"$work/ended" || fail "a guest of $1 MiB cannot be saved: $(tail -n 1 "$work/stderr")"
        sleep 0.1
    done
    kill -INT "$vmm"
    wait "$vmm" || true
}

# measure_save MIB
measure_save() {
    save "$1" 0 "$work/snapshot-$1"
    echo "save-$1-ms write $("$built/write_data" "$work/snapshot-$1")" >>"$work/figures"
    sed -n "s/.*stood still for \\(.*\\) ms/save-$1-ms minivmm \\1/p" "$work/stderr" >>"$work/figures"
}

# time_until PROGRAM MEASURE TEXT COMMAND...
time_until() {
    of="$2 $1"
    shift 2
    "$built/stopwatch" 0 "$@" >"$work/start" 2>"$work/stderr" || {
        cat "$work/stderr" >&2
        fail "$of cannot be measured"
    }
    awk -v of="$of" '{ print of, $1 }' "$work/start" >>"$work/figures"
}

# A guest that goes on with the host's time can be restored by every KVM. measure_restore MIB
measure_restore() {
    time_until bare "restore-$1-ms" ! "$built/bare_loop" --snapshot "$work/snapshot-$1"
    time_until minivmm "restore-$1-ms" . "$top/minivmm" restore --time advance "$work/snapshot-$1"
}

# Private memory of each of the clones that have written, beside the guest's 1 MiB.
measure_clones_memory() {
    "$top/minivmm" restore --time advance --clones "$clones" "$work/snapshot-clones" \
        </dev/null >"$work/console" 2>"$work/stderr" &
    vmm=$!
    until [ "$(tr -cd . <"$work/console" | wc -c)" -ge "$clones" ]; do
        kill -0 "$vmm" 2>"$work/ended" || fail "clones cannot be measured: $(tail -n 1 "$work/stderr")"
        sleep 0.1
    done
    read -r children <"/proc/$vmm/task/$vmm/children"
    for clone in $children; do
        awk '/^Private_Dirty:/ { print "clone-private-kib minivmm", $2 - 1024 }' "/proc/$clone/smaps_rollup"
    done >>"$work/figures"
    kill -INT "$vmm"
    wait "$vmm" || true
}

# A second after the save a guest sees that it was restored.
part_snapshot() {
    need_kvm
    clones=100
    dots=$(printf '%*s' "$clones" '' | tr ' ' .)
    for mib in 512 4096; do
        few=0
        while [ "$few" -lt $(((rounds + 9) / 10)) ]; do
            measure_save "$mib"
            few=$((few + 1))
        done
        sleep 1
        round=0
        while [ "$round" -lt "$rounds" ]; do
            measure_restore "$mib"
            round=$((round + 1))
        done
        rm "$work/snapshot-$mib"
    done
    save 512 256 "$work/snapshot-clones"
    sleep 1
    few=0
    while [ "$few" -lt $(((rounds + 9) / 10)) ]; do
        time_until minivmm clones-ms "$dots" "$top/minivmm" restore --time advance --clones "$clones" "$work/snapshot-clones"
        few=$((few + 1))
    done
    measure_clones_memory
}

in_lab_with_qemu() {
    qemu=$(command -v qemu-system-x86_64)
    "$top/tests/lab/svm.sh" --file "$qemu:$qemu" --file /usr/share/qemu:/usr/share/qemu \
        --file /usr/share/seabios:/usr/share/seabios "$@"
}

part_boot() {
    "$top/tests/lab/packages.sh" run lab
    small=$("$top/guest-images/build-small-kernel.sh") || exit 1
    debian=$("$top/guest-images/fetch-kernel.sh" 6.12) || exit 1
    in_lab_with_qemu --timeout $((60 + boot_rounds * 300)) \
        --file "$top/minivmm" --file "$built/stopwatch" --file "$here/in-lab.sh" \
        --file "$small:small" --file "$debian:debian" --file "$top/${BUILD:-build}/gen/initramfs.cpio" \
        -- sh in-lab.sh "$boot_rounds" >"$work/boot" || {
        cat "$work/boot" >&2
        fail "the boots in the SVM lab cannot be measured"
    }
    grep '^boot-' "$work/boot" >>"$work/figures"
}

part_check() {
    "$top/tests/lab/packages.sh" run lab
    small=$("$top/guest-images/build-small-kernel.sh") || exit 1
    "$top/tests/lab/svm.sh" --timeout $((60 + boot_rounds * 60)) --file "$top/minivmm" \
        --file "$built/power-off.cpio" --file "$here/check-in-lab.sh" --file "$small:kernel" \
        -- sh check-in-lab.sh $((boot_rounds * 3)) >"$work/check" || {
        cat "$work/check" >&2
        fail "the checks in the SVM lab cannot be measured"
    }
    grep '^check-' "$work/check" >>"$work/figures"
}

part_answer() {
    "$top/tests/lab/packages.sh" run lab
    debian=$("$top/guest-images/fetch-kernel.sh" 6.12) || exit 1
    in_lab_with_qemu --timeout $((120 + boot_rounds * 60)) --file "$top/minivmm" --file "$built/stopwatch" \
        --file "$built/ticker/ticker.cpio" --file "$here/restore-in-lab.sh" --file "$debian:kernel" \
        -- sh restore-in-lab.sh "$boot_rounds" >"$work/answer" || {
        cat "$work/answer" >&2
        fail "the restores in the SVM lab cannot be measured"
    }
    grep '^answer-' "$work/answer" >>"$work/figures"
}

# Until what was just linked is on the disk, the program that runs counts as who has written it.
sync "$top/minivmm" "$built"/*

[ $# -gt 0 ] || set -- exits path trace start boot check clock interrupts console snapshot answer migrate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for part; do
    case $part in
    exits) part_on_kvm measure_exits ;;
    path) part_path ;;
    trace) part_trace ;;
    start) part_on_kvm measure_start ;;
    boot) part_boot ;;
    check) part_check ;;
    clock) part_clock ;;
    interrupts) part_interrupts ;;
    console) part_console ;;
    snapshot) part_snapshot ;;
    answer) part_answer ;;
    migrate) part_migrate ;;
    *) fail "unknown part $part (usage: see the top of $0)" ;;
    esac
done
[ ! -e "$work/figures" ] || awk -f "$here/table.awk" "$work/figures"
