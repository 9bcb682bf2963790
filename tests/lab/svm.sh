#!/bin/sh
# Run a command where /dev/kvm can do everything: in the SVM lab, a Debian kernel with kvm-amd on
# QEMU's software emulation of an AMD CPU.
#
# usage: svm.sh [OPTION]... -- COMMAND [ARGUMENT]...
#   --file SRC[:DST]   take a file or folder along, as DST, by default its last name; relative names
#                      are from /lab, where COMMAND starts. A program's libraries come by themselves
#   --cpus N           CPUs for COMMAND, 2 by default; the lab has one more, CPU 0, which it does not get
#   --memory MIB       2048 by default
#   --timeout SECONDS  none by default
#   --output DIR       what COMMAND leaves in /out, and the lab's kernel log as lab.log
# status: COMMAND's; 124 timed out; 125 the lab failed (its kernel log is shown); 130 interrupted
#
# COMMAND's output appears here as it comes. Its standard input is empty. Nothing is left behind
# but the cache: see guest-images/fetch-kernel.sh.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${MINIVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minivmm}
cpus=2
memory_mib=2048
timeout_sec=0
output=
work=
lab_pid=
lab_status=0

fail() {
    echo "minivmm: SVM lab: $1" >&2
    exit 125
}

# However the script ends, the machine and the temporary folder go with it.
# shellcheck disable=SC2317 # called by a trap
cleanup() {
    trap - EXIT INT TERM HUP
    if [ -n "$lab_pid" ] && kill "$lab_pid" 2>/dev/null; then
        wait "$lab_pid" || true
    fi
    [ -z "$work" ] || rm -rf "$work"
}

