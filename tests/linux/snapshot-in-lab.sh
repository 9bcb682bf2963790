#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the SVM lab, for snapshot.sh: a Linux goes through three files, each time in a new process, and prints
# its clocks.
#
# usage: snapshot-in-lab.sh HOW CPUS    HOW of minivmm restore --time
#
# It is saved before the other CPUs are started, before init, and while it prints; seconds lie between a save
# and its restore. Leaves the guest's console and what minivmm said in /out. The guest uses no ports: of a TSS
# that is busy, as SVM has it and KVM sets it, QEMU 7.2 takes the bitmap of ports for missing (check_io).
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
say 'its clock never fell and nothing was printed twice' ticks_are_right
say 'no watchdog complained' not_said 'soft lockup|stall|hung task|hogged|BUG:|unstable'
[ $failures = 0 ] || tail -n 3 "$name.log" | sed 's/^/# /'
