#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unpack the ELF vmlinux that a bzImage carries.
#
# usage: extract-vmlinux.sh BZIMAGE OUT
# status: 0 OUT was written; 1 not (one line says why)
#
# Linux Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, "HdrS" at 0x202, payload_offset at
# 0x248 (from the start of the protected-mode code), payload_length at 0x24c. All but gzip have
# the unpacked size appended to the payload, as four bytes.
set -eu

fail() {
    echo "minivmm: $1" >&2
    exit 1
}

# number OFFSET SIZE: a little-endian number of the image
number() {
    od -A n -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '
}

[ $# -eq 2 ] || fail "usage: extract-vmlinux.sh BZIMAGE OUT"
image=$1
out=$2
[ -r "$image" ] || fail "cannot read $image"
[ "$(number 514 4)" = 1400005704 ] || fail "$image is not a bzImage (no HdrS at 0x202)"

start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
length=$(number 588 4)
payload() {
    tail -c "+$((start + 1))" "$image" | head -c "$1"
}
magic=$(od -A n -t x1 -j "$start" -N 4 "$image" | tr -d ' ')
trap 'rm -f "$out.part"' EXIT
case $magic in
1f8b*) payload "$length" | gzip -dc ;;
fd377a58) payload $((length - 4)) | xz -dc ;;
28b52ffd) payload $((length - 4)) | zstd -qdc ;;
02214c18) payload $((length - 4)) | lz4 -dc ;;
*) fail "$image: payload of an unknown kind ($magic)" ;;
esac >"$out.part" || fail "$image: its payload does not unpack"
mv "$out.part" "$out"