# The part that never changes: busybox, the KVM modules and hold_kvm, and the kernel unpacked, which
# starts one second sooner than a bzImage.
make_base() {
    vmlinuz=$("$here/../../guest-images/fetch-kernel.sh" 6.12) || exit 125
    base=$cache/lab-${vmlinuz##*/vmlinuz-}-$(cat /bin/busybox "$here/hold_kvm.c" | cksum | cut -d ' ' -f 1)
    [ ! -d "$base" ] || return 0
    root=$work/base/root
    mkdir -p "$root/bin" "$root/sbin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" \
        "$root/out" "$root/tmp" "$root/usr"
    ln -s ../bin "$root/usr/bin"
    cp /bin/busybox "$root/bin/"
    for name in $(busybox --list); do
        [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
    done
    gcc -O2 -static -o "$root/bin/hold_kvm" "$here/hold_kvm.c"
    for module in virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd; do
        for file in "${vmlinuz%/boot/*}"/lib/modules/*/kernel/"$module".ko*; do
            case $file in
            *.xz) xz -dc "$file" ;;
            *) cat "$file" ;;
            esac >"$root/modules/${module##*/}.ko"
        done
    done
    (cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/base/base.cpio"
    rm -rf "$root"
    "$here/../../guest-images/extract-vmlinux.sh" "$vmlinuz" "$work/base/vmlinux"
    # Another lab may have made the same meanwhile: either will do.
    mv -T "$work/base" "$base" 2>/dev/null || [ -d "$base" ] || fail "cannot write $base"
}

# put PATH DST: symbolic links now, their targets when the archive is written
put() {
    mkdir -p "$work/tree/$(dirname "$2")"
    ln -sf "$1" "$work/tree/$2"
}

put_libraries() {
    ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
        put "$library" "$library"
    done
}

add_file() {
    source=${1%%:*}
    target=${source##*/}
    case $1 in *:*) target=${1#*:} ;; esac
    case $target in /*) ;; *) target=/lab/$target ;; esac
    [ -r "$source" ] || fail "cannot read $source"
    source=$(realpath "$source")
    put "$source" "$target"
    find "$source" -type f -perm -u+x >"$work/programs"
    while read -r program; do
        put_libraries "$program"
    done <"$work/programs"
}

write_command() {
    for word; do
        printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
    done >"$work/tree/lab/.command"
}

write_initrd() {
    cp "$here/lab-init" "$work/tree/init"
    (cd "$work/tree" && find -L . | cpio -o -L -H newc -R 0:0 --quiet) >"$work/tree.cpio"
    cat "$base/base.cpio" "$work/tree.cpio" >"$work/initrd"
    rm "$work/tree.cpio"
}

# The three serial lines are COMMAND's output, the tar of results, and the kernel's console.
# tsc=reliable keeps the lab's own clocksource tsc, without which its kvm-clock is not stable.
# Two features are left out for what QEMU 7.2 makes of them:
#   xsave  a guest's XSETBV does not exit to the lab's KVM, whose CPUID leaf 0xd is then wrong;
#   cx16   CMPXCHG16B can leave an operand in RFLAGS (VM, NT and all). A kernel that is interrupted
#          right after it ends in a double or triple fault: about one boot of 50 with 4 vCPUs.
# And the first CPU never enters a guest, because every other CPU that executes FXRSTOR (or FLDENV,
# FRSTOR) writes back the first one's hflags2 as it was a moment before (cpu_clear_ignne, so until QEMU
# 10.0 at least). If the first is just about to enter or leave a guest, that undoes the flag for nested
# paging, or for interrupts: the guest triple-faults, or stands still. See also lab-init.
run_lab() {
    mkfifo "$work/terminal"
    setpriv --pdeathsig TERM timeout -k 2 "$timeout_sec" \
        qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-xsave,-cx16 -m "$memory_mib" -smp $((cpus + 1)) \
        -nodefaults -no-user-config -display none -no-reboot -kernel "$base/vmlinux" -initrd "$work/initrd" \
        -append "console=ttyS2 panic=-1 mitigations=off nokaslr tsc=reliable maxcpus=1 noreplace-smp lpj=10000000 quiet" \
        -chardev file,id=terminal,path="$work/terminal" -device isa-serial,chardev=terminal,index=0 \
        -chardev file,id=results,path="$work/results" -device isa-serial,chardev=results,index=1 \
        -chardev file,id=kernel,path="$work/lab.log" -device isa-serial,chardev=kernel,index=2,irq=5 \
        </dev/null >"$work/qemu.log" 2>&1 &
    lab_pid=$!
    # Opened for writing here as well, or cat would wait for ever on a QEMU that does not start.
    cat <"$work/terminal" &
    cat_pid=$!
    exec 9>"$work/terminal"
    wait "$lab_pid" || lab_status=$?
    exec 9>&-
    lab_pid=
    wait "$cat_pid" || true
}

finish() {
    if [ -n "$output" ]; then
        mkdir -p "$output"
        tar -x -C "$output" -f "$work/results" 2>/dev/null || true
        rm -f "$output/.status"
        cp "$work/lab.log" "$output/lab.log"
    fi
    status=$(tar -x -O -f "$work/results" ./.status 2>/dev/null) && exit "$status"
    [ "$lab_status" -ne 124 ] || {
        echo "minivmm: SVM lab: timed out after $timeout_sec seconds" >&2
        exit 124
    }
    cat "$work/qemu.log" >&2
    tail -n 40 "$work/lab.log" >&2 || true
    fail "it ended before the command did; the end of its kernel log is above"
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$here/packages.sh" run lab || exit 125
mkdir -p "$cache" || fail "cannot make the cache folder $cache"
find "$cache" -maxdepth 1 -name 'run.*' -mmin +600 -exec rm -rf {} + # left by one that was killed
work=$(mktemp -d "$cache/run.XXXXXX")
mkdir -p "$work/tree/lab"
while [ $# -gt 0 ]; do
    case $1 in
    --file) add_file "$2" ;;
    --cpus) cpus=$2 ;;
    --memory) memory_mib=$2 ;;
    --timeout) timeout_sec=$2 ;;
    --output) output=$2 ;;
    --) break ;;
    *) fail "unknown option $1 (usage: see the top of $0)" ;;
    esac
    shift 2
done
[ $# -gt 1 ] || fail "no command given (usage: svm.sh [OPTION]... -- COMMAND [ARGUMENT]...)"
shift
write_command "$@"
make_base
write_initrd
run_lab
finish
