#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boot the kernels of tests/linux/FILE with ./minivmm, all in one lab, and judge each boot: in the VMX lab
# those of cases-vmx, in the SVM lab those of any other, with shadow paging those of cases-shadow.
# An image whose name ends in 6 or 7 is the newest kernel that begins so: see guest-images/fetch-kernel.sh.
#
# usage: run.sh FILE [REGEX]    only cases whose name it matches
# status: 0 all passed; 1 not. Prints a TAP line for each case. Console, report and messages of each
# boot stay in build/linux/FILE.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/linux
cases=$here/$1
out=$root/build/linux/$1
failures=0

# skip_cases IMAGE: those that boot it are not run
skip_cases() {
    while IFS='|' read -r name kernel rest; do
        if [ "$(trim "$kernel")" = "$1" ]; then
            echo "ok - linux $(trim "$name") # SKIP its kernel cannot be fetched"
        else
            echo "$name|$kernel|$rest" >&3
        fi
    done <"$out/cases" 3>"$out/cases.left"
    mv "$out/cases.left" "$out/cases"
}

# Those of other flavours and series, which not every mirror has: bzImage-FLAVOUR-SERIES, the same as vmlinux,
# 5.10, and the newest 6 and 7. Lines of $out/images are PATH:IMAGE.
fetch_other_kernels() {
    : >"$out/images"
    grep -oE '(bzImage|vmlinux)-((full|rt|686|686-pae)-[0-9.]+|5\.10|[67] )' "$out/cases" | tr -d ' ' | sort -u >"$out/wanted"
    while read -r image; do
        words=$(echo "${image#*-}" | sed 's/\(.*\)-\(.*\)/\2 \1/')
        # shellcheck disable=SC2086 # one or two words
        if ! path=$("$root/guest-images/fetch-kernel.sh" $words </dev/null); then
            skip_cases "$image"
        elif [ "${image%%-*}" = vmlinux ]; then
            "$root/guest-images/extract-vmlinux.sh" "$path" "$out/$image"
        else
            echo "$path:$image" >>"$out/images"
        fi
    done <"$out/wanted"
}

fetch_kernels() {
    kernel_6_1=$("$root/guest-images/fetch-kernel.sh" 6.1)
    pvpanic_6_1=$(echo "${kernel_6_1%/boot/*}"/lib/modules/*/kernel/drivers/misc/pvpanic)
    kernel_6_12=$("$root/guest-images/fetch-kernel.sh" 6.12)
    "$root/guest-images/extract-vmlinux.sh" "$kernel_6_12" "$out/vmlinux-6.12"
    fetch_other_kernels
    # Without a note of PVH, so that it is entered in 64-bit mode.
    ! grep -q 'vmlinux64-' "$out/cases" ||
        objcopy --remove-section .notes "$out/vmlinux-6.12" "$out/vmlinux64-6.12"
}

# fetch_guest NAME FILE PACKAGE [SUITE]: a guest that is no Linux, if a case has it
fetch_guest() {
    guest=$1 file=$2
    shift 2
    grep -q "^[^|]*| *$guest " "$out/cases" || return 0
    if folder=$("$root/guest-images/fetch-package.sh" "$@" </dev/null); then
        zcat -f "$folder/boot/$file" >"$out/$guest"
    else
        skip_cases "$guest"
    fi
}

fetch_guests() {
    fetch_guest xen-4.17 xen-4.17-amd64.gz xen-hypervisor-4.17-amd64
    fetch_guest xen-4.20 xen-4.20-amd64.gz xen-hypervisor-4.20-amd64 trixie
    fetch_guest memtest-x64 memtest86+x64.bin memtest86+
    fetch_guest memtest-ia32 memtest86+ia32.bin memtest86+
}

# For the initramfs of a Linux for 32 bits.
fetch_busybox_32() {
    grep -q 'reports-32\.cpio' "$out/cases" || return 0
    folder=$("$root/guest-images/fetch-package.sh" busybox-static:i386)
    cp "$folder/bin/busybox" "$out/busybox-32"
}

# in_lab LAB OPTION...
in_lab() {
    lab=$1
    shift
    for kernel in "$out"/vmlinux* "$out"/xen-* "$out"/memtest-* "$out"/busybox-32; do
        [ ! -f "$kernel" ] || set -- "$@" --file "$kernel"
    done
    "$root/tests/lab/$lab.sh" --output "$out/boots" --file "$root/minivmm" --file "$out/cases" \
        --file "$here/in-lab.sh" "$@" -- ./in-lab.sh
}

# in_svm_lab OPTION...
in_svm_lab() {
    while read -r image; do
        set -- "$@" --file "$image"
    done <"$out/images"
    ! grep -q 'offset-series\.cpio' "$out/cases" || set -- "$@" --file "$root/build/examples/offset-series.cpio"
    if grep -q 'reads\.cpio' "$out/cases"; then
        gcc -O2 -static -o "$out/kexec" "$here/kexec.c"
        set -- "$@" --file "$out/kexec" --file "$root/build/tests/cli/drive"
    fi
    in_lab svm "$@" --timeout 840 --file "$kernel_6_1:bzImage-6.1" --file "$kernel_6_12:bzImage-6.12" \
        --file "$root/build/guest-images/linux-tests" --file /sbin/hwclock \
        --file "$pvpanic_6_1:pvpanic-6.1"
}

run_all() {
    case $cases in
    */cases-vmx) in_lab vmx --timeout 3600 ;;
    */cases-shadow) in_svm_lab --npt 0 ;;
    *) in_svm_lab ;;
    esac
}

