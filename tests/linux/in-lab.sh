#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the lab: boot every case of the file ./cases, one after another, as far as the time goes.
#
# Leaves in /out for each: NAME.status, NAME.report (the guest's COM2), NAME.console (COM1) and
# NAME.log (what minivmm said). Status 0.
#
# Three faults of QEMU are left that the lab cannot keep clear of (see tests/lab/svm.sh for those that it
# does). An interrupt that VMRUN injects stays in QEMU's exception_index, and comes a second time, with
# IF 0, if another thread stops the CPU just then: 1 of 38,000 interrupts in a test with QEMU 10.0, none of
# 98,000 with 7.2. Before 9.1 VMRUN forgets the shadow of STI, so that Linux may halt although it has just
# been woken, until its next timer. And a CPU may keep the translation of an int3 by which Linux patched its
# code for a moment ("Oops: int3", tests/lab/hold_kvm.c says why): about 1 boot of 50 with 2 or 4 vCPUs. QEMU
# 7.2 by itself, with 2 CPUs and a Linux that keeps switching kernel.sched_schedstats, ends so within 5 s, 5
# times of 5; with thread=single that Linux switched 1500 times and went on, twice of twice. Besides, all of
# the lab stands still for a second now and then. So a boot that fails, by its status or by a test of the
# guest's, is tried once more, and the failed try is shown; but not if a clock went back.

tries=2
control_a=$(printf '\001')
newline='
'
last_start_sec=720 # of the lab's uptime: results must be out before run.sh ends the lab

trim() {
    # shellcheck disable=SC2086,SC2116 # word splitting is what trims
    echo $1
}

# The initramfs of the cases that have words test=: their init, and hwclock with its libraries, which
# the lab has where every Debian has them.
make_tests_initrd() {
    mkdir root
    cp -r linux-tests hwclock /lib /lib64 root
    mv root/linux-tests root/init
    (cd root && find . | cpio -o -H newc) >tests.cpio 2>/dev/null
}

# An initramfs that is not ours: it sends a text on COM2 as the word sends= of the command line says, and
# powers off unless the word then= says otherwise. The kernel makes variables of words that it does not know.
make_sends_initrd() {
    mkdir -p sends/bin sends/dev
    cp /bin/busybox sends/bin
    cat >sends/init <<'END'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
busybox printf '%b' "$sends" >/dev/ttyS1
[ "$then" != sleep ] || busybox sleep 1000
busybox poweroff -f
END
    chmod +x sends/init
    (cd sends && find . | cpio -o -H newc) >sends.cpio 2>/dev/null
}

# One whose programs are for 32 bits. It reports on COM2 what the probe does of its kernel, CPUs and clocksources.
make_reports_32_initrd() {
    mkdir -p reports-32/bin reports-32/proc reports-32/sys reports-32/dev
    cp busybox-32 reports-32/bin/busybox
    cat >reports-32/init <<'END'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
cd /sys/devices/system/clocksource/clocksource0
read -r current <current_clocksource
read -r available <available_clocksource
echo "{\"schema\":\"minivmm-clock-report-1\",\"kernel\":{\"release\":\"$(busybox uname -r)\"},
    \"clocksource\":{\"current\":\"$current\",\"available\":[\"$(echo $available | busybox sed 's/ /","/g')\"]},
    \"cpu\":{\"online\":$(busybox nproc)}}" >/dev/ttyS1
busybox poweroff -f
END
    chmod +x reports-32/init
    (cd reports-32 && find . | cpio -o -H newc) >reports-32.cpio 2>/dev/null
}

