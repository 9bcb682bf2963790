#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Inside the SVM lab, for disk.sh: a Linux on a root disk, which is killed in the middle of writing and boots again.
#
# usage: disk-in-lab.sh KERNEL CPUS
set -u

name=$1-$2
words="loglevel=4 random.trust_cpu=1"

# check WHAT COMMAND...
check() {
    what="linux disk $name: $1"
    shift
    if "$@" >/dev/null; then echo "ok - $what"; else echo "not ok - $what"; fi
}

# boot PHASE: its console is /out/PHASE, and its process id in /out/pid
boot() {
    console=/out/$1
    # shellcheck disable=SC2016 # for that shell
    timeout 100 sh -c 'echo $$ >/out/pid; exec "$@"' sh ./minivmm --cpus "$cpus" -m 256 --rng --disk root.img --disk other.img,ro --verbose \
        --initrd initrd --append "$words disk=$1" vmlinux </dev/null >"$console" 2>"$console.log"
}

said() {
    tr -d '\r' <"$console" | grep -qx "said: $1"
}

cpus=$2
boot write
check "it powers off (status $?)" [ $? = 0 ]
check 'its root is the disk' said 'root is /dev/vda'
check 'the entropy device is its hwrng' said 'hwrng is virtio_rng.0'
check 'which gives random bytes' said random
check 'a disk has its name and size, and one is read only' said 'serial disk0, 65536 sectors, ro 1'
check 'a file is read as it was written' said 'first is whole'
check 'what is free is discarded' said trimmed
check 'the other disk is read' said 'other from the other disk'
boot kill &
until grep -q 'said: flushed' /out/kill 2>/dev/null || ! kill -0 $!; do
    sleep 0.2
done
sleep 1
kill -9 "$(cat /out/pid)"
wait
console=/out/kill
check 'a file of the boot before is there' said 'first is whole'
boot look
check "after a SIGKILL of minivmm it boots again (status $?)" [ $? = 0 ]
check 'what was flushed before it is there' said 'second is whole'
check 'and what was before' said 'first is whole'
check 'nothing complains' sh -c '! cat /out/write /out/kill /out/look | grep -E "I/O error|EXT4-fs error|BUG|stall"'
check 'no driver breaks a device' sh -c '! cat /out/*.log | grep "needs a reset"'
grep -hE '^#' /out/write | head -n 12
tail -qn 2 /out/*.log | sed 's/^/# /'