# The report of a boot with a word test= is the TAP of guest-images/linux-tests.
tap_faults() {
    grep '^not ok' "$1" || true
    grep -qE '^1\.\.([2-9]|[1-9][0-9])' "$1" || echo "the tests did not come to their end"
}

# said_faults NAME: said/NAME has a regular expression in each line.
said_faults() {
    [ -f "$here/said/$1" ] || return 0
    while IFS= read -r regex; do
        grep -qE -e "$regex" "$out/boots/$1.log" || echo "minivmm did not say: $regex"
    done <"$here/said/$1"
}

# kernel_faults LOG KERNEL: a guest that was judged says what it is.
kernel_faults() {
    grep -q '^  verdict: not judged' "$1" || grep -qF "(Linux ${2##*-}." "$1" || echo "the kernel is not $2"
}

# tsc_faults NAME OPTIONS: where --tsc asks for a rate for all vCPUs
tsc_faults() {
    khz=$(echo "$2" | sed -n 's/.* --tsc khz=\([0-9]*\).*/\1/p')
    [ -z "$khz" ] || jq -r --argjson khz "$khz" -f "$here/tsc.jq" "$out/boots/$1.report" 2>&1 || echo "there is no report"
}

# series_faults REPORT: what examples/offset-series.c writes, a line each 100 ms for 2 s
series_faults() {
    grep -cE '^[0-9]+\.[0-9]{9}( -?[0-9]+){3} [0-9]+$' "$1" | grep -qx 21 || echo "the report is no series of 21 samples"
}

# faults NAME KERNEL STATUS EXPECTATIONS REFUSED: prints what is wrong with that boot
faults() {
    boot=$out/boots/$1
    status=$(cat "$boot.status" 2>/dev/null || echo "none: it did not run")
    [ "$status" = "$3" ] || {
        echo "status is $status, not $3 (minivmm's last words: $(tail -n 1 "$boot.log" 2>/dev/null))"
        [ ! -f "$boot.log" ] || grep -A 3 '^  FAILED ' "$boot.log" || true
    }
    [ -z "$4" ] || kernel_faults "$boot.log" "$2"
    [ -z "$5" ] || jq -r --arg refused "$5" -f "$here/refusal.jq" "$boot.report" 2>&1 || echo "there is no report"
}

trim() {
    # shellcheck disable=SC2086,SC2116 # word splitting is what trims
    echo $1
}

judge_all() {
    while IFS='|' read -r name kernel _ options words status expectations refused; do
        name=$(trim "$name")
        found=$(faults "$name" "$(trim "$kernel")" "$(trim "$status")" "$(trim "$expectations")" \
            "$(trim "$refused")"
            tsc_faults "$name" "$options"
            case $words in *test=*) tap_faults "$out/boots/$name.report" ;; esac
            case $options in *offset-series*--reference*) series_faults "$out/boots/$name.report" ;; esac
            said_faults "$name")
        if [ -z "$found" ]; then
            echo "ok - linux $name"
        else
            failures=$((failures + 1))
            echo "not ok - linux $name"
            echo "$found" | sed 's/^/#   /'
        fi
    done <"$out/cases"
}

rm -rf "$out"
mkdir -p "$out/boots"
grep -v '^#' "$cases" | grep -E "^[^|]*(${2:-})[^|]*\\|" >"$out/cases" || {
    echo "minivmm: no case of $cases has a name like $2" >&2
    exit 1
}
fetch_kernels
fetch_guests
fetch_busybox_32
run_all || echo "# the lab ended with status $?"
judge_all
[ "$failures" -eq 0 ]