# One that reads two lines of the console and powers off if they are those of the word input=; if not, its
# end is a panic. Between the two it does what the word then= says:
#   kexec    goes on with another kernel, which has the same initramfs and knows the first line (kexec.cpio)
#   spin     nothing any more, for ever
make_reads_initrd() {
    mkdir -p reads/bin reads/dev
    cp /bin/busybox reads/bin
    cat >reads/init <<'END'
#!/bin/busybox sh
[ -n "$first" ] || read -r first
case $then in
kexec) /kexec /bzImage /again.cpio "console=ttyS0 earlyprintk=ttyS0 pci=off loglevel=3 panic=-1 input=$input first=$first" ;;
spin)
    busybox echo 'the guest hangs'
    while :; do :; done
    ;;
esac
read -r second
busybox echo "the guest has read '$first' and '$second'"
[ "$first,$second" != "$input" ] || busybox poweroff -f
END
    chmod +x reads/init
    (cd reads && busybox mknod dev/console c 5 1 && find . | cpio -o -H newc) >reads.cpio 2>/dev/null
}

make_kexec_initrd() {
    mkdir again
    cp kexec again
    cp bzImage-6.12 again/bzImage
    cp reads.cpio again/again.cpio
    (cd again && find . | cpio -o -H newc) >kexec.cpio 2>/dev/null
}

# Waits until the guest has said it, or has ended.
await() {
    until [ -e "$out.status" ] || grep -q "$1" "$out.log"; do
        sleep 0.1
    done 2>/dev/null
}

# What is on the console's stdin: all at once, or the second line while another kernel starts.
give_input() {
    case " $words" in *' input='*) ;; *) return ;; esac
    printf 'hello\n'
    case " $words" in *' then=kexec'*) await '0\.000000. Linux version' ;; esac
    printf 'world\n'
}

# run_minivmm ARG...: at a guest that hangs, breaks are typed on a terminal, with the keys h and b of SysRq.
run_minivmm() {
    case " $words" in
    *' then=spin'*)
        ./drive -t limit:90 turn-raw "keys:hello$newline" 'wait:the guest hangs' "keys:${control_a}bh" 'wait:sysrq: HELP' \
            "keys:${control_a}bb" -- ./minivmm "$@"
        ;;
    *) timeout -s KILL 100 ./minivmm "$@" ;;
    esac
}

# An initramfs whose init loads the driver of pvpanic and ends, at which the kernel panics.
make_pvpanic_initrd() {
    mkdir -p panics/bin panics/dev
    cp /bin/busybox panics/bin
    cp pvpanic-6.1/pvpanic.ko pvpanic-6.1/pvpanic-mmio.ko panics
    cat >panics/init <<'END'
#!/bin/busybox sh
busybox insmod /pvpanic.ko
busybox insmod /pvpanic-mmio.ko
END
    chmod +x panics/init
    (cd panics && find . | cpio -o -H newc) >pvpanic.cpio 2>/dev/null
}

# An initramfs in two parts: the init of the first looks for the second's file, without which it ends, at which
# the kernel panics.
make_parts_initrd() {
    mkdir -p part1/bin part2
    cp /bin/busybox part1/bin
    cat >part1/init <<'END'
#!/bin/busybox sh
[ ! -f /part2 ] || busybox poweroff -f
END
    chmod +x part1/init
    echo here >part2/part2
    (cd part1 && find . | cpio -o -H newc) >part1.cpio 2>/dev/null
    (cd part2 && echo part2 | cpio -o -H newc | gzip) >part2.cpio.gz 2>/dev/null
}

# The guest of a test of lost ticks asks to be stopped.
stop_when_asked() {
    until [ -e "$out.status" ] || grep -q 'stop me' "$out.console"; do
        sleep 0.1
    done 2>/dev/null
    minivmm=$(pidof minivmm) || return 0
    kill -STOP "$minivmm"
    sleep 2
    kill -CONT "$minivmm"
}

# What shows on the console of a guest that is no Linux when it is where it should come to. Nothing of a Linux.
goal_of() {
    case $1 in
    xen-*) echo 'Brought up [0-9]* CPUs' ;;
    memtest-*) echo '\[Address test\|\[Moving inv' ;;
    esac
}

