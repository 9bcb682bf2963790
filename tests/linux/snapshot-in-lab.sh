#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the SVM lab, for snapshot.sh: a Linux goes through three files or over a socket, each time into a new process,
# and prints its clocks.
#
# usage: snapshot-in-lab.sh HOW CPUS    HOW of minivmm restore --time, or migrate
#
# It is saved before the other CPUs are started, before init, and while it prints; seconds lie between a save
# and its restore. To be migrated it is busy: one of its CPUs writes to 1 MiB again and again. Leaves the guest's
# console and what minivmm said in /out. The guest uses no ports: of a TSS that is busy, as SVM has it and KVM sets
# it, QEMU 7.2 takes the bitmap of ports for missing (check_io).
set -u

how=$1
cpus=$2
name=/out/$how-$cpus
failures=0

mkdir -p /out guest/bin guest/dev guest/proc
cp /bin/busybox guest/bin
cat >guest/init <<'END'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
if busybox grep -q busy /proc/cmdline; then
    while :; do busybox dd if=/dev/zero of=/written bs=64k count=16 conv=notrunc 2>/dev/null; done &
fi
i=0
while [ $i -lt 40 ]; do
    read -r up _ </proc/uptime
    busybox echo "tick $i $up"
    busybox usleep 50000
    i=$((i + 1))
done
busybox echo "clocksource $(busybox dmesg | busybox grep -o 'Switched to clocksource.*')"
busybox poweroff -f
END
chmod +x guest/init
(cd guest && find . | cpio -o -H newc) >guest.cpio 2>/dev/null

# say WHAT COMMAND...
say() {
    what="linux snapshot, $how, $cpus CPUs: $1"
    shift
    if "$@" >/dev/null 2>&1; then
        echo "ok - $what"
    else
        echo "not ok - $what"
        failures=$((failures + 1))
    fi
}

# save WHERE FILE WORDS...
save() {
    where=$1
    file=$2
    shift 2
    timeout 60 ./minivmm "$@" --snapshot-at "$where,file=$file,then=quit" </dev/null >>"$name.console" 2>>"$name.log"
}

not_said() {
    ! grep -aE "$1" "$name.console"
}

# Each tick once and in order, and no uptime less than the one before.
ticks_are_right() {
    awk '$1 == "tick" { if ($2 != n || $3 < up) bad = 1; n++; up = $3 } END { exit bad || n != 40 }' "$name.console"
}

through_files() {
    say 'saved before the other CPUs start' save 'boot:smp: Bringing up secondary' one vmlinux --initrd guest.cpio \
        --cpus "$cpus" -m 256 --append 'loglevel=7'
    sleep 3
    say 'restored, and saved before init' save 'boot:Run /init' two restore --time "$how" one
    rm -f one
    sleep 4
    say 'restored, and saved while it prints' save 'boot:^tick 15' three restore --time "$how" two
    rm -f two
    sleep 4
    timeout 60 ./minivmm restore --time "$how" three </dev/null >>"$name.console" 2>>"$name.log"
    status=$?
    say "restored, and powered off (status $status)" [ $status = 0 ]
}

# start NAME WORDS...: a process with an output of its own, as the old one may still write when the new one begins
start() {
    process=$1
    shift
    timeout 100 ./minivmm "$@" --control "$process.c" </dev/null >"$name.$process" 2>>"$name.log" &
}

# wait_for COMMAND...: for up to 60 s
wait_for() {
    tries=0
    until "$@" 2>/dev/null || [ $((tries += 1)) -gt 3000 ]; do
        usleep 20000
    done
}

# What both ends say of it.
downtimes_are_equal() {
    sed -n 's/.*stood still for \([0-9.]*\) ms.*/\1/p' "$name.log" | sort | uniq -c | grep -qE '^ *2 [0-9.]+$'
}

over_a_socket() {
    start one vmlinux --initrd guest.cpio --cpus "$cpus" -m 128 --append busy
    one=$!
    start two restore --incoming unix:two.m
    two=$!
    wait_for grep -q '^tick 5 ' "$name.one"
    wait_for ./minivmm ctl one.c migrate uri=unix:two.m
    say 'moved while it is busy' wait "$one"
    wait "$two"
    status=$?
    cat "$name.one" "$name.two" >"$name.console"
    say "it has powered off where it came to (status $status)" [ $status = 0 ]
    say 'both ends say the same of how long it stood still' downtimes_are_equal
    grep 'stood still' "$name.log" | sed 's/^/# /'
}

case $how in
migrate) over_a_socket ;;
*) through_files ;;
esac
say 'its clock never fell and nothing was printed twice' ticks_are_right
say 'no watchdog complained' not_said 'soft lockup|stall|hung task|hogged|BUG:|unstable'
[ $failures = 0 ] || tail -n 3 "$name.log" | sed 's/^/# /'
