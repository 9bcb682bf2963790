# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154 # variables of those who source it
# What svm.sh and vmx.sh have in common: sourced by them, after they have set
#   here               the folder of this file
#   lab_name           SVM or VMX
#   lab_packages       the sets of packages.sh that it needs
#   memory_mib         the default
# and before they define
#   lab_option NAME VALUE   takes an option of that lab alone; status 1: there is none of that name
#   run_lab                 runs the machine on $base/vmlinux and $work/initrd until it ends: its first
#                           serial line is our output, the second goes to $work/results, the third to
#                           $work/lab.log, and what the emulator says to $work/emulator.log. Sets
#                           lab_pid while it runs, and lab_status: 124 after $timeout_sec seconds
# and end with lab_main "$@".

cache=${MINIVMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/minivmm}
timeout_sec=0
output=
work=
lab_pid=
lab_status=0

fail() {
    echo "minivmm: $lab_name lab: $1" >&2
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

unpack_modules() {
    for module in irqbypass kvm kvm-amd kvm-intel; do
        "$here/../../guest-images/kernel-module.sh" "$vmlinuz" "$module" "$1" || exit 125
    done
}

# The part that never changes: busybox, the KVM modules and hold_kvm, and the kernel unpacked, which
# starts one second sooner than a bzImage.
make_base() {
    vmlinuz=$("$here/../../guest-images/fetch-kernel.sh" 6.12) || exit 125
    base=$cache/lab-${vmlinuz##*/vmlinuz-}-$(cat /bin/busybox "$here/hold_kvm.c" "$here/lab.sh" | cksum | cut -d ' ' -f 1)
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
    unpack_modules "$root/modules"
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

finish() {
    if [ -n "$output" ]; then
        mkdir -p "$output"
        tar -x -C "$output" -f "$work/results" 2>/dev/null || true
        rm -f "$output/.status"
        cp "$work/lab.log" "$output/lab.log" || true
    fi
    status=$(tar -x -O -f "$work/results" ./.status 2>/dev/null) && exit "$status"
    [ "$lab_status" -ne 124 ] || {
        echo "minivmm: $lab_name lab: timed out after $timeout_sec seconds" >&2
        exit 124
    }
    tail -n 20 "$work/emulator.log" >&2
    tail -n 40 "$work/lab.log" >&2 2>/dev/null || true
    fail "it ended before the command did; the end of its kernel log is above"
}

take_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --file) add_file "$2" ;;
        --memory) memory_mib=$2 ;;
        --timeout) timeout_sec=$2 ;;
        --output) output=$2 ;;
        --) break ;;
        *) lab_option "$1" "$2" || fail "unknown option $1 (usage: see the top of $0)" ;;
        esac
        shift 2
    done
    [ $# -gt 1 ] || fail "no command given (usage: $(basename "$0") [OPTION]... -- COMMAND [ARGUMENT]...)"
    shift
    write_command "$@"
}

lab_main() {
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    # shellcheck disable=SC2086 # a list of sets
    "$here/packages.sh" $lab_packages || exit 125
    mkdir -p "$cache" || fail "cannot make the cache folder $cache"
    find "$cache" -maxdepth 1 -name 'run.*' -mmin +600 -exec rm -rf {} + # left by one that was killed
    work=$(mktemp -d "$cache/run.XXXXXX")
    mkdir -p "$work/tree/lab"
    take_options "$@"
    make_base
    write_initrd
    run_lab
    finish
}