# Ends the run there; with --grace 0 its status is 130.
end_at_goal() {
    await "$1"
    minivmm=$(pidof minivmm) || return 0
    kill -TERM "$minivmm"
}

# boot NAME KERNEL CPUS WORDS EXPECTATIONS OPTION...
boot() {
    out=/out/$1 kernel=$2 cpus=$3 words=$4 expectations=$5
    shift 5
    console=file:$out.console
    rm -f "$out.status" "$out.console"
    : >"$out.log"
    case " $words" in
    *test=ticks-*) stop_when_asked & ;;
    *' input='*) console=stdio ;;
    esac
    goal=$(goal_of "$kernel")
    if [ -n "$goal" ]; then
        console=stdio
        end_at_goal "$goal" &
    fi
    if [ -n "$expectations" ]; then
        for expectation in cpus="$cpus" $expectations; do
            set -- "$@" --expect "$expectation"
        done
        set -- check "$@"
        words="probe.seconds=2 probe.scope=all $words"
    fi
    # The command comes first, and options of the case win. A guest that hangs is ended by minivmm, and
    # a minivmm that hangs by timeout.
    give_input | {
        run_minivmm "$@" --cpus "$cpus" --console "$console" --report "$out.report" --append "$words" "$kernel" \
            >"$out.log" 2>&1
        echo $? >"$out.status"
    }
}

# What is wrong with a boot, as far as the lab can tell; nothing if it is well.
first_fault() {
    [ "$ended" = "$status" ] || {
        echo "status $ended, not $status: $(tail -n 1 "/out/$name.log")"
        grep -m 1 -A 3 '^  FAILED ' "/out/$name.log"
    }
    case $words in *test=*) grep -m 1 '^not ok' "/out/$name.report" ;; esac
}

# What a case calls @TSC_KHZ@, as this kernel has measured it.
tsc_khz=$(dmesg | sed -n 's/.*tsc: Refined TSC.*: \([0-9]*\)\.\([0-9]*\) MHz.*/\1\2/p')

! grep -q 'tests\.cpio' cases || make_tests_initrd
! grep -q 'sends\.cpio' cases || make_sends_initrd
! grep -q 'reports-32\.cpio' cases || make_reports_32_initrd
! grep -q 'reads\.cpio' cases || make_reads_initrd
# For the terminal of drive.
! grep -q 'then=spin' cases || { mkdir -p /dev/pts && mount -t devpts pts /dev/pts; }
! grep -q 'kexec\.cpio' cases || make_kexec_initrd
! grep -q 'pvpanic\.cpio' cases || make_pvpanic_initrd
! grep -q 'part1\.cpio' cases || make_parts_initrd
while IFS='|' read -r name kernel cpus options words status expectations _; do
    start_sec=$(cut -d . -f 1 /proc/uptime)
    [ "$start_sec" -lt "$last_start_sec" ] || break
    name=$(trim "$name")
    words=$(trim "$words" | sed "s/@TSC_KHZ@/$tsc_khz/")
    status=$(trim "$status")
    try=1
    while :; do
        # shellcheck disable=SC2086 # options is a list of words
        boot "$name" "$(trim "$kernel")" "$(trim "$cpus")" "$words" "$(trim "$expectations")" --timeout 90 $options
        ended=$(cat "/out/$name.status")
        fault=$(first_fault)
        if [ -z "$fault" ] || [ "$try" -ge "$tries" ]; then break; fi
        ! grep -q '^  FAILED  monotonic' "/out/$name.log" || break
        echo "# $name failed and is run once more; at first: $fault"
        cp "/out/$name.console" "/out/$name.console.try$try"
        cp "/out/$name.log" "/out/$name.log.try$try"
        try=$((try + 1))
    done
    echo "# $name: status $ended after $(($(cut -d . -f 1 /proc/uptime) - start_sec)) s"
done <cases
